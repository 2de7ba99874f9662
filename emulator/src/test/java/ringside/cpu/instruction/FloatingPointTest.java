package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDX;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Fault;
import ringside.cpu.FloatingPoint;
import ringside.cpu.Gate;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;

/** SDM 1, x87 FPU Control Instructions, and Managing State Using the XSAVE Feature Set. */
class FloatingPointTest {
    private static final int AREA = 0x6000;

    private final Witness witness = new Witness();

    private Rig rig(String... lines) {
        Rig rig = Rig.longMode(Gate.RINGS, witness);
        rig.system.cr4 |= SystemState.FXSAVE | SystemState.OSXSAVE;
        rig.cpu.modeChanged();
        return rig.assembly(lines);
    }

    private Optional<Integer> vector() {
        return witness.take().map(Fault::vector);
    }

    @Test
    void theUnitIsFoundByItsStatusAndControlWords() {
        Rig rig = rig("fninit", "fnstsw ax", "fnstcw [0x6000]");
        rig.set(RAX, 0x5A5A).step(3);
        assertEquals(0, rig.get(RAX) & 0xFFFF);
        assertEquals(0x37F, rig.ram.read(AREA, 2));
    }

    /** SDM 3A, Processor State After Reset. */
    @Test
    void afterPowerUpNoExceptionIsMasked() {
        Rig rig = rig("fnstcw [0x6000]", "fxsave [0x6100]");
        rig.step(2);
        assertEquals(0x40, rig.ram.read(AREA, 2));
        assertEquals(0xFF, rig.ram.read(0x6104, 1), "every register is tagged as zero");
        assertEquals(0x1F80, rig.ram.read(0x6118, 4));
    }

    /** SDM 3A, Device Not Available Exception (#NM), and the pages of each instruction. */
    @ParameterizedTest
    @CsvSource({
        // EM, TS, MP: instruction of the unit, WAIT, FXSAVE, XSAVE
        "0, 0, 0, -1, -1, -1, -1",
        "0, 0, 1, -1, -1, -1, -1",
        "1, 0, 0,  7, -1,  7, -1",
        "0, 1, 0,  7, -1,  7,  7",
        "0, 1, 1,  7,  7,  7,  7",
        "1, 1, 1,  7,  7,  7,  7"
    })
    void whoMayUseItIsSaidByThreeBits(int em, int ts, int mp, int unit, int wait, int fxsave, int xsave) {
        String[] lines = {"fninit", "wait", "fxsave [0x6000]", "xsave [0x6000]"};
        int[] wanted = {unit, wait, fxsave, xsave};
        for (int i = 0; i < lines.length; i++) {
            Rig rig = rig(lines[i]);
            rig.system.cr0 |= (em == 1 ? SystemState.EMULATION : 0)
                    | (ts == 1 ? SystemState.TASK_SWITCHED : 0)
                    | (mp == 1 ? SystemState.MONITOR_COPROCESSOR : 0);
            rig.step(1);
            assertEquals(wanted[i] < 0 ? Optional.empty() : Optional.of(wanted[i]), vector(), lines[i]);
        }
    }

    @Test
    void anExceptionThatIsNoLongerMaskedIsReportedByTheNextInstructionThatLooks() {
        for (boolean reports : new boolean[] {true, false}) {
            Rig rig = rig("fxrstor [0x6000]", "fldcw [0x6200]", "fnstsw ax", "fnstcw [0x6202]", "wait");
            rig.system.cr0 |= reports ? SystemState.NUMERIC_ERROR : 0;
            rig.ram.write(AREA, 4, 0x0004_037F);
            rig.ram.write(AREA + 24, 4, 0x1F80);
            rig.ram.write(0x6200, 2, 0x037B);
            rig.step(4);
            assertEquals(0x8084, rig.get(RAX) & 0xFFFF, "zero divide, pending and busy");
            assertEquals(Optional.empty(), vector());
            rig.step(1);
            assertEquals(reports ? Optional.of(Fault.FLOATING_POINT) : Optional.empty(), vector());
        }
    }

    @Test
    void stackRegistersAreSavedFromTheTopDown() {
        Rig rig = rig("fxrstor [0x6000]", "fninit", "fxsave [0x6200]");
        rig.ram.write(AREA, 8, 0x00FF_1800_037FL); // TOP is 3
        rig.ram.write(AREA + 24, 4, 0x1F80);
        for (int i = 0; i < 8; i++) {
            rig.ram.write(AREA + 32 + 16 * i, 8, 0x100 + i);
            rig.ram.write(AREA + 40 + 16 * i, 8, 0x4000 + i);
        }
        rig.step(3);
        assertEquals(0, rig.ram.read(0x6204, 1), "all are empty");
        for (int i = 0; i < 8; i++) {
            assertEquals(
                    0x100 + (i + 5) % 8, rig.ram.read(0x6220 + 16 * i, 8), "R" + i + " was ST(" + (i + 5) % 8 + ")");
            assertEquals(0x4000 + (i + 5) % 8, rig.ram.read(0x6228 + 16 * i, 8));
        }
    }

    @Test
    void withoutTheSystemsLeaveVectorsAreLeftAlone() {
        Rig rig = rig("fxsave [0x6000]", "fxrstor [0x6200]");
        rig.system.cr4 &= ~SystemState.FXSAVE;
        rig.ram.write(AREA + 24, 8, 0x1122_3344_5566_7788L);
        rig.ram.write(0x6218, 4, 0xFFFF_0000L);
        rig.step(2);
        assertEquals(Optional.empty(), vector());
        assertEquals(0x1122_3344_5566_7788L, rig.ram.read(AREA + 24, 8));
        assertEquals(FloatingPoint.MXCSR_AFTER_RESET, rig.registers.floating.mxcsr());
    }

