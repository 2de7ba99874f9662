package ringside.monitor.paravirtual;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import ringside.cpu.Cpu;
import ringside.cpu.DebugRegisters;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.image.XenKernel;
import ringside.machine.Machine;
import ringside.machine.MachineConfig;
import ringside.memory.PhysicalMemory;
import ringside.mmu.Paging;
import ringside.mmu.Tlb;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Monitor;
import ringside.monitor.PageWalk;
import ringside.monitor.paravirtual.VirtualCpu.Handler;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/**
 * The hypervisor: it lets the domain's instructions run at ring 1 or 3, answers what enters it, and gives the guest its events when it
 * goes back.
 */
public final class Xen implements Monitor {
    private static final String ANSWERED_BY = "xen";
    private static final String TRAP = "xen-trap";

    /** The vector of the local timer: Xen, asm-x86/irq-vectors.h. */
    private static final int TIMER_VECTOR = 0xFA;

    private static final int R11 = 11;

    private final Machine machine;
    private final Cpu cpu;
    private final Probe probe;
    private final Actor processor;
    private final Actor self;
    private final Domains domains;
    private final HypercallEntry hypercalls;
    private final XenDomain guest;

    /** The domain that has the processor. */
    private XenDomain current;

    /** The one at a ring that has entered Xen, or goes back to its guest. */
    private Domain domain;

    private Optional<Ending> ending = Optional.empty();

    /** A machine with one domain, whose console ends in a model of domain 0's daemon. */
    public Xen(GuestProcessor processor, XenKernel kernel, Probe probe) {
        this(processor, kernel, Optional.empty(), probe);
    }

    /** A machine with a domain, and maybe a domain 0 beside it, which serves its devices. */
    public Xen(GuestProcessor guest, XenKernel kernel, Optional<XenKernel> kernel0, Probe watcher) {
        this(
                guest,
                Optional.of(kernel),
                Optional.empty(),
                kernel0,
                guest.machine().config().guestFrames(),
                watcher);
    }

    /**
     * A machine with a domain on virtualizing hardware, and domain 0 beside it, where its device model is.
     *
     * @param runsOn what the domain runs on
     * @param firstFrame of those that are Xen's: {@link #hvmMemory}
     */
    public Xen(GuestProcessor runsOn, HardwareDomain guest, XenKernel kernel0, int firstFrame, Probe watcher) {
        this(runsOn, Optional.empty(), Optional.of(guest), Optional.of(kernel0), firstFrame, watcher);
    }

    /**
     * @param kernel of a domain at a ring
     * @param hardware a domain that is none
     */
    private Xen(
            GuestProcessor runsOn,
            Optional<XenKernel> kernel,
            Optional<HardwareDomain> hardware,
            Optional<XenKernel> kernel0,
            int firstFrame,
            Probe watcher) {
        machine = runsOn.machine();
        probe = kernel0.isPresent() ? watcher.in(this::domain) : watcher;
        processor = Actor.processor(probe);
        self = new Actor(probe, ANSWERED_BY);
        cpu = new Cpu(
                runsOn.cpu().registers,
                new SystemState(),
                new Cpu.Parts(
                        PhysicalMemory.direct(machine.ram(), machine.ram().frames()),
                        machine.ports(),
                        machine.clock(),
                        runsOn.code(),
                        XenEntry.SYSTEM_CALLS,
                        XenEntry.DEBUG_TRAPS,
                        XenEntry.TO_XEN));
        FrameTable frames = hardware.map(own -> own.own().table()).orElseGet(() -> FrameTable.of(machine.config()));
        domains = new Domains(machine, cpu, runsOn.code(), frames, probe);
        hypercalls = new HypercallEntry(cpu, self);
        machine.schedule().onNearer(time -> cpu.leave());
        kernel0.ifPresent(there -> domains.expects(Domain.ZERO));
        int pages = machine.config().frames();
        int space = (int) (memory((long) machine.config().guestFrames() << 12) >>> 12);
        Optional<Domain> atRing =
                kernel.map(there -> build(Domain.GUEST, new Domain.Place(0, pages, firstFrame), there));
        guest = atRing.<XenDomain>map(made -> made).or(() -> hardware).orElseThrow();
        hardware.ifPresent(made -> made.joins(domains, firstFrame + space));
        int next = atRing.isPresent() ? firstFrame + space : firstFrame;
        Optional<Domain> domain0 = kernel0.map(there -> addDomain0(there, next));
        domain = domain0.or(() -> atRing).orElseThrow();
        domains.console(domain0.<ConsoleEnd>map(made -> new XenConsole(made, machine))
                .orElseGet(() -> new ConsoleDaemon(domain, machine, probe)));
        current = domains.current();
    }

