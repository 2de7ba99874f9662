package ringside.monitor.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState.Activity;
import ringside.device.LocalApic;
import ringside.machine.Machine;
import ringside.monitor.Host;
import ringside.monitor.hardware.EmulatedMemory;
import ringside.monitor.hardware.EmulatedMemory.Access;
import ringside.monitor.hardware.HardwareExit;
import ringside.monitor.hardware.HardwareExit.PortAccess;
import ringside.monitor.hardware.HardwareProcessor;
import ringside.monitor.hardware.PortStrings;
import ringside.probe.Actor;
import ringside.probe.Deed;
import ringside.probe.Event;

/**
 * KVM in the host's kernel: the loop inside KVM_RUN. It answers most exits itself; ports and memory without a device in the kernel, HLT without
 * a local APIC in the kernel, and a triple fault are for user space: then KVM_RUN returns.
 */
final class KvmKernel implements KvmApi {
    private final Machine machine;
    private final Host host;
    private final Actor self;
    private final InterruptChips chips;
    private final HardwareProcessor vcpu;
    private final KernelPorts ports;
    private final EmulatedMemory memory;
    private final GuestInterface offered;
    private final KvmRun shared;

    /** The instruction that user space has done its part of, and that the next KVM_RUN completes. */
    private boolean completing;

    /** Iterations of the same string instruction that come next without entering the guest. */
    private Further further = Further.NONE;

    private record Further(PortAccess access, int count) {
        static final Further NONE = new Further(PortAccess.NONE, 0);
    }

    /** What KVM_IOEVENTFD has asked for. */
    private final List<IoEvent> events = new ArrayList<>();

    private Consumer<IoEvent> onEvent = event -> {};

    /** KVM_NMI, until it is injected. */
    private final NonMaskableQueue nonMaskable;

    /** The vector of KVM_INTERRUPT, until it is injected; -1 where there is none. */
    private int queued = -1;

    /** The vector of a level-triggered interrupt whose end user space has not been told yet; -1 where there is none. */
    private int endedVector = -1;

    KvmKernel(
            Machine machine,
            Host host,
            Actor self,
            InterruptChips chips,
            HardwareProcessor vcpu,
            KernelPorts ports,
            EmulatedMemory memory,
            GuestInterface offered,
            KvmRun shared) {
        this.machine = machine;
        this.host = host;
        this.self = self;
        this.chips = chips;
        this.nonMaskable = new NonMaskableQueue(chips.local());
        this.vcpu = vcpu;
        this.ports = ports;
        this.memory = memory;
        this.offered = offered;
        this.shared = shared;
    }

    @Override
    public String leaves() {
        return offered.leaves();
    }

    @Override
    public KvmRun shared() {
        return shared;
    }

    /** Names the thread of user space that waits for events: it works beside KVM_RUN. */
    void onEvent(Consumer<IoEvent> listener) {
        onEvent = listener;
    }

    @Override
    public void ioEvent(IoEvent event, boolean assign) {
        events.remove(event);
        if (assign) {
            events.add(event);
        }
    }

    @Override
    public void interrupt(int vector) {
        self.does(Deed.QUEUE_INTERRUPT, vector);
        queued = vector;
        vcpu.believed().system.activity = Activity.ACTIVE;
    }

    @Override
    public void nonMaskable() {
        self.does(Deed.QUEUE_NMI);
        nonMaskable.raise();
        vcpu.believed().system.activity = Activity.ACTIVE;
    }

    @Override
    public boolean hasNonMaskable() {
        return nonMaskable.isRaised();
    }

    @Override
    public void initialize() {
        nonMaskable.takeNonMaskable();
        reset();
    }

    private void reset() {
        vcpu.initialize();
        offered.initialize();
        queued = -1;
        further = Further.NONE;
    }

