package ringside.monitor.paravirtual;

import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import ringside.bus.Clock;
import ringside.bus.InterruptController;
import ringside.bus.InterruptLine;
import ringside.cpu.Cpu;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.machine.Machine;
import ringside.machine.SerialLog;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.monitor.hardware.HardwareProcessor;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;
import ringside.probe.Event;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/**
 * A domain on virtualizing hardware, as its guest finds it that knows Xen: what Xen keeps of every domain, parameters, and a map from the pages of its
 * memory (Xen, asm-x86/hvm/domain.h: struct hvm_domain).
 */
public final class HardwareDomain implements XenDomain {
    private static final int STORE_PORT = 1;
    private static final int CONSOLE_PORT = 2;
    private static final int REQUEST_PORT = 3;
    private static final int CASCADE = 2;

    /** Frames that Xen needs for it. */
    public static final int FRAMES = HardwareMemory.FRAMES;

    /** XENVER_version. */
    public static final int RELEASE = InformationCalls.MAJOR << 16 | InformationCalls.MINOR;

    // XENFEAT_*.
    private static final int WRITABLE_PAGE_TABLES = 1;
    private static final int AUTO_TRANSLATED_PHYSMAP = 1 << 2;
    private static final int CALLBACK_VECTOR = 1 << 8;
    private static final int SAFE_CLOCK = 1 << 9;

    private final Machine machine;
    private final Probe probe;
    private final HardwareMemory own;
    private final EventChannels events;
    private final GrantTables grants;
    private final VirtualCpu vcpu = new VirtualCpu();
    private final Timers timers;
    private final Upcalls upcalls;
    private final InterruptController interrupts;
    private final Parameters parameters = new Parameters();
    private final InterruptLine[] lines = new InterruptLine[16];
    private Optional<HardwareProcessor> processor = Optional.empty();
    private Optional<DomainProcessor> scheduled = Optional.empty();
    private Optional<Domains> domains = Optional.empty();
    private Optional<IoreqServers> servers = Optional.empty();

    /** The registers while another domain has the processor. */
    private Optional<Registers.State> context = Optional.empty();

    private Abi abi = Abi.X86_64;
    private long work;
    private boolean calling;

    /** It waits at Xen's with an interrupt that it does not take: only another one, of an event, wakes it. */
    private boolean waitsForMore;

    /** What the guest has added to its time stamps, when the clock in vcpu_info was brought up to date. */
    private long timeStampAdjust;

    /**
     * A domain whose processor is not there yet.
     *
     * @param first of {@link #FRAMES} frames of Xen's
     * @param devices does Xen have a device at a guest-physical address?
     * @param controllers has the domain an I/O APIC and the 8259As?
     * @param deviceModel has it a device model?
     */
    public HardwareDomain(
            Machine machine,
            PhysicalMap map,
            int first,
            LongPredicate devices,
            boolean controllers,
            boolean deviceModel,
            Probe probe) {
        this.machine = machine;
        this.probe = probe;
        own = new HardwareMemory(machine, map, first, devices);
        events = new EventChannels(machine.ram(), Abi.X86_64, sharedInfo());
        grants = new GrantTables(machine.ram(), own.grantTable());
        timers = new Timers(this, machine.schedule());
        upcalls = new Upcalls(machine, controllers);
        interrupts = upcalls.before(machine.interrupts(), this::upcallPending);
        vcpu.info = sharedInfo();
        events.set(STORE_PORT, new Channel(Kind.INTERDOMAIN, Domain.ZERO, 1));
        events.set(CONSOLE_PORT, new Channel(Kind.INTERDOMAIN, Domain.ZERO, ConsoleDaemon.PORT));
        if (deviceModel) {
            events.set(REQUEST_PORT, Channel.XENS);
        }
        events.onUpcall(this::told);
        for (int irq = 0; irq < lines.length; irq++) {
            lines[irq] = deviceModel && irq != CASCADE ? machine.isaInterrupt(irq) : InterruptLine.NONE;
        }
        parameters.put(Parameters.STORE_PAGE, HardwareMemory.STORE_PAGE);
        parameters.put(Parameters.STORE_PORT, STORE_PORT);
        parameters.put(Parameters.CONSOLE_PAGE, HardwareMemory.CONSOLE_PAGE);
        parameters.put(Parameters.CONSOLE_PORT, CONSOLE_PORT);
    }

