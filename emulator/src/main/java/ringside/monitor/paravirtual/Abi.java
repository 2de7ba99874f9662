package ringside.monitor.paravirtual;

/** The two interfaces that Xen offers to x86 kernels: offsets of their structures (Xen's public headers xen.h and arch-x86). */
enum Abi {
    /** PAE kernels, at ring 1. */
    X86_32(4, 1, 0xF580_0000L, 0xF580_0000L, 0x900, 0x90C),
    /** 64-bit kernels, at ring 3 as their programs. */
    X86_64(8, 3, 0xFFFF_8000_0000_0000L, 0xFFFF_8000_0000_0000L, 0xC00, 0xC10);

    /** Bytes of vcpu_info. */
    static final int VCPU_INFO = 64;

    /** In vcpu_info. */
    static final int UPCALL_PENDING = 0;

    static final int UPCALL_MASK = 1;
    static final int VCPU_TIME = 32;

    /** In shared_info. */
    static final int EVENTS_PENDING = 0x800;

    private final int word;
    private final int ring;
    private final long reserved;
    private final long machineToPhysical;
    private final int wallClock;
    private final int arch;

    Abi(int word, int ring, long reserved, long machineToPhysical, int wallClock, int arch) {
        this.word = word;
        this.ring = ring;
        this.reserved = reserved;
        this.machineToPhysical = machineToPhysical;
        this.wallClock = wallClock;
        this.arch = arch;
    }

    /** Bytes of an unsigned long. */
    int word() {
        return word;
    }

    int bits() {
        return word * 8;
    }

    boolean is64() {
        return word == 8;
    }

    /** The ring at which the guest's kernel runs. */
    int ring() {
        return ring;
    }

    /** First linear address that is Xen's. */
    long reserved() {
        return reserved;
    }

    /** Linear address of the table from machine frames to pseudo-physical ones. */
    long machineToPhysical() {
        return machineToPhysical;
    }

    /** Offset of evtchn_pending_sel in vcpu_info. */
    int pendingSelector() {
        return word;
    }

    /** Offset of arch.cr2 in vcpu_info. */
    int faultAddress() {
        return 2 * word;
    }

    /** Offset of evtchn_mask in shared_info. */
    int eventsMask() {
        return EVENTS_PENDING + word * bits();
    }

    /** Number of event channels. */
    int ports() {
        return bits() * bits();
    }

    /** Offset of wc_version in shared_info. */
    int wallClock() {
        return wallClock;
    }

    /** Offset of arch in shared_info: max_pfn comes first. */
    int arch() {
        return arch;
    }

    /** A number as the guest's registers hold it. */
    long truncate(long value) {
        return word == 8 ? value : value & 0xFFFF_FFFFL;
    }

    /** May Xen read and write for the guest at this linear address? Not in its own memory. */
    boolean isGuests(long linear) {
        if (word == 4) {
            return linear >= 0 && linear < reserved;
        }
        boolean canonical = linear << 16 >> 16 == linear;
        return canonical && (linear >= 0 || linear >= 0xFFFF_8800_0000_0000L);
    }
}
