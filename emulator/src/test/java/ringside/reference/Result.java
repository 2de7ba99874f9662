package ringside.reference;

import java.io.DataInput;
import java.io.IOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The state after a case.
 *
 * @param vector {@link #COMPLETED}, or the exception that the instruction met
 * @param error the exception's error code, 0 where it has none
 * @param cr2 the address of a page fault, else 0
 * @param rip offset in the code segment
 * @param flags the flags of {@link #FLAGS}
 * @param selectors of ES, CS, SS, DS, FS and GS
 * @param registers as in {@link Case}; outside 64-bit code only the low halves of the first eight
 * @param changes the bytes of the data window that are not what they were: offset and new value
 */
record Result(
        int vector,
        int error,
        long cr2,
        long rip,
        int flags,
        int[] selectors,
        long[] registers,
        SortedMap<Integer, Integer> changes) {
    static final int COMPLETED = -1;

    /** The case was given up after seconds of processor time. */
    static final int ENDLESS = 255;

    /** CF PF AF ZF SF DF OF NT AC ID: TF serves the single step, the others are not the program's. */
    static final int FLAGS = 0x24_4CD5;

    private static final int DEBUG = 1;
    private static final int BREAKPOINT = 3;
    private static final int PAGE_FAULT = 14;

    Result {
        changes = new TreeMap<>(changes);
    }

    /** Reads {@code struct reply} and changes, as harness.c writes them, in answer to a case. */
    static Result read(DataInput in, Case of) throws IOException {
        int vector = u16(in);
        int count = u16(in);
        var selectors = new int[6];
        for (int i = 0; i < 6; i++) {
            selectors[i] = u16(in);
        }
        int error = Integer.reverseBytes(in.readInt());
        int flags = Integer.reverseBytes(in.readInt()) & FLAGS;
        long rip = Long.reverseBytes(in.readLong());
        long cr2 = Long.reverseBytes(in.readLong());
        var registers = new long[16];
        for (int i = 0; i < 16; i++) {
            registers[i] = Long.reverseBytes(in.readLong());
        }
        var changes = new TreeMap<Integer, Integer>();
        for (int i = 0; i < count; i++) {
            int offset = u16(in);
            changes.put(offset, u16(in) & 0xFF);
        }
        if (vector == (of.step() ? DEBUG : BREAKPOINT)) {
            vector = COMPLETED;
            rip -= of.step() ? 0 : 1;
        }
        if (of.bits() != 64) {
            registers = lowHalves(registers);
        }
        return new Result(vector, error, vector == PAGE_FAULT ? cr2 : 0, rip, flags, selectors, registers, changes);
    }

    /** What remains of 64-bit registers outside 64-bit code. */
    static long[] lowHalves(long[] registers) {
        var low = new long[16];
        for (int i = 0; i < 8; i++) {
            low[i] = registers[i] & 0xFFFF_FFFFL;
        }
        return low;
    }

    /** The window after the case, as bytes. */
    byte[] window(Case of) {
        byte[] bytes = of.window();
        for (Map.Entry<Integer, Integer> change : changes.entrySet()) {
            bytes[change.getKey()] = change.getValue().byteValue();
        }
        return bytes;
    }

    private static int u16(DataInput in) throws IOException {
        return Short.reverseBytes(in.readShort()) & 0xFFFF;
    }
}