    /** The domain gets its processor. */
    public void runsOn(HardwareProcessor given) {
        processor = Optional.of(given);
        own.map().drives(given);
        own.mapSpecial();
        timers.writeWallClock();
        timers.updateTime();
    }

    /**
     * There is a domain 0 beside it: what else is there is its own to say. Its device model is there, and the other ends of store and console wait for it.
     *
     * @param firstFrame of those for the pages of ioreq servers
     */
    void joins(Domains others, int firstFrame) {
        domains = Optional.of(others);
        servers = Optional.of(new IoreqServers(this, firstFrame));
        events.set(STORE_PORT, new Channel(Kind.UNBOUND, Domain.ZERO, 0));
        events.set(CONSOLE_PORT, new Channel(Kind.UNBOUND, Domain.ZERO, 0));
        events.set(REQUEST_PORT, Channel.FREE);
        grants.permit(DomainBuilder.CONSOLE_GRANT, Domain.ZERO, (int) HardwareMemory.CONSOLE_PAGE);
        grants.permit(DomainBuilder.STORE_GRANT, Domain.ZERO, (int) HardwareMemory.STORE_PAGE);
        others.add(this);
    }

    /** Names what runs it by turns with others. */
    public void isScheduledOn(DomainProcessor what) {
        scheduled = Optional.of(what);
    }

    private Cpu cpu() {
        return processor.orElseThrow().believed();
    }

    // Calls.

    /** The processor has made a hypercall: the row of VMCALL or VMMCALL is being performed. */
    public void call(Cpu cpu) {
        HardwareCalls.perform(this, cpu, probe);
    }

    /** A call begins, made by code of this interface. */
    void begin(Abi by) {
        abi = by;
        calling = true;
    }

    /** It ends: what Xen has done takes its time. */
    void end() {
        calling = false;
        clock().skipTo(clock().now() + work);
        work = 0;
    }

    @Override
    public long perform(int number, long[] arguments) {
        return HardwareCalls.call(number).perform(this, arguments);
    }

    @Override
    public Abi abi() {
        return abi;
    }

    @Override
    public GuestMemory memory() {
        if (!calling) {
            cpu().memory.flush(true); // What is translated was translated long ago.
        }
        return new GuestMemory(cpu(), abi, linear -> !abi.is64() || linear << 16 >> 16 == linear);
    }

    @Override
    public void work(long units) {
        work += units;
    }

    // What it is.

    @Override
    public int id() {
        return Domain.GUEST;
    }

    /** What Xen keeps of the domain and shares with it; of all domains where there are others. */
    public Inspection inspection() {
        return XenText.of(all());
    }

    /** Its number, as {@link #id}. */
    public int number() {
        return id();
    }

    @Override
    public boolean isPrivileged() {
        return false;
    }

    @Override
    public List<XenDomain> all() {
        return domains.map(Domains::all).orElseGet(() -> List.of(this));
    }

    @Override
    public Optional<HardwareDomain> hardware() {
        return Optional.of(this);
    }

    /** Who in domain 0 is asked for devices that Xen has not. */
    public IoreqServers servers() {
        return servers.orElseThrow();
    }

    /** Drives a request line of the domain's interrupt controllers. @param irq 0 to 15 */
    void isaInterrupt(int irq, boolean level) {
        lines[irq].set(level);
    }

    @Override
    public int features() {
        return WRITABLE_PAGE_TABLES | AUTO_TRANSLATED_PHYSMAP | CALLBACK_VECTOR | SAFE_CLOCK;
    }

    @Override
    public long possibleAssists() {
        return 1L << Domain.RUNSTATE_UPDATE_FLAG;
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
        return ModelSpecificRegisters.timeStamp(cpu());
    }

    @Override
    public SerialLog console() {
        return machine.serial();
    }

    @Override
    public int readConsole() {
        return -1;
    }

    @Override
    public long sharedInfo() {
        return (long) own.sharedInfo() << 12;
    }

    Parameters parameters() {
        return parameters;
    }

    Upcalls upcalls() {
        return upcalls;
    }

