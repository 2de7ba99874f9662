package ringside.monitor.paravirtual;

import java.util.Arrays;

/**
 * What Xen keeps of a domain's processor beside the registers (Xen, asm-x86/domain.h: struct pv_vcpu): handlers, stacks, roots, and what it
 * waits for. Plain storage; the chapters of hypercalls change it.
 */
final class VirtualCpu {
    static final int VECTORS = 256;

    /** Pauses that domain 0 may ask for without taking one back. */
    static final int MOST_PAUSES = 255;

    /**
     * Where an exception or interrupt is delivered.
     *
     * @param ring highest ring that may raise it by INT
     * @param masks event channels are masked on the way
     * @param address 0 where there is no handler
     */
    record Handler(int ring, boolean masks, int selector, long address) {
        static final Handler NONE = new Handler(0, false, 0, 0);
    }

    /** What it is doing. */
    enum Activity {
        RUNNING,
        /** On virtualizing hardware: in HLT, until an interrupt. */
        HALTED,
        /** SCHEDOP_block: until an event is delivered. */
        BLOCKED,
        /** SCHEDOP_poll: until one of some event channels is pending, or a time. */
        POLLING,
        /** In Xen, which waits for an event at an end of a channel that is its own: _VPF_blocked_in_xen. */
        IN_XEN,
        /** VCPUOP_down, or the domain has ended. */
        DOWN
    }

    /** 64-bit: the kernel runs, not a program; both are at ring 3. */
    boolean kernel = true;

    /** An NMI waits (nmi_pending), and one is being handled: no other comes before the next return from an exception. */
    boolean nonMaskable;

    boolean nonMaskableMasked;

    /** Frames of the root tables; 0 where there is none. */
    int kernelRoot;

    int userRoot;

    Handler[] traps = new Handler[VECTORS];
    Handler event = Handler.NONE;
    Handler failsafe = Handler.NONE;
    Handler systemCall = Handler.NONE;
    Handler systemCall32 = Handler.NONE;
    Handler sysenter = Handler.NONE;
    int kernelSs;
    long kernelSp;

    /** What the guest believes its I/O privilege level is. */
    int iopl;

    /** Ports that its programs may use: linear address of the bitmap, and how many ports it is about. */
    long portBitmap;

    int portCount;

    long cr2;
    long cr4;

    /** CR0.TS, as the guest has set it. */
    boolean taskSwitched;

    int descriptors;
    int[] descriptorFrames = new int[XenSpace.GUEST_DESCRIPTOR_PAGES];
    long localTable;
    int localDescriptors;

    /** 64-bit: the GS base of the side, kernel or programs, that does not run. */
    long otherGsBase;

    /** Machine address of vcpu_info. */
    long info;

    boolean infoRegistered;

    /** Linear addresses of the copies of time and runstate that the guest has asked for; 0 for none. */
    long timeCopy;

    long runstateCopy;

    Activity activity = Activity.RUNNING;
    int[] polled = {};

    /** Guest time at which the last SCHEDOP_poll or block began, and the sum of all before. */
    long waitsSince;

    long waited;

    /** Guest time since which it could run or runs, and how long it could have run while others did. */
    long readySince;

    long stolen;

    /** It lets others run first, once. */
    boolean yields;

    /** Period of VIRQ_TIMER; 0 where it has none. */
    long period;

    /** vm_assist: one bit a type. */
    long assists;

    /** How often the time in vcpu_info was brought up to date, twice. */
    int timeVersion;

    /** What is shared with the console in domain 0. */
    int consoleFrame;

    int consolePort;

    /** It is down because Xen has ended it. */
    boolean crashed;

    /** Domain 0 has destroyed the domain. */
    boolean destroyed;

    /** Reason given by SCHEDOP_shutdown_code; -1 for none. */
    int shutdownCode = -1;

    /** How often domain 0 has paused it, and not let it go on yet: until that is 0 it does not get the processor. */
    int pauses;

    VirtualCpu() {
        Arrays.fill(traps, Handler.NONE);
    }

    boolean assists(int type) {
        return (assists >>> type & 1) != 0;
    }

    /** The frame of the tables in force. */
    int root() {
        return kernel ? kernelRoot : userRoot;
    }

    /** Another one with the same content. */
    VirtualCpu copy() {
        VirtualCpu copy = new VirtualCpu();
        copy.set(this);
        return copy;
    }

    /** Takes over another one's content. */
    void set(VirtualCpu other) {
        kernel = other.kernel;
        nonMaskable = other.nonMaskable;
        nonMaskableMasked = other.nonMaskableMasked;
        kernelRoot = other.kernelRoot;
        userRoot = other.userRoot;
        traps = other.traps.clone();
        event = other.event;
        failsafe = other.failsafe;
        systemCall = other.systemCall;
        systemCall32 = other.systemCall32;
        sysenter = other.sysenter;
        kernelSs = other.kernelSs;
        kernelSp = other.kernelSp;
        iopl = other.iopl;
        portBitmap = other.portBitmap;
        portCount = other.portCount;
        cr2 = other.cr2;
        cr4 = other.cr4;
        taskSwitched = other.taskSwitched;
        descriptors = other.descriptors;
        descriptorFrames = other.descriptorFrames.clone();
        localTable = other.localTable;
        localDescriptors = other.localDescriptors;
        otherGsBase = other.otherGsBase;
        info = other.info;
        infoRegistered = other.infoRegistered;
        timeCopy = other.timeCopy;
        runstateCopy = other.runstateCopy;
        activity = other.activity;
        polled = other.polled.clone();
        waitsSince = other.waitsSince;
        waited = other.waited;
        readySince = other.readySince;
        stolen = other.stolen;
        yields = other.yields;
        crashed = other.crashed;
        destroyed = other.destroyed;
        period = other.period;
        assists = other.assists;
        timeVersion = other.timeVersion;
        shutdownCode = other.shutdownCode;
        pauses = other.pauses;
        consoleFrame = other.consoleFrame;
        consolePort = other.consolePort;
    }
}
