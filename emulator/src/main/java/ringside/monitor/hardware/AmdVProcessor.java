package ringside.monitor.hardware;

import static ringside.cpu.svm.VmcbField.*;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import ringside.bus.PortBus;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.svm.ExitCode;
import ringside.cpu.svm.GuestMode;
import ringside.cpu.svm.MsrPermissionMap;
import ringside.cpu.svm.SaveArea;
import ringside.cpu.svm.SvmExit;
import ringside.cpu.svm.SvmFeatures;
import ringside.cpu.svm.Vmcb;
import ringside.cpu.svm.VmcbText;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Tlb;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Options.Paging;
import ringside.monitor.PageWalk;
import ringside.monitor.hardware.HardwareExit.Kind;
import ringside.monitor.hardware.HardwareExit.MemoryAccess;
import ringside.monitor.hardware.HardwareExit.PortAccess;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Inspection;

/**
 * One virtual processor under AMD-V: its VMCB and permission maps, its nested or shadow tables, the real processor in guest mode, and the
 * processor that the guest believes in, on which its monitor performs what it emulates.
 *
 * <p>Above the guest's RAM lie the VMCB, the I/O and the MSR permission map, then the tables.
 */
public final class AmdVProcessor implements HardwareProcessor {
    private static final int VMCB_FRAMES = 1;
    private static final int IO_MAP_FRAMES = AmdVControls.IO_MAP_SIZE / Ram.FRAME_SIZE;
    private static final int MSR_MAP_FRAMES = MsrPermissionMap.SIZE / Ram.FRAME_SIZE;
    private static final int OWN_FRAMES = VMCB_FRAMES + IO_MAP_FRAMES + MSR_MAP_FRAMES;

    /** TLB_CONTROL: the translations of all guests are dropped. */
    private static final int FLUSH_ALL = 1;

    /** KVM keeps the caches on, whatever the guest writes. */
    private static final long CACHING = SystemState.CACHE_DISABLE | SystemState.NOT_WRITE_THROUGH;

    /** APM 2, EVENTINJ: the type of an NMI. */
    private static final int NON_MASKABLE = 2;

    private static final GuestMode.Host HOST = GuestMode.Host.LONG_MODE;

    private final Vmcb vmcb;
    private final MemoryVirtualization memory;
    private final Cpu believed;
    private final Cpu real;
    private final GuestMode mode;
    private final AmdVAnswers answers;
    private final Actor processor;
    private final Actor monitor;
    private final int flush;

    /** RFLAGS.RF at the last VMRUN: what an event that was injected there will push. */
    private boolean resuming;

    /** An NMI waits for the end of an interrupt shadow, or for a debug trap. */
    private boolean watching;

    private Optional<SvmExit> lastExit = Optional.empty();

    /**
     * @param ports what the guest reaches where the permission map lets it through
     * @param monitor who answers exits
     */
    AmdVProcessor(GuestProcessor guest, PortBus ports, SvmFeatures features, Paging paging, Actor monitor) {
        this.monitor = monitor;
        processor = Actor.processor(monitor.probe());
        Machine machine = guest.machine();
        believed = guest.cpu();
        Ram ram = machine.ram();
        int frames = machine.config().frames();
        int first = machine.config().guestFrames();
        PhysicalMemory host = PhysicalMemory.direct(ram, ram.frames());
        vmcb = new Vmcb(host, (long) first << 12);
        mode = new GuestMode(host, vmcb, features, monitor.probe());
        real = new Cpu(believed.registers, new SystemState(), mode.parts(ports, machine.clock(), guest.code()));
        long ioMap = (long) (first + VMCB_FRAMES) << 12;
        AmdVControls.write(vmcb, ram, ioMap, ioMap + AmdVControls.IO_MAP_SIZE);
        memory = memory(paging, ram, frames, first + OWN_FRAMES);
        // Family 15h brought decode assists, and flushing by ASID.
        flush = features.decodeAssists() ? Vmcb.FLUSH_THIS_GUEST : FLUSH_ALL;
        answers = new AmdVAnswers(this, monitor);
        copyBelievedToGuest();
    }