    /** The structures that it shares with Xen are now those of the code that calls. */
    void latchLayout() {
        events.layout(abi);
        timers.writeWallClock();
    }

    /**
     * Fills a page of the domain's with the ways into Xen.
     *
     * @param address guest-physical
     * @param wide is it 64-bit code that asks for it?
     * @return false where no RAM of the domain's is
     */
    public boolean fill(long address, byte[] content, boolean wide) {
        int frame = own.own(address >>> 12);
        if (!own.isRam(frame)) {
            return false;
        }
        machine.ram().load((long) frame << 12, content);
        abi = wide ? Abi.X86_64 : Abi.X86_32;
        latchLayout();
        return true;
    }

    // Memory.

    /** HVMOP_flush_tlbs. */
    void flush() {
        processor.orElseThrow().forgetTranslations();
    }

    HardwareMemory own() {
        return own;
    }

    @Override
    public FrameTable frames() {
        return own.frames();
    }

    @Override
    public int ownFrames() {
        return own.pages();
    }

    @Override
    public int mostFrames() {
        return own.mostPages();
    }

    @Override
    public int frame(long number) {
        return own.own(number);
    }

    @Override
    public boolean hold(int frame, boolean writable) {
        return own.hold(frame, writable);
    }

    @Override
    public void letGo(int frame, boolean writable) {
        own.letGo(frame, writable);
    }

    @Override
    public void relinquish() {
        Relinquishing.of(this);
    }

    /** A frame of the table has the number of the page that leads there. */
    @Override
    public long grantFrame(int index) {
        return own.map().pageOf(own.grantTable() + index);
    }

    @Override
    public GrantMapper mapper() {
        return new PhysicalMapGrants(own);
    }

    @Override
    public GrantTables grants() {
        return grants;
    }

    @Override
    public int pinWritable(long page) {
        int frame = own.own(page);
        return own.isRam(frame) && own.hold(frame, true) ? frame : -1;
    }

    // Events.

    @Override
    public EventChannels events() {
        return events;
    }

    @Override
    public VirtualCpu vcpu() {
        return vcpu;
    }

    @Override
    public Timers timers() {
        return timers;
    }

    /** Where domain 0 is no guest, nobody is there to hear. */
    @Override
    public void notifyOther(int port) {}

    /** Who interrupts the processor. */
    public InterruptController interrupts() {
        return interrupts;
    }

    /** evtchn_upcall_mask is of no use here: interrupts are what the guest takes, or takes not. */
    @Override
    public boolean hasUpcall() {
        return interrupts.pending() && cpu().system.interruptFlag();
    }

    @Override
    public boolean hearsEvents() {
        return upcalls.heard();
    }

    /** evtchn_upcall_pending was clear, and is set: that wakes the processor, whether it takes interrupts or not (vcpu_kick). */
    private void told() {
        upcalls.raised();
        if (isWaiting()) {
            run();
        } else {
            interrupted();
        }
    }

    /** The guest has been left. */
    public void afterExit() {
        upcalls.settle(upcallPending());
        if (cpu().system.tscAdjust != timeStampAdjust) {
            timeStampAdjust = cpu().system.tscAdjust;
            timers.updateTime();
        }
    }

    private boolean isWaiting() {
        return switch (vcpu.activity) {
            case BLOCKED, POLLING -> true;
            case RUNNING, HALTED, IN_XEN, DOWN -> false;
        };
    }

    // By turns with others.

    @Override
    public DomainProcessor processor() {
        return scheduled.orElseThrow();
    }

    @Override
    public boolean isCurrent() {
        return context.isEmpty();
    }

    @Override
    public void leave() {
        scheduled.ifPresent(DomainProcessor::leaving);
        context = Optional.of(domains.orElseThrow().cpu().registers.save());
        vcpu.readySince = clock().now();
    }

    @Override
    public void enter() {
        cpu().registers.restore(context.orElseThrow(() -> new IllegalStateException("it has the processor")));
        context = Optional.empty();
        processor().entered();
        vcpu.stolen += clock().now() - vcpu.readySince;
        timers.updateTime();
    }

    /** Its processor has halted, and others may have their turn: it goes on when an interrupt is pending. */
    public void halts() {
        XenDomain.super.waitAs(VirtualCpu.Activity.HALTED);
    }