    @Override
    public Optional<KvmExit> run(long until) {
        if (completing) {
            self.does(Deed.COMPLETE_ACCESS);
            Optional<KvmExit> more = complete();
            if (more.isPresent()) {
                return more;
            }
        }
        while (machine.clock().now() < until && host.ending().isEmpty()) {
            if (isKicked()) {
                self.probe()
                        .event(new Event.Exit("signal", "INTR", KvmExit.KVM_EXIT_INTR.number(), 0, 0, "kvm-user", 0));
                return Optional.of(back(KvmExit.KVM_EXIT_INTR));
            }
            long before = machine.clock().now();
            giveEvents();
            if (vcpu.believed().system.activity != Activity.ACTIVE) {
                block();
                continue;
            }
            if (machine.clock().now() != before) {
                // An event was delivered, which has taken its time.
                host.serveDevices();
                continue;
            }
            if (goesOn()) {
                goOn();
                continue;
            }
            further = Further.NONE;
            if (!vcpu.isInside()) {
                offered.beforeEntry();
            }
            Optional<HardwareExit> exit = vcpu.run(host.deadline(until));
            if (exit.isEmpty() && isPhysicalInterrupt()) {
                exit = Optional.of(vcpu.interrupt());
            }
            if (exit.isPresent()) {
                offered.afterExit();
            }
            Optional<KvmExit> back = exit.flatMap(this::handle);
            if (back.isPresent()) {
                return back;
            }
            if (vcpu.believed().system.activity != Activity.ACTIVE) {
                block();
            }
        }
        return Optional.empty();
    }

    /** HLT in the kernel: until a device interrupts. */
    private void block() {
        self.does(Deed.BLOCK);
        host.attend(vcpu.believed());
    }

    /** User space has done its part; an instruction may ask for more than one access to memory. */
    private Optional<KvmExit> complete() {
        completing = false;
        if (shared.exitReason() == KvmExit.KVM_EXIT_MMIO.number()) {
            memory.answer(new Access(
                    shared.mmioAddress(),
                    shared.mmioLength(),
                    shared.mmioIsWrite(),
                    shared.mmioIsWrite() ? 0 : shared.mmioData()));
            Optional<KvmExit> more = askForMemory();
            if (more.isPresent()) {
                return more.map(this::back);
            }
        }
        emulate();
        memory.completed();
        return ended().map(this::back);
    }

    /** An I/O APIC in user space waits for the end of this vector's service. */
    void endOfInterrupt(int vector) {
        endedVector = vector;
    }

    private Optional<KvmExit> ended() {
        if (endedVector < 0) {
            return Optional.empty();
        }
        shared.endOfInterrupt(endedVector);
        endedVector = -1;
        return Optional.of(KvmExit.KVM_EXIT_IOAPIC_EOI);
    }

    private boolean isPhysicalInterrupt() {
        return machine.schedule().next() <= machine.clock().now();
    }

    /** An interrupt controller in user space that has a request sends the thread that is in KVM_RUN a signal, unless it has seen to that already. */
    private boolean isKicked() {
        return chips.userHasUnmaskable(hasNonMaskable())
                || chips.userRequests() && queued < 0 && !shared.requestsInterruptWindow();
    }

    private Optional<KvmExit> handle(HardwareExit exit) {
        exit.handledBy(self);
        Optional<KvmExit> back = forUserSpace(exit);
        self.probe().event(exit.answeredBy(back.isPresent() ? "kvm-user" : "kvm-kernel"));
        if (back.isEmpty() || isAnsweredFirst(exit.kind())) {
            vcpu.answer();
            memory.completed();
            offered.attend(vcpu.believed());
        }
        host.serveDevices();
        return back.or(this::ended).map(this::back);
    }

    /** What the kernel does before it returns to user space: HLT is skipped, the guest's state is kept. */
    private static boolean isAnsweredFirst(HardwareExit.Kind kind) {
        return switch (kind) {
            case HALT, SHUTDOWN, INTERRUPT, WINDOW, TASK_PRIORITY -> true;
            case PORT, MEMORY, OTHER -> false;
        };
    }

