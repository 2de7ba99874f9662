package ringside.monitor.paravirtual;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import ringside.bus.Clock;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.machine.Machine;
import ringside.machine.SerialLog;
import ringside.memory.Ram;
import ringside.mmu.SegmentRegister;

/** A domain: its frames, its processor, its event channels, and what Xen keeps for it. */
final class Domain implements XenDomain {
    // vm_assist.
    static final int WRITABLE_PAGETABLES = 2;
    static final int ARCHITECTURAL_IOPL = 4;
    static final int RUNSTATE_UPDATE_FLAG = 5;

    /** Numbers of domains, and the one that means the caller: Xen's public header xen.h. */
    static final int ZERO = 0;

    static final int GUEST = 1;
    static final int SELF = 0x7FF0;

    private final int id;
    private final Place place;
    private final Domains domains;
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
    private final Emulation emulation;
    private final WritableTables writableTables;
    private Optional<DomainProcessor> processor = Optional.empty();

    /** Frames of Xen's that the domain may map. */
    private int shared;

    private long work;
    private IntConsumer others = port -> {};

    /** The registers while another domain has the processor. */
    private Optional<Context> context = Optional.empty();

    private record Context(Registers.State registers, SystemState.State system) {}

    /**
     * Where a domain's memory is.
     *
     * @param first frame
     * @param pages how many it has at the start, and at most
     * @param space first frame of what Xen keeps for it
     */
    record Place(int first, int pages, int space) {}

