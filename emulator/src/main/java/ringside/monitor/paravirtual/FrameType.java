package ringside.monitor.paravirtual;

/**
 * What a machine frame is used as, and nothing else as long as it is (Xen, arch/x86/mm.c: page types). A page table may never be writable
 * for the guest, so all that the processor walks has been looked at.
 */
enum FrameType {
    NONE(0),
    L1(1),
    L2(2),
    /** The page directory of a PAE kernel's last gigabyte, in which Xen has entries of its own. */
    L2_TOP(2),
    L3(3),
    L4(4),
    /** Part of a descriptor table. */
    SEGMENTS(0),
    WRITABLE(0);

    private static final FrameType[] ALL = values();

    private final int level;

    FrameType(int level) {
        this.level = level;
    }

    /** Level of a page table; 0 for what is none. */
    int level() {
        return level;
    }

    static FrameType of(int ordinal) {
        return ALL[ordinal];
    }
}