    /** Which exits KVM_RUN returns with; linux, arch/x86/kvm. */
    private Optional<KvmExit> forUserSpace(HardwareExit exit) {
        return switch (exit.kind()) {
            case PORT -> prepareIo(exit.port());
            case HALT -> chips.isLocalApicInKernel() ? Optional.empty() : Optional.of(KvmExit.KVM_EXIT_HLT);
            case SHUTDOWN -> Optional.of(KvmExit.KVM_EXIT_SHUTDOWN);
            case INTERRUPT -> chips.isNextForUserSpace() ? Optional.of(KvmExit.KVM_EXIT_INTR) : Optional.empty();
            case WINDOW ->
                shared.requestsInterruptWindow() ? Optional.of(KvmExit.KVM_EXIT_IRQ_WINDOW_OPEN) : Optional.empty();
            case MEMORY -> prepareMmio(exit);
            case TASK_PRIORITY -> lowersTaskPriority() ? Optional.of(KvmExit.KVM_EXIT_SET_TPR) : Optional.empty();
            case OTHER -> Optional.empty();
        };
    }

    /** A local APIC in user space may have an interrupt that was held back so far. */
    private boolean lowersTaskPriority() {
        if (chips.isLocalApicInKernel()) {
            return false;
        }
        vcpu.copyGuestToBelieved();
        Cpu believed = vcpu.believed();
        return Long.compareUnsigned(believed.peek().second.read(believed), believed.system.cr8) < 0;
    }

    private KvmExit back(KvmExit reason) {
        self.does(Deed.RETURN_TO_USER, reason.number());
        shared.report(vcpu.believed().system.cr8, machine.localApic().readMsr(LocalApic.IA32_APIC_BASE));
        shared.report(reason, vcpu.interruptFlag(), queued < 0 && vcpu.takesInterrupts() && !completing);
        return reason;
    }

    /** Fills in what user space must know of a port access; empty where a device in the kernel has the port. */
    private Optional<KvmExit> prepareIo(PortAccess access) {
        vcpu.prepareEmulation();
        Cpu believed = vcpu.believed();
        boolean inKernel = ports.isInKernel(access.port());
        int count = 1;
        int data = 0;
        try {
            if (access.string()) {
                if (PortStrings.isOver(believed)) {
                    return Optional.empty();
                }
                data = PortStrings.reach(believed, access);
                count = inKernel
                        ? ReadAhead.atOnce(believed, access)
                        : access.in() ? ReadAhead.readAhead(believed, access.size()) : 1;
            } else if (!access.in()) {
                data = (int) believed.registers.get(Registers.RAX, access.size());
            }
        } catch (Fault fault) {
            // The string operand faults: emulation in the kernel delivers that, and no port is touched.
            return Optional.empty();
        }
        further = new Further(access, count - 1);
        if (inKernel) {
            self.does(Deed.ACCESS_DEVICE, access.port());
            return Optional.empty();
        }
        self.does(Deed.FILL_RUN_PAGE, access.port());
        shared.io(!access.in(), access.port(), access.size(), count);
        shared.ioData(data);
        completing = true;
        return Optional.of(KvmExit.KVM_EXIT_IO);
    }

    private boolean goesOn() {
        boolean leaves = shared.requestsInterruptWindow() && vcpu.takesInterrupts();
        return further.count > 0 && !leaves && PortStrings.goesOn(vcpu.believed(), further.access);
    }

    /**
     * One more iteration without entering the guest. User space has sent all elements of INS ahead; here it reads each one when guest time has
     * come to it, so that the guest cannot tell it from the bare machine.
     */
    private void goOn() {
        PortAccess access = further.access;
        further = new Further(access, further.count - 1);
        if (!ports.isInKernel(access.port())) {
            try {
                PortStrings.reach(vcpu.believed(), access);
            } catch (Fault fault) {
                // The guest meets it itself.
                further = Further.NONE;
                return;
            }
            shared.nextIoData(machine.ports().read(access.port(), access.size()));
        }
        emulate();
    }