    /** Xen waits in it for an answer of domain 0: until an event comes (wait_on_xen_event_channel). */
    public void waitsInXen() {
        XenDomain.super.waitAs(VirtualCpu.Activity.IN_XEN);
    }

    /** Its processor has halted for ever. */
    public void stops() {
        shutdown();
    }

    /** An interrupt may be pending. */
    public void interrupted() {
        if (vcpu.activity == VirtualCpu.Activity.HALTED) {
            XenDomain.super.run();
        } else if (isWaiting() && interrupts.pending() && !waitsForMore) {
            run();
        }
    }

    /** Does it wait for something that interrupts it, in HLT or at Xen's? */
    public boolean waits() {
        return vcpu.activity == VirtualCpu.Activity.HALTED || isWaiting();
    }

    /** Does something interrupt the processor that waits, or may something? In SCHEDOP_block and poll, IF does not matter. */
    public boolean takesInterrupts() {
        return isWaiting() || cpu().system.interruptFlag();
    }

    /** The processor waits, in HLT or at Xen's. @return true where that is over now */
    public boolean endsWait() {
        SystemState system = cpu().system;
        boolean halted = system.activity == SystemState.Activity.HALTED;
        if (!halted || !interrupts.pending() || !takesInterrupts() || waitsForMore) {
            return false;
        }
        if (isWaiting()) {
            run();
        }
        system.activity = SystemState.Activity.ACTIVE;
        return true;
    }

    @Override
    public void waitAs(VirtualCpu.Activity activity) {
        XenDomain.super.waitAs(activity);
        waitsForMore = interrupts.pending();
        cpu().system.activity = SystemState.Activity.HALTED;
    }

    @Override
    public void run() {
        XenDomain.super.run();
        waitsForMore = false;
        cpu().system.activity = SystemState.Activity.ACTIVE;
    }

    /** How the domain has ended. */
    public Optional<Ending> ending() {
        return isDown()
                ? Optional.of(Ending.of(vcpu.crashed ? Ending.Kind.CRASH : Ending.Kind.SHUTDOWN))
                : Optional.empty();
    }

    /** Xen ends it, for what its device model does. */
    public RuntimeException crash(Breach why) {
        return new DomainCrash(why.cause());
    }

    void crash(DomainCrash crash) {
        probe.event(new Event.Step("domain-crash", crash.why().name(), 0, 0, 0, "xen"));
        vcpu.crashed = true;
        shutdown();
    }

    /** Everything that can change, RAM apart. */
    public static final class State implements XenDomain.State {
        private final Optional<Registers.State> context;
        private final VirtualCpu vcpu;
        private final EventChannels.State events;
        private final GrantTables.State grants;
        private final PhysicalMap.State map;
        private final FrameTable.State frames;
        private final Upcalls.State upcalls;
        private final long[] parameters;
        private final Abi abi;
        private final long timeStampAdjust;
        private final boolean waitsForMore;
        private final Optional<IoreqServers.State> servers;

        private State(HardwareDomain domain) {
            context = domain.context;
            vcpu = domain.vcpu.copy();
            events = domain.events.save();
            grants = domain.grants.save();
            map = domain.own.map().save();
            frames = domain.own.table().save();
            upcalls = domain.upcalls.save();
            parameters = domain.parameters.save();
            abi = domain.abi;
            timeStampAdjust = domain.timeStampAdjust;
            waitsForMore = domain.waitsForMore;
            servers = domain.servers.map(IoreqServers::save);
        }
    }

    @Override
    public State save() {
        return new State(this);
    }

    @Override
    public void restore(XenDomain.State given) {
        State state = (State) given;
        context = state.context;
        vcpu.set(state.vcpu);
        events.restore(state.events);
        grants.restore(state.grants);
        own.map().restore(state.map);
        own.table().restore(state.frames);
        upcalls.restore(state.upcalls);
        parameters.restore(state.parameters);
        abi = state.abi;
        timeStampAdjust = state.timeStampAdjust;
        waitsForMore = state.waitsForMore;
        servers.ifPresent(all -> all.restore(state.servers.orElseThrow()));
    }
}