    @Test
    void outside64BitModeTheUpperVectorsCannotBeNamed() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness);
        rig.system.cr4 |= SystemState.FXSAVE;
        rig.assembly("fxsave [0x6000]");
        for (int half = 0; half < 32; half++) {
            rig.registers.floating.vector(half, 0x1000 + half);
        }
        rig.step(1);
        assertEquals(0x100F, rig.ram.read(AREA + 160 + 8 * 15, 8));
        assertEquals(0, rig.ram.read(AREA + 160 + 8 * 16, 8));
    }

    @ParameterizedTest
    @CsvSource({"fxsave [0x6008]", "fxrstor [0x6008]", "xsave [0x6020]", "xrstor [0x6020]"})
    void areasAreAligned(String line) {
        rig(line).step(1);
        assertEquals(Optional.of(Fault.GENERAL_PROTECTION), vector());
    }

    @Test
    void reservedBitsOfMxcsrAreRefusedAndNothingIsRestored() {
        Rig rig = rig("fxrstor [0x6000]");
        rig.ram.write(AREA, 2, 0x7F);
        rig.ram.write(AREA + 24, 4, 0x1_1F80);
        var before = rig.registers.floating.save();
        rig.step(1);
        assertEquals(Optional.of(Fault.GENERAL_PROTECTION), vector());
        assertEquals(before, rig.registers.floating.save());
    }

    @Test
    void componentsAreEnabledInXcr0() {
        Rig rig = rig("xgetbv", "xsetbv", "xgetbv");
        rig.set(RCX, 0).set(RAX, -1).set(RDX, -1).step(1);
        assertEquals(1, rig.get(RAX), "x87 alone, and always");
        assertEquals(0, rig.get(RDX));
        rig.set(RAX, 3).step(2);
        assertEquals(3, rig.get(RAX));
        assertEquals(3, rig.system.xcr0);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 2, 0", "0, 7, 0", "0, 1, 1", "1, 1, 0"})
    void whatTheProcessorDoesNotHaveCannotBeEnabled(long register, long low, long high) {
        Rig rig = rig("xsetbv");
        rig.set(RCX, register).set(RAX, low).set(RDX, high).step(1);
        assertEquals(Optional.of(Fault.GENERAL_PROTECTION), vector());
        assertEquals(1, rig.system.xcr0);
    }

    @ParameterizedTest
    @CsvSource({"xgetbv", "xsetbv", "xsave [0x6000]", "xrstor [0x6000]"})
    void theSystemMustSayThatItUsesThem(String line) {
        Rig rig = rig(line);
        rig.system.cr4 &= ~SystemState.OSXSAVE;
        rig.step(1);
        assertEquals(Optional.of(Fault.INVALID_OPCODE), vector());
    }

    @Test
    void theHeaderSaysWhatIsThere() {
        Rig rig = rig("fninit", "xsave [0x6000]");
        rig.system.xcr0 = 3;
        rig.registers.floating.vector(5, 1);
        rig.ram.write(AREA + 512, 8, 0xF1);
        rig.set(RAX, 7).set(RDX, 0).step(2);
        // x87 is in its initial state, a vector is not; other bits stay.
        assertEquals(0xF2, rig.ram.read(AREA + 512, 8));
        assertEquals(0x37F, rig.ram.read(AREA, 2));
        assertEquals(1, rig.ram.read(AREA + 160 + 8 * 5, 8));
    }

    @Test
    void aComponentThatIsNotThereBecomesItsInitialState() {
        Rig rig = rig("xrstor [0x6000]");
        rig.system.xcr0 = 3;
        rig.registers.floating.vector(5, 1);
        rig.ram.write(AREA + 24, 4, 0x1FBF);
        rig.set(RAX, 3).set(RDX, 0).step(1);
        assertEquals(Optional.empty(), vector());
        assertEquals(0x37F, rig.registers.floating.control());
        assertEquals(0, rig.registers.floating.vector(5));
        assertEquals(0x1FBF, rig.registers.floating.mxcsr(), "loaded, whatever the header says");
    }

    @ParameterizedTest
    @CsvSource({"512, 4", "512, 2", "520, 1", "528, 1"})
    void aHeaderThatSaysMoreIsRefused(int offset, long value) {
        Rig rig = rig("xrstor [0x6000]");
        rig.ram.write(AREA + 24, 4, 0x1F80);
        rig.ram.write(AREA + offset, 8, value);
        rig.set(RAX, 1).set(RDX, 0).step(1);
        assertEquals(Optional.of(Fault.GENERAL_PROTECTION), vector());
    }

    @Test
    void programsSeeWhetherTheSystemUsesXsave() {
        Rig rig = rig("cpuid");
        rig.set(RAX, 1).set(RCX, 0).step(1);
        assertTrue((rig.get(RCX) & 1 << 27) != 0);
        rig = rig("cpuid");
        rig.system.cr4 &= ~SystemState.OSXSAVE;
        rig.set(RAX, 1).set(RBX, 0).step(1);
        assertFalse((rig.get(RCX) & 1 << 27) != 0);
    }

    @Test
    void theStateIsSavedAndRestoredWithTheRegisters() {
        Rig rig = rig("fninit");
        rig.registers.floating.vector(31, 7);
        var saved = rig.registers.save();
        rig.step(1);
        rig.registers.floating.vector(31, 8);
        rig.registers.floating.register(2, 5, 6);
        assertFalse(saved.equals(rig.registers.save()));
        rig.registers.restore(saved);
        assertEquals(7, rig.registers.floating.vector(31));
        assertEquals(0x40, rig.registers.floating.control());
        assertEquals(saved, rig.registers.save());
    }
}
