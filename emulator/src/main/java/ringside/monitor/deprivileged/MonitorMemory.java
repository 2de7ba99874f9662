package ringside.monitor.deprivileged;

import ringside.memory.Ram;

/**
 * Where the monitor keeps its own tables. In RAM they lie above the guest's memory:
 *
 * <pre>
 *   frames  0 … 15   shadow GDT     (64 KiB)
 *   frames 16 … 31   shadow LDT     (64 KiB)
 *   frame  32        interrupt table
 *   frame  33        TSS
 *   frames 34 …      shadow page tables
 * </pre>
 *
 * The first 34 also appear in every guest address space, at its upper end, for supervisors only: the processor reads its tables
 * through linear addresses.
 */
final class MonitorMemory {
    /** RAM that the monitor needs, in bytes. */
    static final long SIZE = 8L << 20;

    static final int MAPPED_FRAMES = 34;

    /** Linear addresses of the tables while the guest is a 32-bit one: the last 4 MiB. */
    static final long BASE_32 = 0xFFC0_0000L;

    /** And for a 64-bit guest: the same place, sign-extended. */
    static final long BASE_64 = 0xFFFF_FFFF_FFC0_0000L;

    static final int GDT = 0;
    static final int LDT = 0x1_0000;
    static final int IDT = 0x2_0000;
    static final int TSS = 0x2_1000;

    /** The monitor's own entries at the end of the shadow GDT. */
    static final int LDT_SELECTOR = 0xFFF0;

    static final int TSS_SELECTOR = 0xFFD8;

    private final int firstFrame;
    private final int frames;

    MonitorMemory(int firstFrame, int frames) {
        this.firstFrame = firstFrame;
        this.frames = frames;
    }

    /** RAM address of one of the tables. */
    long address(int table) {
        return ((long) firstFrame << 12) + table;
    }

    int firstFrame() {
        return firstFrame;
    }

    /** First frame for shadow page tables. */
    int firstPoolFrame() {
        return firstFrame + MAPPED_FRAMES;
    }

    /** Frame behind the last one for shadow page tables. */
    int endOfPool() {
        return firstFrame + frames;
    }

    static boolean contains(long linear, boolean longMode) {
        return longMode ? Long.compareUnsigned(linear, BASE_64) >= 0 : linear >= BASE_32 && linear <= 0xFFFF_FFFFL;
    }

    static void clearFrame(Ram ram, int frame) {
        byte[] bytes = ram.writable(frame);
        java.util.Arrays.fill(bytes, (byte) 0);
        ram.wrote(frame, 0, Ram.FRAME_SIZE);
    }
}