    private void emulate() {
        vcpu.emulate();
        host.serveDevices();
    }

    /**
     * Memory without RAM or a device in the kernel is user space's: it is asked for the accesses that the instruction makes there, one after
     * the other. Of what KVM gives up at (KVM_INTERNAL_ERROR: a fetch there, an event that is delivered there) this kernel does as the bare
     * machine.
     */
    private Optional<KvmExit> prepareMmio(HardwareExit exit) {
        if (vcpu.isRam(exit.memory().physical()) || exit.memory().delivery()) {
            return Optional.empty();
        }
        vcpu.markOutside(exit.memory().physical());
        vcpu.prepareEmulation();
        return askForMemory();
    }

    /** A write that user space waits for as an event is signalled to it, and KVM_RUN does not return. */
    private Optional<KvmExit> askForMemory() {
        Optional<Access> access = memory.next(vcpu.believed());
        while (access.isPresent() && isEvent(access.get())) {
            self.does(Deed.SIGNAL_EVENT, access.get().physical());
            onEvent.accept(eventOf(access.get()));
            memory.answer(access.get());
            access = memory.next(vcpu.believed());
        }
        access.ifPresent(a -> {
            self.does(Deed.FILL_RUN_PAGE, a.physical());
            shared.mmio(a.physical(), a.size(), a.write());
            shared.mmioData(a.value());
            completing = true;
        });
        return access.map(a -> KvmExit.KVM_EXIT_MMIO);
    }

    private boolean isEvent(Access access) {
        return access.write() && events.contains(eventOf(access));
    }

    private static IoEvent eventOf(Access access) {
        return new IoEvent(access.physical(), access.size(), access.value());
    }

    /** An interrupt of the kernel's controllers, or the one that user space has queued, is injected at the next entry. */
    private void giveEvents() {
        if (vcpu.isInside()) {
            return;
        }
        if (chips.isLocalApicInKernel() && chips.local().initialization()) {
            chips.local().takeInitialization();
            reset();
        }
        if (vcpu.giveUnmaskable(chips.isLocalApicInKernel() ? chips.local() : nonMaskable)) {
            further = Further.NONE;
        }
        boolean fromKernel = chips.kernelRequests();
        if (queued < 0 && !fromKernel) {
            vcpu.interruptWindow(shared.requestsInterruptWindow());
            return;
        }
        if (!vcpu.takesInterrupts()) {
            vcpu.interruptWindow(true);
            return;
        }
        further = Further.NONE;
        vcpu.injectInterrupt(queued >= 0 ? queued : chips.acknowledgeByKernel());
        vcpu.believed().system.activity = Activity.ACTIVE;
        queued = -1;
    }

    /** What of an emulation is still to be done, the queue of KVM_INTERRUPT, and the shared pages. */
    record State(
            boolean completing,
            EmulatedMemory.State memory,
            GuestInterface.State offered,
            List<IoEvent> events,
            Further further,
            int queued,
            boolean nonMaskable,
            int endedVector,
            Shared shared) {}

    /** The bytes of the shared pages. */
    static final class Shared {
        private final byte[] bytes;

        Shared(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Shared that && java.util.Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return java.util.Arrays.hashCode(bytes);
        }
    }

    State save() {
        return new State(
                completing,
                memory.save(),
                offered.keep(),
                List.copyOf(events),
                further,
                queued,
                nonMaskable.isRaised(),
                endedVector,
                new Shared(shared.bytes()));
    }

    void restore(State state) {
        completing = state.completing;
        memory.restore(state.memory);
        offered.bring(state.offered);
        events.clear();
        events.addAll(state.events);
        further = state.further;
        queued = state.queued;
        nonMaskable.restore(state.nonMaskable);
        endedVector = state.endedVector;
        shared.restore(state.shared.bytes);
    }
}
