package ringside.monitor.paravirtual;

import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.LongPredicate;
import ringside.bus.Clock;
import ringside.bus.InterruptController;
import ringside.cpu.Cpu;
import ringside.cpu.ModelSpecificRegisters;
import ringside.cpu.SystemState;
import ringside.machine.Machine;
import ringside.machine.SerialLog;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.monitor.hardware.HardwareProcessor;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * A domain on virtualizing hardware, as its guest finds it that knows Xen: what Xen keeps of every domain, parameters, and a map from the pages of its
 * memory (Xen, asm-x86/hvm/domain.h: struct hvm_domain).
 */
public final class HardwareDomain implements XenDomain {
    /** Pages that a domain's builder keeps below FF000000H, outside of RAM: X86_HVM_NR_SPECIAL_PAGES (tools/libs/guest/xg_dom_x86.c). */
    static final long SPECIAL = 0xFEFF8;

    static final long SPECIAL_PAGES = 8;

    private static final long STORE_PAGE = SPECIAL + 4;
    private static final long CONSOLE_PAGE = SPECIAL + 7;

    private static final int STORE_PORT = 1;
    private static final int CONSOLE_PORT = 2;
    private static final int REQUEST_PORT = 3;

    /** Frames that Xen needs for it: shared_info, the grant table, and the pages of store and console. */
    public static final int FRAMES = 1 + XenSpace.GRANT_FRAMES + 2;

    /** XENVER_version. */
    public static final int RELEASE = InformationCalls.MAJOR << 16 | InformationCalls.MINOR;

    // XENFEAT_*.
    private static final int WRITABLE_PAGE_TABLES = 1;
    private static final int AUTO_TRANSLATED_PHYSMAP = 1 << 2;
    private static final int CALLBACK_VECTOR = 1 << 8;
    private static final int SAFE_CLOCK = 1 << 9;

    private final Machine machine;
    private final Probe probe;
    private final PhysicalMap map;
    private final LongPredicate devices;
    private final int first;
    private final EventChannels events;
    private final GrantTables grants;
    private final VirtualCpu vcpu = new VirtualCpu();
    private final Timers timers;
    private final Upcalls upcalls;
    private final InterruptController interrupts;
    private final Parameters parameters = new Parameters();
    private Optional<HardwareProcessor> processor = Optional.empty();
    private Abi abi = Abi.X86_64;
    private long work;
    private boolean calling;
    private IntConsumer others = port -> {};

    /** Frames of its RAM that it has given back. */
    private BitSet released = new BitSet();

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
        this.map = map;
        this.first = first;
        this.devices = devices;
        this.probe = probe;
        events = new EventChannels(machine.ram(), Abi.X86_64, sharedInfo());
        grants = new GrantTables(machine.ram(), first + 1);
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
        parameters.put(Parameters.STORE_PAGE, STORE_PAGE);
        parameters.put(Parameters.STORE_PORT, STORE_PORT);
        parameters.put(Parameters.CONSOLE_PAGE, CONSOLE_PAGE);
        parameters.put(Parameters.CONSOLE_PORT, CONSOLE_PORT);
    }

    /** The domain gets its processor. */
    public void runsOn(HardwareProcessor given) {
        processor = Optional.of(given);
        map.drives(given);
        int pages = first + 1 + XenSpace.GRANT_FRAMES;
        if (!map.map(STORE_PAGE, pages) || !map.map(CONSOLE_PAGE, pages + 1)) {
            throw new IllegalStateException("no room for the tables of the domain's special pages");
        }
        timers.writeWallClock();
        timers.updateTime();
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

    /** Its number, as {@link #id}. */
    public int number() {
        return id();
    }

    @Override
    public boolean isPrivileged() {
        return false;
    }

    @Override
    public Optional<HardwareDomain> find(long id) {
        return id == Domain.GUEST ? Optional.of(this) : Optional.empty();
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
        return (long) first << 12;
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
        int frame = map.frame(address >>> 12);
        if (!isOwnFrame(frame)) {
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

    PhysicalMap map() {
        return map;
    }

    GrantTables grants() {
        return grants;
    }

    boolean isDevice(long physical) {
        return devices.test(physical);
    }

    /** The most pages that it may have. */
    int mostPages() {
        return (int) (machine.config().memory() >>> 12);
    }

    int pages() {
        return mostPages() - released.cardinality();
    }

    /** Is it RAM of the domain's? */
    boolean isOwnFrame(int frame) {
        return frame >= 0 && frame < mostPages();
    }

    /** A frame that no page leads to any more; where it is RAM, Xen has it now. */
    void released(int frame) {
        if (isOwnFrame(frame)) {
            released = (BitSet) released.clone(); // States share it.
            released.set(frame);
        }
    }

    /** A frame that was given back, best that of the page itself; {@link PhysicalMemory#NONE} where there is none. */
    int free(long page) {
        boolean own = page < mostPages() && released.get((int) page);
        return own ? (int) page : released.isEmpty() ? PhysicalMemory.NONE : released.nextSetBit(0);
    }

    void taken(int frame) {
        released = (BitSet) released.clone();
        released.clear(frame);
    }

    @Override
    public int pinWritable(long page) {
        int frame = map.frame(page);
        return isOwnFrame(frame) ? frame : -1;
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

    @Override
    public void notifyOther(int port) {
        others.accept(port);
    }

    @Override
    public boolean isCurrent() {
        return true;
    }

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
            case RUNNING, IN_XEN, DOWN -> false;
        };
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

    void crash(DomainCrash crash) {
        probe.event(new Event.Step("domain-crash", crash.why().name(), 0, 0, 0, "xen"));
        vcpu.crashed = true;
        shutdown();
    }

    /** Everything that can change, RAM apart. */
    public static final class State {
        private final VirtualCpu vcpu;
        private final EventChannels.State events;
        private final GrantTables.State grants;
        private final Map<Long, Integer> map;
        private final Upcalls.State upcalls;
        private final long[] parameters;
        private final BitSet released;
        private final Abi abi;
        private final long timeStampAdjust;
        private final boolean waitsForMore;

        private State(HardwareDomain domain) {
            vcpu = domain.vcpu.copy();
            events = domain.events.save();
            grants = domain.grants.save();
            map = domain.map.save();
            upcalls = domain.upcalls.save();
            parameters = domain.parameters.save();
            released = domain.released;
            abi = domain.abi;
            timeStampAdjust = domain.timeStampAdjust;
            waitsForMore = domain.waitsForMore;
        }
    }

    public State save() {
        return new State(this);
    }

    public void restore(State state) {
        vcpu.set(state.vcpu);
        events.restore(state.events);
        grants.restore(state.grants);
        map.restore(state.map);
        upcalls.restore(state.upcalls);
        parameters.restore(state.parameters);
        released = state.released;
        abi = state.abi;
        timeStampAdjust = state.timeStampAdjust;
        waitsForMore = state.waitsForMore;
    }
}