    private Domain build(int id, Domain.Place place, XenKernel kernel) {
        Domain made = domains.add(id, place, kernel.bits() == 64 ? Abi.X86_64 : Abi.X86_32);
        made.runsOn(new RingProcessor(made, until -> runAtRing(made, until), () -> giveEvents(made)));
        new DomainBuilder(made, kernel).build();
        return made;
    }

    /** Domain 0 comes beside the other one, which waits until it is let go on. @param space first frame of what Xen keeps for domain 0 */
    private Domain addDomain0(XenKernel kernel, int space) {
        guest.pause();
        int pages = machine.config().frames();
        Domain made =
                build(Domain.ZERO, new Domain.Place(pages, machine.config().guestFrames() - pages, space), kernel);
        hardwareFrames(made);
        return made;
    }

    /** Domain 0 may look up whose page a frame is: those of a domain on hardware lead to the pages of their numbers when it starts. */
    private void hardwareFrames(Domain domain0) {
        guest.hardware().ifPresent(domain -> {
            for (int frame = 0; frame < domain.mostFrames(); frame++) {
                domain0.space().physical(frame, frame);
            }
        });
    }

    /** The processor on which domains run at a ring. */
    public Cpu ring() {
        return cpu;
    }

    /** The domain that the user has given, at a ring. */
    Domain guest() {
        return domains.find(Domain.GUEST).orElseThrow();
    }

    Domains domains() {
        return domains;
    }

    /** RAM that Xen needs beside a guest's, in bytes. */
    public static long memory(long guestMemory) {
        return XenSpace.size(guestMemory);
    }

    /** The same beside a guest on virtualizing hardware and a domain 0. @param guestMemory of both */
    public static long hvmMemory(long guestMemory) {
        return memory(guestMemory) + ((long) IoreqServers.frames() << 12);
    }

    /** The machine that a guest and a domain 0 need. */
    public static MachineConfig machine(long guestMemory, long memory0) {
        return new MachineConfig(guestMemory, memory0, 2 * memory(guestMemory + memory0));
    }

    /** Is there room for the kernel and what a domain is built of? */
    public static boolean holds(XenKernel kernel, long memory) {
        return DomainBuilder.fits(kernel, memory);
    }

    // The loop.

    @Override
    public void run(long until) {
        while (machine.clock().now() < until && ending.isEmpty()) {
            try {
                if (current.isRunning() && !entersByEvent()) {
                    long due = Math.min(domains.sliceEnd(), machine.schedule().next());
                    hypercalls.forget();
                    current.processor().run(Math.min(until, due));
                }
            } catch (DomainCrash crash) {
                end(crash);
            }
            while (!isSettled()) {}
        }
    }

    private void end(DomainCrash crash) {
        probe.event(new Event.Exit("domain-crash", crash.why().name(), 0, 0, 0, ANSWERED_BY, 0));
        self.does(Deed.CRASH_DOMAIN);
        current.vcpu().crashed = true;
        current.shutdown();
    }

    /** Has all happened that was due? A domain that cannot take its event ends, and others may go on. */
    private boolean isSettled() {
        try {
            settle();
            return true;
        } catch (DomainCrash crash) {
            end(crash);
            return false;
        }
    }

    /** A domain that has just got the processor finds its events first. */
    private boolean entersByEvent() {
        return domains.takeEntered() && current.processor().givesEvents();
    }

    private void runAtRing(Domain at, long until) {
        domain = at;
        self.does(Deed.RETURN_TO_GUEST);
        try {
            cpu.run(until);
        } catch (XenEntry entry) {
            answer(entry);
            domain.spend();
            giveEvents(domain);
        }
    }