    /** @param first frame for the tables */
    private MemoryVirtualization memory(Paging paging, Ram ram, int guestFrames, int first) {
        return switch (paging) {
            case NESTED -> {
                NestedTables tables =
                        new NestedTables(ram, first, first + NestedTables.framesFor((long) guestFrames << 12));
                AmdVControls.nest(vmcb, tables.root());
                yield new NestedMemory(tables, guestFrames, believed);
            }
            case SHADOW -> {
                AmdVControls.shadow(vmcb);
                yield new ShadowMemory(ram, first, guestFrames, believed);
            }
        };
    }

    /** RAM needed above the guest's, in bytes. */
    static long memory(long guestBytes, Paging paging) {
        int tables = switch (paging) {
            case NESTED -> NestedTables.framesFor(guestBytes);
            case SHADOW -> ShadowMemory.FRAMES;
        };
        return (long) (OWN_FRAMES + tables) << 12;
    }

    public Vmcb vmcb() {
        return vmcb;
    }

    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        return Map.of("vmcb", () -> VmcbText.ofRunningGuest(vmcb));
    }

    MemoryVirtualization memory() {
        return memory;
    }

    @Override
    public Cpu real() {
        return real;
    }

    @Override
    public Cpu believed() {
        return believed;
    }

    @Override
    public boolean isInside() {
        return mode.isInside();
    }

    /** As KVM does: VMLOAD, VMRUN. */
    @Override
    public Optional<HardwareExit> run(long until) {
        if (watching && !mode.isInside() && isHeldOff()) {
            return interpret();
        }
        try {
            if (!mode.isInside()) {
                if (memory.enter(real.system)) {
                    vmcb.write(TLB_CONTROL, flush);
                }
                vmcb.write(CR3, real.system.cr3);
                resuming = vmcb.has(RFLAGS, SystemState.RESUME);
                monitor.does(Deed.VMLOAD);
                SaveArea.loadMore(real, vmcb);
                processor.does(Deed.VMRUN);
                mode.enter(real, HOST);
            }
            real.run(until);
            return Optional.empty();
        } catch (SvmExit exit) {
            return Optional.of(leave(exit));
        }
    }

    /** There is no window that opens at the end of a shadow whatever IF is: the one instruction in it is the monitor's, or the debug trap before it. */
    private Optional<HardwareExit> interpret() {
        lastExit = Optional.empty();
        monitor.does(Deed.STAY_OUT);
        prepareEmulation();
        return Optional.of(
                EmulatedInstruction.at(believed, new Event.Exit("interpreted", "INTERPRETED", 0, 0, 0, "", 0)));
    }

    /** By an interrupt shadow, or by a debug trap that comes first. */
    private boolean isHeldOff() {
        return (vmcb.read(INTERRUPT_SHADOW) & 1) != 0 || real.system.pendingDebug != 0;
    }

    @Override
    public HardwareExit interrupt() {
        HardwareExit exit = leave(SvmExit.of(ExitCode.INTR));
        // Nobody may emulate anything for this exit, and the run may stop here.
        copyGuestToBelieved();
        return exit;
    }

    /** #VMEXIT, then VMSAVE; what TLB_CONTROL asked for has been done. */
    private HardwareExit leave(SvmExit exit) {
        mode.leave(real, exit);
        processor.does(Deed.VMEXIT);
        if (exit.code() == ExitCode.INVALID) {
            throw new IllegalStateException(
                    "VMRUN refuses: " + mode.refusal(HOST).orElse("nothing"));
        }
        monitor.does(Deed.VMSAVE);
        SaveArea.saveMore(real, vmcb);
        vmcb.write(TLB_CONTROL, 0);
        lastExit = Optional.of(exit);
        return describe(exit);
    }

    private HardwareExit describe(SvmExit exit) {
        Kind kind = switch (exit.code()) {
            case IOIO -> Kind.PORT;
            case HLT -> Kind.HALT;
            case SHUTDOWN -> Kind.SHUTDOWN;
            case INTR -> Kind.INTERRUPT;
            case VINTR -> Kind.WINDOW;
            case NPF -> Kind.MEMORY;
            case EXCP -> exit.index() == Fault.PAGE_FAULT ? Kind.MEMORY : Kind.OTHER;
            case CR_WRITE -> exit.index() == 8 ? Kind.TASK_PRIORITY : Kind.OTHER;
            default -> Kind.OTHER;
        };
        return new HardwareExit(
                kind,
                kind == Kind.PORT ? port(exit.info1()) : PortAccess.NONE,
                kind == Kind.MEMORY ? memory(exit) : MemoryAccess.NONE,
                report(exit));
    }

    private MemoryAccess memory(SvmExit exit) {
        boolean write = (exit.info1() & 2) != 0;
        boolean delivering = (vmcb.read(EXITINTINFO) & Vmcb.VALID) != 0;
        if (exit.code() == ExitCode.NPF) {
            return new MemoryAccess(exit.info2(), write, delivering, true);
        }
        copyGuestToBelieved();
        return new MemoryAccess(PageFaults.physical(believed, exit.info2()), write, delivering, false);
    }

    /** APM 2, IOIO Intercepts: EXITINFO1. */
    private static PortAccess port(long info) {
        return new PortAccess(
                (int) (info >>> 16) & 0xFFFF, (int) (info >>> 4) & 7, (info & 1) != 0, (info & 1 << 2) != 0);
    }

    /** An exit as it is watched: beside EXITINFO1 a port, an address or a vector. */
    private static Event.Exit report(SvmExit exit) {
        long detail = switch (exit.code()) {
            case IOIO -> exit.info1() >>> 16 & 0xFFFF;
            case NPF -> exit.info2();
            case EXCP -> exit.index() == Fault.PAGE_FAULT ? exit.info2() : exit.index();
            case INVLPG, SWINT -> exit.info1();
            default -> exit.index();
        };
        return new Event.Exit("vmexit", exit.reason(), exit.number(), exit.info1(), detail, "", 0);
    }

    @Override
    public void answer() {
        lastExit.ifPresentOrElse(answers::answer, this::emulate);
    }

    @Override
    public List<PageWalk> walks(long linear, int access) {
        return memory.walks(linear, access, real, new PageWalk.Nested(mode::memoryOver, PageWalk.Format.LONG));
    }

    @Override
    public void emulate() {
        monitor.does(Deed.EMULATE_INSTRUCTION);
        prepareEmulation();
        believed.step();
        copyBelievedToGuest();
    }

    @Override
    public void prepareEmulation() {
        copyGuestToBelieved();
        memory.beforeEmulation();
    }

    /**
     * Does for the guest what it was left in the middle of, and could not have done by itself: the delivery of an interrupt or exception,
     * or else an instruction.
     */
    void performForGuest() {
        long event = vmcb.read(EXITINTINFO);
        if (isByInstruction(event)) {
            emulate();
            return;
        }
        monitor.does(Deed.EMULATE_DELIVERY);
        prepareEmulation();
        int vector = (int) event & 0xFF;
        if (isNonMaskable(event)) {
            believed.events().nonMaskable(believed);
        } else if (isException(event)) {
            int code = (int) (event >>> Vmcb.ERROR_CODE_SHIFT);
            boolean coded = (event & Vmcb.ERROR_CODE_VALID) != 0;
            Fault fault = vector == Fault.PAGE_FAULT
                    ? Fault.page(believed.system.cr2, code)
                    : coded ? Fault.of(vector, code) : Fault.of(vector);
            believed.events().fault(believed, fault);
        } else {
            believed.events().external(believed, vector);
        }
        copyBelievedToGuest();
    }

    private static boolean isNonMaskable(long event) {
        return (event >>> Vmcb.TYPE_SHIFT & 7) == NON_MASKABLE;
    }

    private static boolean isException(long event) {
        return (event >>> Vmcb.TYPE_SHIFT & 7) == 3;
    }

    /** No event at all, or one of INT n, INT3 or INTO: the guest's RIP is at the instruction, which can run again. */
    private static boolean isByInstruction(long event) {
        int vector = (int) event & 0xFF;
        boolean software = (event >>> Vmcb.TYPE_SHIFT & 7) == 4
                || isException(event) && (vector == Fault.BREAKPOINT || vector == Fault.OVERFLOW);
        return (event & Vmcb.VALID) == 0 || software;
    }

    @Override
    public void copyGuestToBelieved() {
        if (mode.isInside()) {
            SaveArea.save(real, vmcb);
            SaveArea.saveMore(real, vmcb);
        }
        SystemState b = believed.system;
        long taskPriority = b.cr8;
        boolean nmiBlocked = b.nmiBlocked;
        MemoryVirtualization.Control had = MemoryVirtualization.Control.of(b);
        b.restore(real.system.save());
        SaveArea.load(believed, vmcb);
        SaveArea.loadMore(believed, vmcb);
        b.cr8 = taskPriority;
        b.nmiBlocked = nmiBlocked;
        b.efer &= ~SystemState.SVME;
        b.cr4 = had.cr4();
        if (vmcb.intercepts(ExitCode.CR_READ, 0)) {
            // The guest sees another CR0 than the processor's, and each change of it leaves.
            b.cr0 = had.cr0();
        }
        memory.believe(b, had);
        believed.pagingChanged();
    }

    /** What emulation has changed becomes guest state, with EFER.SVME as VMRUN wants it. */
    private void copyBelievedToGuest() {
        SystemState b = believed.system;
        SystemState r = real.system;
        MemoryVirtualization.Control had = MemoryVirtualization.Control.of(r);
        r.restore(b.save());
        r.cr0 = b.cr0 & ~CACHING;
        memory.disguise(r, had);
        r.efer |= SystemState.SVME;
        r.activity = Activity.ACTIVE;
        SaveArea.save(real, vmcb);
        SaveArea.saveMore(real, vmcb);
        vmcb.intercept(ExitCode.IRET, 0, b.nmiBlocked);
        boolean hidden = r.cr0 != b.cr0;
        vmcb.intercept(ExitCode.CR_READ, 0, hidden);
        vmcb.intercept(ExitCode.CR_WRITE, 0, hidden);
        if (had.cr0() != r.cr0 || had.cr3() != r.cr3 || had.cr4() != r.cr4 || had.efer() != r.efer) {
            vmcb.write(TLB_CONTROL, flush);
        }
    }

    @Override
    public boolean interruptFlag() {
        return (vmcb.read(RFLAGS) & SystemState.INTERRUPT) != 0;
    }

    @Override
    public boolean takesInterrupts() {
        return interruptFlag() && !isHeldOff() && (vmcb.read(EVENTINJ) & Vmcb.VALID) == 0;
    }

    @Override
    public boolean takesNonMaskable() {
        return !believed.system.nmiBlocked && !isHeldOff() && (vmcb.read(EVENTINJ) & Vmcb.VALID) == 0;
    }

    /** APM 2, Event Injection: the processor does not count it as an NMI of its own, so that IRET must be seen. */
    @Override
    public void injectNonMaskable() {
        monitor.does(Deed.INJECT_NMI);
        vmcb.write(EVENTINJ, Vmcb.VALID | NON_MASKABLE << Vmcb.TYPE_SHIFT | Fault.NON_MASKABLE);
        believed.system.nmiBlocked = true;
        vmcb.intercept(ExitCode.IRET, 0, true);
    }

    /** While the guest handles an NMI, its IRET is what it is left for. */
    @Override
    public void nonMaskableWindow(boolean wanted) {
        if (wanted) {
            monitor.does(Deed.OPEN_NMI_WINDOW);
        }
        watching = wanted;
    }

    @Override
    public void initialize() {
        monitor.does(Deed.INITIALIZE_PROCESSOR);
        prepareEmulation();
        believed.events().initialize(believed);
        vmcb.write(EVENTINJ, 0);
        copyBelievedToGuest();
    }

    @Override
    public void injectInterrupt(int vector) {
        monitor.does(Deed.INJECT_INTERRUPT, vector);
        vmcb.write(EVENTINJ, vector | Vmcb.VALID);
    }

    /** A virtual interrupt that shall never arrive: its intercept says when it could. */
    @Override
    public void interruptWindow(boolean wanted) {
        if (wanted) {
            monitor.does(Deed.OPEN_INTERRUPT_WINDOW);
        }
        vmcb.intercept(ExitCode.VINTR, 0, wanted);
        vmcb.set(V_INTR, Vmcb.V_IRQ | Vmcb.V_INTR_PRIO | Vmcb.V_IGN_TPR, wanted);
    }

    /** The exception that caused the exit is the guest's: it is injected, with what the processor left to the monitor to set. */
    void reflect(SvmExit exit) {
        reflect(exit.index(), exit.info1(), exit.info2());
    }

    @Override
    public void injectGeneralProtection() {
        reflect(Fault.GENERAL_PROTECTION, 0, 0);
    }

    private void reflect(int vector, long code, long address) {
        monitor.does(Deed.REFLECT_EXCEPTION, vector);
        if (vector == Fault.PAGE_FAULT) {
            vmcb.write(CR2, address);
        }
        boolean coded = vector == Fault.DOUBLE_FAULT
                || vector >= Fault.INVALID_TSS && vector <= Fault.PAGE_FAULT
                || vector == Fault.ALIGNMENT_CHECK;
        vmcb.write(
                EVENTINJ,
                vector
                        | 3 << Vmcb.TYPE_SHIFT
                        | (coded ? Vmcb.ERROR_CODE_VALID | code << Vmcb.ERROR_CODE_SHIFT : 0)
                        | Vmcb.VALID);
    }

    /**
     * An exit that hit while an event was being delivered, and whose cause is out of the way now: the event is injected again, unless its
     * instruction runs again.
     */
    void redeliver() {
        long event = vmcb.read(EXITINTINFO);
        if (!isByInstruction(event)) {
            monitor.does(Deed.REINJECT_EVENT);
            vmcb.write(EVENTINJ, event);
        }
    }

    /**
     * A page fault that the guest's tables do not know of is filled in, and whatever met it is tried again; others are the guest's own. What can
     * not be filled in is done for the guest.
     */
    void answerPageFault(SvmExit exit) {
        long event = vmcb.read(EXITINTINFO);
        boolean delivering = (event & Vmcb.VALID) != 0;
        if (delivering && (!isException(event) || (event & 0xFF) == Fault.DEBUG)) {
            // The page fault has set it for its own sake.
            vmcb.set(RFLAGS, SystemState.RESUME, resuming);
        }
        prepareEmulation();
        monitor.does(Deed.WALK_GUEST_TABLES, exit.info2());
        try {
            if (memory.fill(exit.info2(), (int) exit.info1() & PageFaults.ACCESS)) {
                monitor.does(Deed.FILL_SHADOW_ENTRY, exit.info2());
                redeliver();
            } else {
                performForGuest();
            }
        } catch (Fault fault) {
            if (delivering) {
                performForGuest();
            } else {
                reflect(Fault.PAGE_FAULT, fault.errorCode(), fault.address());
            }
        }
    }

    @Override
    public void mapAll() {
        memory.mapAll();
    }

    @Override
    public void markOutside(long physical) {
        memory.markOutside(physical);
    }

    @Override
    public boolean map(long page, int frame, boolean writable) {
        boolean mapped = memory.map(page, frame, writable);
        forgetFrames();
        return mapped;
    }

    @Override
    public void unmap(long page) {
        memory.unmap(page);
        forgetFrames();
    }

    @Override
    public void forgetTranslations() {
        real.memory.flush(true);
        believed.memory.flush(true);
    }

    private void forgetFrames() {
        real.memory.forgetFrames();
        believed.memory.forgetFrames();
    }

    @Override
    public boolean isRam(long physical) {
        return answers.isRam(physical);
    }

    /** Both processors and the tables' bookkeeping; VMCB, maps and tables are in RAM. */
    record Saved(
            Registers.State registers,
            SystemState.State believed,
            SystemState.State real,
            Tlb.State tlb,
            Tlb.State believedTlb,
            MemoryVirtualization.State memory,
            boolean watching,
            boolean inside)
            implements State {}

    @Override
    public State save() {
        return new Saved(
                real.registers.save(),
                believed.system.save(),
                real.system.save(),
                real.memory.tlb().save(),
                believed.memory.tlb().save(),
                memory.save(),
                watching,
                mode.isInside());
    }

    @Override
    public void restore(State saved) {
        Saved state = (Saved) saved;
        real.registers.restore(state.registers);
        believed.system.restore(state.believed);
        believed.memory.tlb().restore(state.believedTlb);
        believed.stateReplaced();
        real.system.restore(state.real);
        real.memory.tlb().restore(state.tlb);
        memory.restore(state.memory);
        watching = state.watching;
        mode.restore(state.inside, HOST);
        real.stateReplaced();
    }
}
