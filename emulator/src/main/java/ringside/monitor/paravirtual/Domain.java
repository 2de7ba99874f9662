package ringside.monitor.paravirtual;

import java.util.Arrays;
import java.util.function.IntConsumer;
import ringside.bus.Clock;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.machine.Machine;
import ringside.machine.SerialLog;
import ringside.memory.Ram;
import ringside.mmu.SegmentRegister;

/** A domain: its frames, its processor, its event channels, and what Xen keeps for it. */
final class Domain {
    // vm_assist.
    static final int WRITABLE_PAGETABLES = 2;
    static final int ARCHITECTURAL_IOPL = 4;
    static final int RUNSTATE_UPDATE_FLAG = 5;

    /** The only domain's number, and the names that mean the caller: Xen's public header xen.h. */
    static final int ID = 1;

    static final int SELF = 0x7FF0;

    private final Machine machine;
    private final Cpu cpu;
    private final Abi abi;
    private final XenSpace space;
    private final FrameTable frames;
    private final DirectPaging paging;
    private final GuestMemory memory;
    private final EventChannels events;
    private final GrantTables grants;
    private final VirtualCpu vcpu = new VirtualCpu();
    private final Timers timers;
    private final TrapBounce bounce;
    private long work;
    private IntConsumer others = port -> {};

    Domain(Machine machine, Cpu cpu, Abi abi) {
        this.machine = machine;
        this.cpu = cpu;
        this.abi = abi;
        Ram ram = machine.ram();
        space = new XenSpace(ram, machine.config().guestFrames(), abi);
        frames = new FrameTable(ram.frames());
        paging = new DirectPaging(ram, frames, abi, space, () -> cpu.memory.flush(true));
        memory = new GuestMemory(cpu, abi);
        events = new EventChannels(ram, abi, (long) space.sharedInfo() << 12);
        grants = new GrantTables(ram, space);
        timers = new Timers(this, machine.schedule());
        bounce = new TrapBounce(this);
    }

    Machine machine() {
        return machine;
    }

    Cpu cpu() {
        return cpu;
    }

    Abi abi() {
        return abi;
    }

    Ram ram() {
        return machine.ram();
    }

    Clock clock() {
        return machine.clock();
    }

    SerialLog console() {
        return machine.serial();
    }

    XenSpace space() {
        return space;
    }

    FrameTable frames() {
        return frames;
    }

    DirectPaging paging() {
        return paging;
    }

    GuestMemory memory() {
        return memory;
    }

    EventChannels events() {
        return events;
    }

    TrapBounce bounce() {
        return bounce;
    }

    /** Linear address of offset 0 of the code segment. */
    long codeBase() {
        return cpu.is64Bit() ? 0 : cpu.system.segments[SystemState.CS].base();
    }

    GrantTables grants() {
        return grants;
    }

    Timers timers() {
        return timers;
    }

    VirtualCpu vcpu() {
        return vcpu;
    }

    // Time that Xen's own work takes.

    /** @param units of guest time */
    void work(long units) {
        work += units;
    }

    /** What Xen has done takes its time now. */
    void spend() {
        long units = work + paging.takeWork();
        work = 0;
        clock().skipTo(clock().now() + units);
    }

    // vcpu_info.

    boolean upcallMask() {
        return ram().read(vcpu.info + Abi.UPCALL_MASK, 1) != 0;
    }

    void upcallMask(boolean masked) {
        ram().write(vcpu.info + Abi.UPCALL_MASK, 1, masked ? 1 : 0);
    }

    boolean upcallPending() {
        return ram().read(vcpu.info + Abi.UPCALL_PENDING, 1) != 0;
    }

    /** An event waits that the guest takes now. */
    boolean hasUpcall() {
        return upcallPending() && !upcallMask();
    }

    /** CR0.TS, which the guest has for itself. */
    void taskSwitched(boolean set) {
        vcpu.taskSwitched = set;
        long bit = SystemState.TASK_SWITCHED;
        cpu.system.cr0 = set ? cpu.system.cr0 | bit : cpu.system.cr0 & ~bit;
    }

    /** What MOV from CR2 would be: the guest finds it in vcpu_info. */
    void faultAddress(long linear) {
        vcpu.cr2 = linear;
        ram().write(vcpu.info + abi.faultAddress(), abi.word(), linear);
    }

    /** Makes an event channel pending; the processor may have to be told. */
    void raise(int port) {
        events.raise(port, vcpu.info);
        wake();
    }