    /** What is due happens; a domain that waits does so until something comes for it. */
    private void settle() {
        serveTimers();
        while (ending.isEmpty() && !schedules()) {
            XenDomain first = domain0().filter(XenDomain::isDown).orElse(guest);
            if (first.isDown()) {
                ending = Optional.of(ending(first));
            } else if (canWake()) {
                machine.clock()
                        .skipTo(Math.max(
                                machine.clock().now(), machine.schedule().next()));
                serveTimers();
            } else {
                ending = Optional.of(Ending.of(Ending.Kind.IDLE));
            }
        }
    }

    /** Who goes on; false where nobody can, or nobody may, as the machine is domain 0's. */
    private boolean schedules() {
        boolean goesOn = domain0().filter(XenDomain::isDown).isEmpty() && domains.schedule(hypercalls.leftAt());
        current = domains.current();
        return goesOn;
    }

    /** Will anything end a domain's wait? */
    private boolean canWake() {
        return domains.console().endsWait()
                || domains.all().stream()
                        .anyMatch(each ->
                                each.timers().endWait() || each.processor().canWake());
    }

    private Optional<XenDomain> domain0() {
        return guest.find(Domain.ZERO);
    }

    private static Ending ending(XenDomain ended) {
        return ended.vcpu().crashed
                ? Ending.of(Ending.Kind.CRASH)
                : ended.processor().ending().orElse(Ending.of(Ending.Kind.SHUTDOWN));
    }

    private void serveTimers() {
        long now = machine.clock().now();
        if (machine.schedule().next() > now) {
            return;
        }
        boolean ours = domains.console().isDue(now)
                || domains.all().stream().anyMatch(each -> each.timers().isDue(now));
        if (ours && current.isRunning()) {
            processor.does(Deed.INTERRUPT_ENTRY, TIMER_VECTOR);
            probe.event(new Event.Exit(TRAP, "EXTERNAL_INTERRUPT", TIMER_VECTOR, 0, 0, ANSWERED_BY, 0));
        }
        self.does(Deed.SERVE_TIMERS);
        machine.schedule().fire(now);
        if (ours) {
            current.processor().givesEvents();
        }
    }

    /** On the way back to the guest: an event that it takes now. @return whether there is one */
    private boolean giveEvents(Domain at) {
        domain = at;
        if (domain.isRunning() && givesNonMaskable()) {
            return true;
        }
        boolean takes = domain.isRunning() && domain.hasUpcall();
        if (takes) {
            self.does(Deed.BOUNCE_EVENT);
            bounce(domain.vcpu().event, -1, "interrupt", "EVENT_UPCALL", 0);
        }
        return takes;
    }

    /** Xen, x86_64/entry.S: process_nmi. Where the guest has no handler, the NMI is gone. */
    private boolean givesNonMaskable() {
        VirtualCpu vcpu = domain.vcpu();
        if (!vcpu.nonMaskable || vcpu.nonMaskableMasked) {
            return false;
        }
        vcpu.nonMaskable = false;
        Handler handler = vcpu.traps[Fault.NON_MASKABLE];
        if (handler.address() == 0) {
            return false;
        }
        vcpu.nonMaskableMasked = true;
        self.does(Deed.BOUNCE_TRAP, Fault.NON_MASKABLE);
        bounce(handler, -1, "interrupt", "NON_MASKABLE_INTERRUPT", Fault.NON_MASKABLE);
        return true;
    }

    private void bounce(Handler handler, int errorCode, String kind, String name, int vector) {
        domain.bounce().to(handler, errorCode);
        cpu.system.pendingDebug = 0;
        machine.clock().tickDelivery();
        probe.event(new Event.Delivery(kind, name, vector, errorCode));
    }

    // What enters Xen.

    private void answer(XenEntry entry) {
        processor.does(entry.deed(), entry.vector());
        switch (entry.way()) {
            case SYSCALL -> systemCall();
            case SYSENTER -> sysenter();
            case SOFTWARE -> software(entry.vector());
            case FAULT -> fault(entry.fault().orElseThrow());
        }
    }

    private void systemCall() {
        if (!domain.abi().is64() || !cpu.is64Bit()) {
            report(TRAP, "SYSCALL", 0, 0, 0);
            fromProgram(domain.vcpu().systemCall32, Fault.invalidOpcode());
            return;
        }
        domain.bounce().flatten();
        if (domain.vcpu().kernel) {
            hypercall();
        } else {
            report(TRAP, "SYSCALL", 0, 0, 0);
            fromProgram(domain.vcpu().systemCall, Fault.invalidOpcode());
        }
    }

