package ringside.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static ringside.reference.Result.COMPLETED;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The harness gives what the manual says: expectations worked out by hand. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostCpuTest {
    private static final int CF = 1;
    private static final int PF = 1 << 2;
    private static final int AF = 1 << 4;
    private static final int ZF = 1 << 6;
    private static final int SF = 1 << 7;
    private static final int DF = 1 << 10;
    private static final int OF = 1 << 11;
    private static final int NT = 1 << 14;
    private static final int AC = 1 << 18;
    private static final int ID = 1 << 21;

    private static final String SEGMENTS = "the host's kernel gives its programs the segments that this case needs";

    private HostCpu host;

    @BeforeAll
    void start() {
        assumeThat(HostCpu.isPossible())
                .as("only an x86-64 processor under Linux can answer; others use the recorded results")
                .isTrue();
        host = HostCpu.start();
    }

    @AfterAll
    void stop() {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void addSetsTheArithmeticFlags() {
        Result r = run(
                code(64, "48 01 D8").with(0, 0x7FFF_FFFF_FFFF_FFFFL).with(3, 1).flags(CF | ZF));
        assertThat(r.vector()).isEqualTo(COMPLETED);
        assertThat(r.registers()[0]).isEqualTo(Long.MIN_VALUE);
        assertThat(r.flags()).isEqualTo(PF | AF | SF | OF);
        assertThat(r.rip()).isEqualTo(Layout.CODE + 0x803);
    }

    @Test
    void divisionByZeroIsADivideErrorAndLeavesRegistersAlone() {
        Result r = run(code(64, "F7 F1").with(0, 5).with(1, 0));
        assertThat(r.vector()).isEqualTo(0);
        assertThat(r.rip()).isEqualTo(Layout.CODE + 0x800);
        assertThat(r.registers()[0]).isEqualTo(5);
    }

    @Test
    void decimalAdjustIs32BitCode() {
        // 79 + 35 = AE; decimal 114.
        Result r = run(code(32, "27").with(0, 0xAE));
        assertThat(r.registers()[0]).isEqualTo(0x14);
        assertThat(r.flags() & ~OF).isEqualTo(CF | PF | AF);
        assertThat(run(code(64, "27")).vector())
                .as("DAA does not exist in 64-bit mode")
                .isEqualTo(6);
    }

    @Test
    void adjustAfterMultiplyByBaseZeroIsADivideError() {
        assertThat(run(code(32, "D4 00").with(0, 0x63)).vector()).isEqualTo(0);
        assertThat(run(code(32, "D4 0A").with(0, 0x63)).registers()[0]).isEqualTo(0x909);
    }

    @Test
    void repeatedMoveRunsToItsEndInBothDirections() {
        var patched =
                code(64, "F3 A4").runToTrap().with(1, 3).with(6, 0x2000_0100).with(7, 0x2000_0200);
        Result up = run(patched.patch(0x100, "11 22 33").patch(0x200, "00 00 00"));
        assertThat(up.changes())
                .containsExactly(
                        java.util.Map.entry(0x200, 0x11),
                        java.util.Map.entry(0x201, 0x22),
                        java.util.Map.entry(0x202, 0x33));
        assertThat(up.registers()[1]).isZero();
        assertThat(up.registers()[6]).isEqualTo(0x2000_0103);
        assertThat(up.rip()).isEqualTo(Layout.CODE + 0x802);

        Result down = run(patched.flags(DF));
        assertThat(down.registers()[6]).isEqualTo(0x2000_00FD);
        assertThat(down.flags()).isEqualTo(DF);
    }

    @Test
    void aFaultKeepsCompletedRepetitions() {
        // STOSB three bytes below the end of the window: the fourth one faults.
        Result r = run(code(64, "F3 AA").runToTrap().with(0, 0x5A).with(1, 10).with(7, 0x2000_1FFD));
        assertThat(r.vector()).isEqualTo(14);
        assertThat(r.error()).isEqualTo(6);
        assertThat(r.cr2()).isEqualTo(0x2000_2000);
        assertThat(r.registers()[1]).isEqualTo(7);
        assertThat(r.registers()[7]).isEqualTo(0x2000_2000);
        assertThat(r.rip()).isEqualTo(Layout.CODE + 0x800);
    }

    @Test
    void pushAllPushesTheOldStackPointer() {
        Result r = run(code(32, "60").with(0, 1).with(4, 0x2000_1000).with(7, 7));
        assertThat(r.registers()[4]).isEqualTo(0x2000_0FE0);
        byte[] window = r.window(last);
        assertThat(word(window, 0xFFC)).isEqualTo(1);
        assertThat(word(window, 0xFEC)).isEqualTo(0x2000_1000);
        assertThat(word(window, 0xFE0)).isEqualTo(7);
    }

    @Test
    void compareAndExchangeEightBytes() {
        var equal =
                code(64, "0F C7 08").with(0, 0x2000_0010).with(2, 7).with(3, 3).with(1, 4);
        Result r = run(equal.patch(0x10, "10 00 00 20 07 00 00 00"));
        assertThat(r.flags()).isEqualTo(ZF);
        assertThat(word(r.window(last), 0x10)).isEqualTo(3);
        assertThat(word(r.window(last), 0x14)).isEqualTo(4);

        Result other = run(equal.patch(0x10, "01 00 00 00 02 00 00 00"));
        assertThat(other.flags()).isZero();
        assertThat(other.registers()[0]).isEqualTo(1);
        assertThat(other.registers()[2]).isEqualTo(2);
        assertThat(other.changes()).isEmpty();
    }

    @Test
    void enterMakesANestedFrame() {
        // ENTER 10h, 2 copies one frame pointer.
        Result r = run(code(32, "C8 10 00 02")
                .with(4, 0x2000_0800)
                .with(5, 0x2000_0900)
                .patch(0x8FC, "78 56 34 12")
                .patch(0x7F4, "00 00 00 00 00 00 00 00 00 00 00 00"));
        byte[] window = r.window(last);
        assertThat(word(window, 0x7FC)).isEqualTo(0x2000_0900);
        assertThat(word(window, 0x7F8)).isEqualTo(0x1234_5678);
        assertThat(word(window, 0x7F4)).isEqualTo(0x2000_07FC);
        assertThat(r.registers()[5]).isEqualTo(0x2000_07FC);
        assertThat(r.registers()[4]).isEqualTo(0x2000_07E4);
    }

    @Test
    void bitScanOfZeroSetsTheZeroFlag() {
        assertThat(run(code(64, "0F BC C3").with(3, 0)).flags() & ZF).isEqualTo(ZF);
        Result r = run(code(64, "0F BC C3").with(3, 0x60));
        assertThat(r.flags() & ZF).isZero();
        assertThat(r.registers()[0]).isEqualTo(5);
    }

    @Test
    void doubleShiftTakesBitsFromTheSecondOperand() {
        Result r = run(code(32, "0F A4 D8 08").with(0, 0x1234_5678).with(3, 0xABCD_EF01L));
        assertThat(r.registers()[0]).isEqualTo(0x3456_78ABL);
        assertThat(r.flags() & ~(AF | OF))
                .as("the last bit out of the top is 0; AB has five ones")
                .isZero();
    }

    @Test
    void pushedFlagsAreThoseOfTheCase() {
        Result r = run(code(64, "9C").runToTrap().with(4, 0x2000_1000).flags(CF | AF | DF | OF | NT | AC | ID));
        assertThat(word(r.window(last), 0xFF8)).isEqualTo(0x24_4E13);
        assertThat(r.flags()).isEqualTo(CF | AF | DF | OF | NT | AC | ID);
        Result none = run(code(64, "9C").runToTrap().with(4, 0x2000_1000));
        assertThat(word(none.window(last), 0xFF8)).isEqualTo(0x202);
    }

    @Test
    void sixteenBitCodeUsesTheWindowAsItsSegment() {
        // ADD AX, [BX+10h], then a push with a 16-bit stack pointer that wraps nowhere.
        Result r = run(code(16, "03 47 10").with(0, 1).with(3, 0x20).patch(0x30, "FF 7F"));
        assertThat(r.registers()[0]).isEqualTo(0x8000);
        assertThat(r.rip()).isEqualTo(0x803);
        Result push = run(code(16, "50").with(4, 0x1_1000));
        assertThat(push.registers()[4]).isEqualTo(0x1_0FFE);
        assertThat(run(code(16, "50").with(4, 0)).vector())
                .as("SP wraps to FFFE, over the limit")
                .isEqualTo(12);
    }

    @Test
    void exceptionsAreToldApart() {
        assertThat(run(code(64, "0F 0B")).vector()).as("UD2").isEqualTo(6);
        assertThat(run(code(64, "F4")).vector()).as("HLT").isEqualTo(13);
        assertThat(run(code(32, "CE").flags(OF)).vector()).as("INTO").isEqualTo(4);
        assertThat(run(code(64, "CC")).vector()).as("INT3").isEqualTo(3);
        assertThat(run(code(32, "62 00").with(0, 0x2000_0000).patch(0, "10 00 00 00 20 00 00 00"))
                        .vector())
                .as("BOUND")
                .isEqualTo(5);
        assertThat(run(code(64, "8B 03").with(3, 0x2000_0001).flags(AC)).vector())
                .as("misaligned")
                .isEqualTo(17);
        assertThat(run(code(64, "8E D8").with(0, Layout.DATA_ABSENT)).vector())
                .as("absent segment")
                .isEqualTo(11);
        assertThat(run(code(64, "8B 03").with(3, 1L << 60)).vector())
                .as("not canonical")
                .isEqualTo(13);
        assertThat(run(code(64, "8B 45 00").with(5, 1L << 60)).vector())
                .as("not canonical, SS")
                .isEqualTo(12);
    }

    @Test
    void segmentLoadsAreSeenAndDoNotOutliveTheCase() {
        assumeThat(host.hasSegments()).as(SEGMENTS).isTrue();
        Result r = run(code(64, "8E E0").with(0, Layout.DATA_READ_ONLY));
        assertThat(r.selectors()[4]).isEqualTo(Layout.DATA_READ_ONLY);
        assertThat(run(code(64, "90")).selectors()[4]).isZero();
    }

    @Test
    void aCaseMayLeaveEveryRegisterDamagedAndJumpAnywhere() {
        assertThat(run(code(64, "FF E0").with(0, 0x1234_5678)).rip()).isEqualTo(0x1234_5678);
        assertThat(run(code(64, "48 89 C4").with(0, -1)).registers()[4]).isEqualTo(-1);
        assertThat(run(code(64, "FF E0").with(0, 1L << 62)).vector())
                .as("not canonical")
                .isEqualTo(13);
    }

    @Test
    void aCaseWithoutEndIsGivenUp() {
        assertThat(run(code(64, "EB FE").runToTrap()).vector()).isEqualTo(Result.ENDLESS);
        assertThat(run(code(64, "90")).vector()).isEqualTo(COMPLETED);
    }

    @Test
    void aLongBatchStreamsThroughThePipes() {
        List<Case> cases = new ArrayList<>(Collections.nCopies(
                20_000, code(64, "48 01 D8").with(0, 2).with(3, 3).build()));
        long before = System.nanoTime();
        List<Result> results = host.run(cases);
        double seconds = (System.nanoTime() - before) / 1e9;
        System.out.printf("host: %,.0f cases a second%n", cases.size() / seconds);
        assertThat(results).hasSize(20_000).allMatch(r -> r.registers()[0] == 5);
    }

    private Case last = code(64, "90").build();

    private Result run(Given given) {
        last = given.build();
        assumeThat(host.canRun(last)).as(SEGMENTS).isTrue();
        return host.run(last);
    }

    private static int word(byte[] bytes, int offset) {
        return java.nio.ByteBuffer.wrap(bytes)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .getInt(offset);
    }

    private static Given code(int bits, String hex) {
        return new Given(bits, true, HexFormat.ofDelimiter(" ").parseHex(hex), new long[16], 0, List.of());
    }

    /** A case in the making: registers 0 but for a stack pointer in the window, no flags. */
    private record Given(int bits, boolean step, byte[] code, long[] registers, int flags, List<Case.Patch> patches) {
        Given with(int register, long value) {
            long[] changed = registers.clone();
            changed[register] = value;
            return new Given(bits, step, code, changed, flags, patches);
        }

        Given flags(int newFlags) {
            return new Given(bits, step, code, registers, newFlags, patches);
        }

        Given runToTrap() {
            return new Given(bits, false, code, registers, flags, patches);
        }

        Given patch(int offset, String hex) {
            var more = new ArrayList<>(patches);
            more.add(new Case.Patch(offset, HexFormat.ofDelimiter(" ").parseHex(hex)));
            return new Given(bits, step, code, registers, flags, more);
        }

        Case build() {
            int[] selectors = switch (bits) {
                case 64 -> new int[] {Layout.DATA_FLAT, Layout.CODE_64, Layout.DATA_FLAT, Layout.DATA_FLAT, 0, 0};
                case 32 ->
                    new int[] {
                        Layout.DATA_FLAT, Layout.CODE_32, Layout.DATA_FLAT,
                        Layout.DATA_FLAT, Layout.DATA_FLAT, Layout.DATA_FLAT
                    };
                default ->
                    new int[] {
                        Layout.DATA_WINDOW, Layout.CODE_16, Layout.DATA_WINDOW_16,
                        Layout.DATA_WINDOW, Layout.DATA_WINDOW, Layout.DATA_WINDOW
                    };
            };
            return new Case(bits, step, code, 0x800, selectors, 0x202 | flags, 1, patches, 0, 0, registers);
        }
    }
}