    /** Ends a wait that an event was waited for. */
    void wake() {
        switch (vcpu.activity) {
            case BLOCKED -> {
                if (hasUpcall()) {
                    run();
                }
            }
            case POLLING -> {
                for (int port : vcpu.polled) {
                    if (events.isPending(port)) {
                        run();
                        return;
                    }
                }
                if (hasUpcall()) {
                    run();
                }
            }
            case RUNNING, DOWN -> {}
        }
    }

    /** The processor goes on. */
    void run() {
        vcpu.activity = VirtualCpu.Activity.RUNNING;
        vcpu.polled = new int[0];
        vcpu.waited += clock().now() - vcpu.waitsSince;
        timers.cancelPoll();
        timers.updateTime();
    }

    void waitAs(VirtualCpu.Activity activity) {
        vcpu.activity = activity;
        vcpu.waitsSince = clock().now();
    }

    boolean isRunning() {
        return vcpu.activity == VirtualCpu.Activity.RUNNING;
    }

    /** The domain's processors stop for ever. */
    void shutdown() {
        vcpu.activity = VirtualCpu.Activity.DOWN;
    }

    /** SCHEDOP_shutdown_code: the reason of a later shutdown; -1 while none was given. */
    int shutdownCode() {
        return vcpu.shutdownCode;
    }

    void shutdownCode(int reason) {
        vcpu.shutdownCode = reason;
    }

    /** Names the one who is told when an event channel to another domain is used. */
    void onNotification(IntConsumer listener) {
        others = listener;
    }

    /** The other end of an event channel is in another domain. */
    void notifyOther(int port) {
        others.accept(port);
    }

    // Address spaces.

    /** 64-bit: from the kernel to its programs, or back: other tables, another GS base. */
    void switchSides() {
        vcpu.kernel = !vcpu.kernel;
        SegmentRegister gs = cpu.system.segments[SystemState.GS];
        long base = gs.base();
        gs.load(gs.selector(), vcpu.otherGsBase, gs.limit(), gs.rights());
        vcpu.otherGsBase = base;
        loadRoot(false);
    }

    /**
     * The tables that are in force now.
     *
     * @param globalToo translations of programs' pages are dropped too
     */
    void loadRoot(boolean globalToo) {
        int root = abi.is64() ? vcpu.root() : space.compatibleRoot(vcpu.kernelRoot);
        cpu.system.cr3 = (long) root << 12;
        cpu.memory.flush(globalToo);
        cpu.pagingChanged();
    }

    /** Is the guest's kernel running, or one of its programs? */
    boolean inKernel() {
        return abi.is64() ? vcpu.kernel : cpu.system.cpl == 1;
    }

    /**
     * The machine address of the last-level entry of a linear address, as the tables are now.
     *
     * @return -1 where there is none
     */
    long lastEntry(long linear) {
        long table = cpu.system.cr3;
        for (int level = 4; level > 1; level--) {
            long entry = ram().read(table + (linear >>> 3 + 9 * level & 0x1FF) * 8, 8);
            if (!EntryRules.isPresent(entry)) {
                return -1;
            }
            table = entry & EntryRules.FRAME;
        }
        return table + (linear >>> 12 & 0x1FF) * 8;
    }

    // Frames.

    /** A frame of Xen's that the domain may map: it counts as writable, and as nothing else. */
    void share(int frame) {
        frames.give(frame, FrameTable.DOMAIN);
        if (!paging.getType(frame, FrameType.WRITABLE)) {
            throw new IllegalStateException("frame " + frame + " cannot be shared");
        }
    }

    /** A frame that nobody has becomes the domain's, filled with zeros; -1 where there is none. */
    int allocate() {
        int frame = frames.free(space.first());
        if (frame >= 0) {
            frames.give(frame, FrameTable.DOMAIN);
            Arrays.fill(ram().writable(frame), (byte) 0);
            ram().wrote(frame, 0, Ram.FRAME_SIZE);
            work(Ram.FRAME_SIZE / 16);
        }
        return frame;
    }

    /** How many frames the domain has. */
    int ownFrames() {
        return space.first() - frames.freeFrames();
    }

    /** Everything above that can change, but for the machine and the registers. */
    record State(VirtualCpu vcpu, FrameTable.State frames, EventChannels.State events, GrantTables.State grants) {}

    State save() {
        return new State(vcpu.copy(), frames.save(), events.save(), grants.save());
    }

    void restore(State state) {
        vcpu.set(state.vcpu);
        frames.restore(state.frames);
        events.restore(state.events);
        grants.restore(state.grants);
    }
}