    private void sysenter() {
        report(TRAP, "SYSENTER", 0, 0, 0);
        domain.bounce().forget();
        if (domain.vcpu().sysenter.address() == 0) {
            deliver(Fault.generalProtection(0));
        } else {
            call(domain.vcpu().sysenter);
        }
    }

    /** SYSCALL goes on at the kernel's callback; without one it is as if there was no such instruction. */
    private void fromProgram(Handler callback, Fault without) {
        if (callback.address() == 0) {
            deliver(without);
            return;
        }
        long next = behind();
        if (domain.abi().is64()) {
            cpu.registers.set(Registers.RCX, next);
            cpu.registers.set(R11, cpu.flags() & ~(long) SystemState.RESUME);
        }
        cpu.registers.rip(next);
        call(callback);
        cpu.flags(0, Registers.DIRECTION);
    }

    private void call(Handler callback) {
        self.does(Deed.BOUNCE_SYSTEM_CALL);
        domain.bounce().to(callback);
        machine.clock().tick();
    }

    private long behind() {
        return HypercallEntry.behind(cpu);
    }

    private void report(String kind, String reason, int number, long qualification, long detail) {
        probe.event(new Event.Exit(kind, reason, number, qualification, detail, ANSWERED_BY, 0));
    }

    private void hypercall() {
        hypercalls.perform(domain).ifPresent(this::deliver);
    }

    // Interrupts by instruction.

    private void software(int vector) {
        if (vector == XenEntry.HYPERCALL_VECTOR) {
            hypercall();
            return;
        }
        self.does(Deed.HANDLE_TRAP, vector);
        String name = vector == XenEntry.DIRECT_VECTOR ? "SOFTWARE_INTERRUPT" : Fault.name(vector);
        report(TRAP, name, vector, 0, 0);
        if (vector == XenEntry.DIRECT_VECTOR && !mayRaise(vector)) {
            deliver(Fault.generalProtection(vector * 8 + 2));
        } else {
            softwareTo(vector);
        }
    }

    private boolean mayRaise(int vector) {
        int ring = domain.inKernel() ? domain.vcpu().assists(Domain.ARCHITECTURAL_IOPL) ? 0 : 1 : 3;
        Handler handler = domain.vcpu().traps[vector];
        return handler.address() != 0 && handler.ring() >= ring;
    }

    private void softwareTo(int vector) {
        self.does(Deed.BOUNCE_TRAP, vector);
        cpu.registers.rip(behind());
        domain.bounce().to(domain.vcpu().traps[vector]);
        machine.clock().tick();
    }

    // Faults.

    private void fault(Fault fault) {
        int code = fault.hasErrorCode() ? fault.errorCode() : 0;
        self.does(Deed.HANDLE_TRAP, fault.vector());
        report(TRAP, Fault.name(fault.vector()), fault.vector(), code, fault.address());
        try {
            Outcome outcome = switch (fault.vector()) {
                case Fault.PAGE_FAULT -> pageFault(fault);
                case Fault.GENERAL_PROTECTION -> generalProtection(code);
                case Fault.INVALID_OPCODE -> performed(tells(ForcedEmulation.perform(domain), Deed.EMULATE_FORCED, 0));
                default -> Outcome.DELIVER;
            };
            switch (outcome) {
                case PERFORMED -> completed();
                case GOES_ON -> {}
                case DELIVER -> deliver(fault);
            }
        } catch (Fault another) {
            deliver(another);
        }
    }

    /** What Xen makes of a fault. */
    private enum Outcome {
        /** The instruction has been performed. */
        PERFORMED,
        /** The guest goes on where it is: the instruction again, or a handler. */
        GOES_ON,
        /** The fault is the guest's. */
        DELIVER
    }

    /** @return the same: whether Xen has really done it */
    private boolean tells(boolean really, Deed deed, long detail) {
        if (really) {
            self.does(deed, detail);
        }
        return really;
    }

    private static Outcome performed(boolean really) {
        return really ? Outcome.PERFORMED : Outcome.DELIVER;
    }

    /** Xen has performed an instruction of the guest's. */
    private void completed() {
        if (cpu.registers.trap()) {
            cpu.system.pendingDebug |= SystemState.DR6_SINGLE_STEP;
        }
        machine.clock().tick();
        cpu.attend();
    }

