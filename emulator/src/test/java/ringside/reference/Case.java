package ringside.reference;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One instruction with the state it starts from.
 *
 * @param bits the size of the code: 16, 32 or 64
 * @param step true: stop after one instruction (on the host by single step); false: run on into the INT3 behind it,
 *     which a repeated string instruction, or one that shows or shadows the trap flag, needs
 * @param code the instruction, 1 to 15 bytes
 * @param offset where it lies in the code page
 * @param selectors of ES, CS, SS, DS, FS and GS
 * @param flags RFLAGS; what a user program may set of it
 * @param seed of the data window's contents
 * @param patches what lies in the window instead
 * @param fsBase base of FS where its selector is null (64-bit code)
 * @param gsBase base of GS likewise
 * @param registers RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15
 */
record Case(
        int bits,
        boolean step,
        byte[] code,
        int offset,
        int[] selectors,
        int flags,
        long seed,
        List<Patch> patches,
        long fsBase,
        long gsBase,
        long[] registers) {
    /** Size of {@code struct request} in harness.c, in bytes. */
    private static final int HEADER = 200;

    /** Bytes at an offset of the data window. */
    record Patch(int offset, byte[] bytes) {}

    /** RIP at the start: an offset in the code segment. */
    long rip() {
        return (bits == 16 ? 0 : Layout.CODE) + offset;
    }

    /** The data window as the case begins. */
    byte[] window() {
        var bytes = new byte[Layout.WINDOW_SIZE];
        var words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        // The generator SplitMix64, as in harness.c.
        long state = seed;
        while (words.hasRemaining()) {
            state += 0x9E3779B97F4A7C15L;
            long z = state;
            z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
            z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
            words.putLong(z ^ z >>> 31);
        }
        for (Patch patch : patches) {
            System.arraycopy(patch.bytes, 0, bytes, patch.offset, patch.bytes.length);
        }
        return bytes;
    }

    /** A case from its {@link #toBytes}. */
    static Case fromBytes(byte[] bytes) {
        var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        boolean step = in.get() != 0;
        var code = new byte[in.get()];
        int offset = in.getShort();
        int count = in.getShort();
        var selectors = new int[6];
        for (int i = 0; i < 6; i++) {
            selectors[i] = in.getShort() & 0xFFFF;
        }
        in.getShort();
        int flags = in.getInt();
        in.getLong();
        long seed = in.getLong();
        long fsBase = in.getLong();
        long gsBase = in.getLong();
        var registers = new long[16];
        for (int i = 0; i < 16; i++) {
            registers[i] = in.getLong();
        }
        in.get(code).position(HEADER);
        var patches = new ArrayList<Patch>();
        for (int i = 0; i < count; i++) {
            int at = in.getShort();
            var patch = new byte[in.getShort()];
            in.get(patch);
            patches.add(new Patch(at, patch));
        }
        int cs = selectors[1];
        int bits = cs == Layout.CODE_64 ? 64 : cs == Layout.CODE_32 ? 32 : 16;
        return new Case(bits, step, code, offset, selectors, flags, seed, patches, fsBase, gsBase, registers);
    }

    /** The bytes that harness.c reads as {@code struct request} and patches. */
    byte[] toBytes() {
        int patched = patches.stream().mapToInt(p -> 4 + p.bytes.length).sum();
        var out = ByteBuffer.allocate(HEADER + patched).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) (step ? 1 : 0)).put((byte) code.length).putShort((short) offset);
        out.putShort((short) patches.size());
        for (int selector : selectors) {
            out.putShort((short) selector);
        }
        out.putShort((short) 0)
                .putInt(flags)
                .putLong(rip())
                .putLong(seed)
                .putLong(fsBase)
                .putLong(gsBase);
        for (long register : registers) {
            out.putLong(register);
        }
        out.put(code).position(HEADER);
        for (Patch patch : patches) {
            out.putShort((short) patch.offset)
                    .putShort((short) patch.bytes.length)
                    .put(patch.bytes);
        }
        return out.array();
    }
}
