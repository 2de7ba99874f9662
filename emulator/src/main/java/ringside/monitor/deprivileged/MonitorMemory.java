package ringside.monitor.deprivileged;

import ringside.machine.MachineConfig;
import ringside.memory.Ram;
import ringside.mmu.SegmentRegister;

/**
 * Where the monitor keeps its own tables. In RAM they lie above the guest's memory:
 *
 * <pre>
 *   frames  0 … 15   shadow GDT     (64 KiB)
 *   frames 16 … 31   shadow LDT     (64 KiB)
 *   frame  32        interrupt table
 *   frame  33        TSS
 *   frames 34 …      code that the monitor makes for the guest's kernel, where it makes any
 *   then             patch memory, and pages of the guest's code with patches in them, where there are such
 *   then             shadow page tables
 * </pre>
 *
 * All up to the code also appear in every guest address space, at its upper end: the processor reads its tables through linear addresses.
 * The tables are for supervisors only, the code for the guest's kernel in whatever ring it really runs.
 */
public final class MonitorMemory {
    /** RAM that the monitor needs, in bytes. */
    public static final long SIZE = 8L << 20;

    static final int TABLE_FRAMES = 34;

    /** Linear addresses of the tables while the guest is a 32-bit one: the last 4 MiB. */
    public static final long BASE_32 = 0xFFC0_0000L;

    /** And for a 64-bit guest: the same place, sign-extended. */
    public static final long BASE_64 = 0xFFFF_FFFF_FFC0_0000L;

    static final int GDT = 0;
    static final int LDT = 0x1_0000;
    static final int IDT = 0x2_0000;
    static final int TSS = 0x2_1000;

    /** Where the monitor's code begins. */
    public static final int CODE = 0x2_2000;

    /** The monitor's own entries at the end of the shadow GDT. */
    static final int LDT_SELECTOR = 0xFFF0;

    static final int TSS_SELECTOR = 0xFFD8;

    /** Data of translated code; its descriptor is loaded by the monitor only. */
    static final int DATA_SELECTOR = 0xFFE8;

    /** Descriptors of the monitor's code for 16, 32 and 64 bits. */
    static final int CODE_SELECTOR = 0xFFC0;

    private final int firstFrame;
    private final int frames;
    private final int codeFrames;
    private final int patchFrames;

    private MonitorMemory(int firstFrame, int frames, int codeFrames, int patchFrames) {
        this.firstFrame = firstFrame;
        this.frames = frames;
        this.codeFrames = codeFrames;
        this.patchFrames = patchFrames;
    }

    /** @param codeFrames for code that the monitor makes, at most 16: a segment of 16-bit code ends there */
    public static MonitorMemory above(MachineConfig config, int codeFrames) {
        int guestFrames = config.guestFrames();
        return new MonitorMemory(guestFrames, config.allFrames() - guestFrames, codeFrames, 0);
    }

    /** The same with frames for patches, which appear where the guest's address space has room. */
    public MonitorMemory withPatches(int newPatchFrames) {
        return new MonitorMemory(firstFrame, frames, codeFrames, newPatchFrames);
    }

    /** RAM address of one of the tables, or of the code. */
    public long address(int table) {
        return ((long) firstFrame << 12) + table;
    }

    int firstFrame() {
        return firstFrame;
    }

    int codeFrames() {
        return codeFrames;
    }

    public int firstCodeFrame() {
        return firstFrame + TABLE_FRAMES;
    }

    public int firstPatchFrame() {
        return firstCodeFrame() + codeFrames;
    }

    /** Does this frame hold the monitor's code? */
    public boolean isCode(int frame) {
        return frame >= firstCodeFrame() && frame < firstCodeFrame() + codeFrames;
    }

    /** Where in the monitor's memory one of its linear addresses lies. */
    public static int offset(long linear) {
        return (int) (linear - BASE_32);
    }

    /** The segment of the monitor's code for a code size of 16, 32 or 64 bits in a ring; in 64-bit mode it begins at linear address 0. */
    public static SegmentRegister.State codeSegment(int bits, int ring) {
        int rights = SegmentRegister.PRESENT
                | SegmentRegister.CODE_OR_DATA
                | SegmentRegister.CODE
                | SegmentRegister.WRITABLE_OR_READABLE
                | SegmentRegister.ACCESSED
                | ring << 5
                | (bits == 32 ? SegmentRegister.BIG : bits == 64 ? SegmentRegister.LONG : 0);
        return new SegmentRegister.State(codeSelector(bits) | ring, bits == 64 ? 0 : BASE_32 + CODE, 0xFFFF, rights);
    }

    /** A segment of the monitor's data in a ring. */
    public static SegmentRegister.State dataSegment(long base, int limit, int ring) {
        int rights = SegmentRegister.PRESENT
                | SegmentRegister.CODE_OR_DATA
                | SegmentRegister.WRITABLE_OR_READABLE
                | SegmentRegister.ACCESSED
                | SegmentRegister.BIG
                | ring << 5;
        return new SegmentRegister.State(DATA_SELECTOR | ring, base, limit, rights);
    }

    /** Linear address behind the monitor's code, where translated code has its data. */
    long dataBase() {
        return BASE_32 + CODE + codeFrames * (long) Ram.FRAME_SIZE;
    }

    static int codeSelector(int bits) {
        return CODE_SELECTOR + (bits == 16 ? 0 : bits == 32 ? 8 : 16);
    }

    /** First frame for shadow page tables. */
    int firstPoolFrame() {
        return firstPatchFrame() + patchFrames;
    }

    /** Frame behind the last one for shadow page tables. */
    int endOfPool() {
        return firstFrame + frames;
    }

    /** Is this one of the monitor's linear addresses? */
    public static boolean contains(long linear, boolean longMode) {
        return longMode ? Long.compareUnsigned(linear, BASE_64) >= 0 : linear >= BASE_32 && linear <= 0xFFFF_FFFFL;
    }

    static void clearFrame(Ram ram, int frame) {
        byte[] bytes = ram.writable(frame);
        java.util.Arrays.fill(bytes, (byte) 0);
        ram.wrote(frame, 0, Ram.FRAME_SIZE);
    }
}