    Domain(int id, Place place, Domains domains, Abi abi) {
        this.id = id;
        this.place = place;
        this.domains = domains;
        this.abi = abi;
        machine = domains.machine();
        cpu = domains.cpu();
        Ram ram = machine.ram();
        space = new XenSpace(ram, machine.config().guestFrames(), place.space(), abi);
        frames = domains.frames().of(id == ZERO ? FrameTable.DOMAIN_0 : FrameTable.DOMAIN);
        paging = new DirectPaging(ram, frames, abi, space, () -> cpu.memory.flush(true));
        memory = new GuestMemory(cpu, abi);
        events = new EventChannels(ram, abi, sharedInfo());
        grants = new GrantTables(ram, space.grantFrame(0));
        timers = new Timers(this, machine.schedule());
        bounce = new TrapBounce(this);
        emulation = new Emulation(this, domains.code());
        writableTables = new WritableTables(this, domains.code());
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public boolean isPrivileged() {
        return id == ZERO;
    }

    @Override
    public long perform(int number, long[] arguments) {
        return HypercallTable.call(number).behaviour().perform(this, arguments);
    }

    @Override
    public int readConsole() {
        return domains.console().read();
    }

    @Override
    public List<XenDomain> all() {
        return domains.all();
    }

    @Override
    public int features() {
        int pointersAbove4G = vcpu.assists(3) ? 1 << 4 : 0;
        int updateKeepsFlags = 1 << 5;
        int highMemoryAssist = 1 << 6;
        int domain0 = isPrivileged() ? 1 << 11 : 0;
        return pointersAbove4G | updateKeepsFlags | highMemoryAssist | domain0;
    }

    @Override
    public long possibleAssists() {
        return abi.is64() ? 0x1_0000_003FL : 0x3F;
    }

    @Override
    public long sharedInfo() {
        return (long) space.sharedInfo() << 12;
    }

    @Override
    public int pinWritable(long frame) {
        return paging.get(frame, FrameType.WRITABLE) ? (int) frame : -1;
    }

    Place place() {
        return place;
    }

    Domains domains() {
        return domains;
    }

    Emulation emulation() {
        return emulation;
    }

    WritableTables writableTables() {
        return writableTables;
    }

    // The processor.

    /** Names what runs its instructions. */
    void runsOn(DomainProcessor what) {
        processor = Optional.of(what);
    }

    @Override
    public DomainProcessor processor() {
        return processor.orElseThrow();
    }

    @Override
    public void leave() {
        processor.ifPresent(DomainProcessor::leaving);
        context = Optional.of(new Context(cpu.registers.save(), cpu.system.save()));
        vcpu.readySince = clock().now();
    }

    /** Its own address space comes with the registers. */
    @Override
    public void enter() {
        Context own = context.orElseThrow(() -> new IllegalStateException("domain " + id + " has the processor"));
        context = Optional.empty();
        cpu.registers.restore(own.registers);
        cpu.system.restore(own.system);
        cpu.stateReplaced();
        processor().entered();
        vcpu.stolen += clock().now() - vcpu.readySince;
        timers.updateTime();
    }

    /** The processor at the domain's ring that its guest believes in, whether it has one now or not. */
    Cpu believedAtRing() {
        return context.map(asleep -> emulation.believed(asleep.system)).orElseGet(emulation::believed);
    }

    @Override
    public boolean isCurrent() {
        return context.isEmpty();
    }

    Machine machine() {
        return machine;
    }

    Cpu cpu() {
        return cpu;
    }

    @Override
    public Abi abi() {
        return abi;
    }

    @Override
    public Ram ram() {
        return machine.ram();
    }

    @Override
    public Clock clock() {
        return machine.clock();
    }

    @Override
    public long timeStamp() {
        return clock().now();
    }

    @Override
    public SerialLog console() {
        return machine.serial();
    }

    XenSpace space() {
        return space;
    }

    @Override
    public FrameTable frames() {
        return frames;
    }

    DirectPaging paging() {
        return paging;
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public EventChannels events() {
        return events;
    }

    TrapBounce bounce() {
        return bounce;
    }

    /** Linear address of offset 0 of the code segment. */
    long codeBase() {
        return cpu.is64Bit() ? 0 : cpu.system.segments[SystemState.CS].base();
    }

    @Override
    public int frame(long number) {
        return frames.isDomains(number) ? (int) number : -1;
    }

    @Override
    public boolean hold(int frame, boolean writable) {
        return writable ? paging.get(frame, FrameType.WRITABLE) : frames.get(frame);
    }

    @Override
    public void letGo(int frame, boolean writable) {
        if (writable) {
            paging.put(frame);
        } else {
            frames.put(frame);
        }
    }

    @Override
    public void relinquish() {
        Relinquishing.of(this);
    }

    @Override
    public long grantFrame(int index) {
        return space.grantFrame(index);
    }

    @Override
    public GrantMapper mapper() {
        return new PageTableGrants(this);
    }

    @Override
    public GrantTables grants() {
        return grants;
    }

    @Override
    public Timers timers() {
        return timers;
    }

    @Override
    public VirtualCpu vcpu() {
        return vcpu;
    }

    // Time that Xen's own work takes.

    @Override
    public void work(long units) {
        work += units;
    }

    /** What Xen has done takes its time now. */
    void spend() {
        long units = work + paging.takeWork();
        work = 0;
        clock().skipTo(clock().now() + units);
    }

    // vcpu_info.

    @Override
    public boolean hearsEvents() {
        return true;
    }

    @Override
    public boolean hasUpcall() {
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

    /** Names the one who is told when an event channel to another domain is used. */
    void onNotification(IntConsumer listener) {
        others = listener;
    }

    @Override
    public void notifyOther(int port) {
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
        frames.give(frame, frames.own());
        if (!paging.getType(frame, FrameType.WRITABLE)) {
            throw new IllegalStateException("frame " + frame + " cannot be shared");
        }
        shared++;
    }

    /** A frame that nobody has becomes the domain's, filled with zeros; -1 where there is none. */
    int allocate() {
        int frame = ownFrames() < place.pages() ? frames.free(space.first()) : -1;
        if (frame >= 0) {
            frames.give(frame, frames.own());
            Arrays.fill(ram().writable(frame), (byte) 0);
            ram().wrote(frame, 0, Ram.FRAME_SIZE);
            work(Ram.FRAME_SIZE / 16);
        }
        return frame;
    }

    @Override
    public int ownFrames() {
        return frames.owned() - shared;
    }

    @Override
    public int mostFrames() {
        return place.pages();
    }

    private record Saved(
            Optional<Context> context, VirtualCpu vcpu, EventChannels.State events, GrantTables.State grants)
            implements State {}

    @Override
    public State save() {
        return new Saved(context, vcpu.copy(), events.save(), grants.save());
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        context = saved.context;
        vcpu.set(saved.vcpu);
        events.restore(saved.events);
        grants.restore(saved.grants);
    }
}