    private Outcome pageFault(Fault fault) {
        long offset = fault.address() - XenSpace.LDT;
        if (offset >= 0 && offset < 0x1_0000) {
            boolean maps = DescriptorCalls.mapLocalTable(domain, offset);
            return tells(maps, Deed.MAP_DESCRIPTORS, fault.address()) ? Outcome.GOES_ON : localTableFault(offset);
        }
        int store = Paging.PROTECTION | Paging.WRITE_ACCESS;
        boolean isStore = (fault.errorCode() & (store | Paging.RESERVED_BIT | Paging.FETCH_ACCESS)) == store;
        return performed(isStore
                && domain.inKernel()
                && domain.vcpu().assists(Domain.WRITABLE_PAGETABLES)
                && tells(domain.writableTables().perform(fault), Deed.EMULATE_TABLE_WRITE, fault.address()));
    }

    /** A page of the guest's descriptors cannot be used: the guest's fault, at its own address of them. */
    private Outcome localTableFault(long offset) {
        deliver(Fault.page(domain.abi().truncate(domain.vcpu().localTable + offset), 0));
        return Outcome.GOES_ON;
    }

    private Outcome generalProtection(int code) {
        if ((code & 2) != 0 && (code & 1) == 0) {
            int vector = code >>> 3;
            if (mayRaise(vector)) {
                softwareTo(vector);
                return Outcome.GOES_ON;
            }
            return Outcome.DELIVER;
        }
        return performed(code == 0 && tells(domain.emulation().perform(), Deed.EMULATE_PRIVILEGED, 0));
    }

    /** The guest has the fault: its own handler goes on. */
    private void deliver(Fault fault) {
        int code = fault.hasErrorCode() ? fault.errorCode() : -1;
        if (fault.vector() == Fault.PAGE_FAULT) {
            domain.faultAddress(fault.address());
            code = domain.inKernel() ? code & ~Paging.USER_ACCESS : code | Paging.USER_ACCESS;
        } else if (fault.vector() == Fault.DEBUG) {
            DebugRegisters.record(cpu.system);
        } else if (fault.vector() == Fault.DEVICE_NOT_AVAILABLE) {
            domain.taskSwitched(false);
        }
        self.does(Deed.BOUNCE_TRAP, fault.vector());
        bounce(domain.vcpu().traps[fault.vector()], code, "fault", Fault.name(fault.vector()), fault.vector());
    }

    // What a monitor says.

    @Override
    public Optional<Ending> ending() {
        return ending;
    }

    @Override
    public String domain() {
        return domains.areSeveral() ? current == guest ? "domU" : "dom0" : "";
    }

    /** What Xen keeps of all domains, and shares with them. */
    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        return Map.of("xen", () -> XenText.of(domains.all()));
    }

    @Override
    public Machine machine() {
        return machine;
    }

    @Override
    public Cpu real() {
        return current.processor().real();
    }

    /** A domain's tables hold machine addresses, and the processor walks them as they are. */
    @Override
    public List<PageWalk> walks(long linear, int access) {
        return List.of(PageWalk.of(PageWalk.Tables.DIRECT, real(), linear, access));
    }

    @Override
    public Cpu believed() {
        return current.processor().believed();
    }

    @Override
    public Cpu believed(String name) {
        return (name.equals("dom0") ? domain0().orElse(guest) : guest)
                .processor()
                .believed();
    }

    private record Saved(
            Machine.State machine,
            Registers.State registers,
            SystemState.State system,
            Tlb.State tlb,
            Domains.State domains,
            ConsoleEnd.State typed,
            Optional<Ending> ending)
            implements State {}

    @Override
    public State save() {
        return new Saved(
                machine.save(),
                cpu.registers.save(),
                cpu.system.save(),
                cpu.memory.tlb().save(),
                domains.save(),
                domains.console().save(),
                ending);
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        machine.restore(saved.machine);
        cpu.registers.restore(saved.registers);
        cpu.system.restore(saved.system);
        cpu.memory.tlb().restore(saved.tlb);
        cpu.stateReplaced();
        domains.restore(saved.domains);
        current = domains.current();
        domains.console().restore(saved.typed);
        ending = saved.ending;
    }
}
