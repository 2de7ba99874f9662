package ringside.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What loads the state of x87 and SSE is looked at through what saves it: the host's processor makes the same areas of the same ones. RSI leads to
 * an area that is restored, RBX to another, RDI to where the state is saved in the end.
 */
class HostFloatingPointTest {
    private static final int EACH = Boolean.getBoolean("ringside.long") ? 2000 : 100;

    private static final int FIRST = 0x400;
    private static final int SECOND = 0x800;
    private static final int SAVED = 0x1000;
    private static final int HEADER = 512;

    private static final String FXRSTOR = "0F AE 0E ";
    private static final String FXRSTOR64 = "48 0F AE 0E ";
    private static final String FXSAVE = "0F AE 07";
    private static final String FXSAVE64 = "48 0F AE 07";
    private static final String XRSTOR_SECOND = "0F AE 2B ";

    private static final List<String> PROGRAMS = List.of(
            FXRSTOR64 + FXSAVE64,
            FXRSTOR + FXSAVE64,
            FXRSTOR64 + FXSAVE,
            FXRSTOR64 + "DB E3 " + FXSAVE64, // FNINIT
            FXRSTOR64 + "DF E0", // FNSTSW AX
            FXRSTOR64 + "DD 3F", // FNSTSW [RDI]
            FXRSTOR64 + "D9 3F", // FNSTCW [RDI]
            FXRSTOR64 + "9B", // WAIT
            FXRSTOR64 + "D9 2B", // FLDCW [RBX]
            "D9 2B " + FXSAVE64,
            FXRSTOR64 + "0F AE 27", // XSAVE [RDI]
            FXRSTOR64 + "48 0F AE 27",
            FXRSTOR64 + XRSTOR_SECOND + FXSAVE64,
            FXRSTOR64 + "48 " + XRSTOR_SECOND + FXSAVE64,
            XRSTOR_SECOND + "0F AE 27");

    @Test
    void savedStateIsTheHosts() {
        assumeThat(HostCpu.isPossible())
                .as("only an x86-64 processor under Linux can answer")
                .isTrue();
        var random = new Random(7);
        var emulated = new EmulatedCpu();
        var wrong = new ArrayList<String>();
        boolean amd = Exceptions.vendor().equals("AuthenticAMD");
        try (var host = HostCpu.start()) {
            for (String program : PROGRAMS) {
                for (int i = 0; i < EACH; i++) {
                    Case given = draw(program, random);
                    Result theirs = host.run(given);
                    Result ours = emulated.runToTrap(given);
                    String difference = difference(ours, theirs, amd);
                    if (!difference.isEmpty()) {
                        wrong.add(program + ", case " + i + ": " + difference);
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static Case draw(String program, Random random) {
        var registers = new long[16];
        registers[0] = random.nextInt(4);
        registers[3] = Layout.WINDOW + SECOND;
        registers[4] = Layout.WINDOW + 0x1F00;
        registers[6] = Layout.WINDOW + FIRST;
        registers[7] = Layout.WINDOW + SAVED;
        byte[] area = area(random);
        byte[] header = new byte[24];
        header[0] = (byte) random.nextInt(4);
        header[7] = (byte) (random.nextInt(10) == 0 ? 0x40 : 0); // A component that neither has.
        header[random.nextInt(10) == 0 ? 8 + random.nextInt(16) : 0] |= 1;
        return new Case(
                64,
                false,
                HexFormat.ofDelimiter(" ").parseHex(program.trim()),
                0x800,
                new int[] {Layout.DATA_FLAT, Layout.CODE_64, Layout.DATA_FLAT, Layout.DATA_FLAT, 0, 0},
                0x202,
                random.nextLong(),
                List.of(
                        new Case.Patch(FIRST, area),
                        new Case.Patch(SECOND, area(random)),
                        new Case.Patch(SECOND + HEADER, header)),
                0,
                0,
                registers);
    }

    /** Mostly with every exception masked, and mostly an MXCSR that can be loaded. */
    private static byte[] area(Random random) {
        byte[] bytes = new byte[HEADER];
        random.nextBytes(bytes);
        var words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (random.nextBoolean()) {
            words.putShort(0, (short) (words.getShort(0) | 0x3F));
        }
        if (random.nextInt(10) != 0) {
            words.putInt(24, words.getInt(24) & 0xFFFF);
        }
        if (random.nextInt(10) == 0) {
            java.util.Arrays.fill(bytes, (byte) 0);
            words.putShort(0, (short) 0x37F);
        }
        return bytes;
    }

    private static String difference(Result ours, Result theirs, boolean amd) {
        if (ours.vector() != theirs.vector() || ours.registers()[0] != theirs.registers()[0]) {
            return "vector " + ours.vector() + " and RAX " + Long.toHexString(ours.registers()[0]) + ", not "
                    + theirs.vector() + " and " + Long.toHexString(theirs.registers()[0]);
        }
        var a = comparable(ours, amd);
        var b = comparable(theirs, amd);
        return a.equals(b) ? "" : a + " instead of " + b;
    }

    /**
     * Without MXCSR_MASK, which differs between processors; and, where the host is AMD's, without FOP, FIP and FDP: APM 2, FXSAVE and FXRSTOR
     * Instructions: those are kept only where an exception is pending.
     */
    private static SortedMap<Integer, Integer> comparable(Result result, boolean amd) {
        var changes = new TreeMap<>(result.changes());
        changes.subMap(SAVED + 28, SAVED + 32).clear();
        if (amd) {
            changes.subMap(SAVED + 6, SAVED + 24).clear();
        }
        return changes;
    }
}
