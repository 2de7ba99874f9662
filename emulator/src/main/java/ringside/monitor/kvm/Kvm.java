package ringside.monitor.kvm;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import ringside.bus.DirectMemory;
import ringside.bus.InterruptController;
import ringside.bus.PortBus;
import ringside.cpu.Cpu;
import ringside.device.LocalApic;
import ringside.image.GuestImage;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.monitor.Options;
import ringside.monitor.Options.Irqchip;
import ringside.monitor.hardware.EmulatedMemory;
import ringside.monitor.hardware.Hardware;
import ringside.monitor.hardware.HardwareProcessor;
import ringside.monitor.hardware.OnHardware;
import ringside.probe.Actor;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/** A guest under KVM: guest mode, the kernel that answers first, and the user-space monitor behind its ioctl calls. */
public final class Kvm implements OnHardware {
    private final Machine machine;
    private final Host host;
    private final HardwareProcessor vcpu;
    private final KvmKernel kernel;
    private final KvmUserspace userspace;

    private Kvm(
            GuestProcessor guest, Host host, HardwareProcessor vcpu, KvmKernel kernel, Options options, Probe probe) {
        this.machine = guest.machine();
        this.host = host;
        this.vcpu = vcpu;
        this.kernel = kernel;
        this.userspace = new KvmUserspace(
                kernel,
                machine,
                host,
                options.irqchip(),
                new InterruptChips(machine, options.irqchip()),
                guest.cpu(),
                new Actor(probe, "kvm-user"));
        kernel.onEvent(userspace::event);
        if (options.irqchip() == Irqchip.SPLIT) {
            machine.localApic().onEndOfInterrupt(kernel::endOfInterrupt);
        }
        machine.onExitRequest(vcpu.real()::leave);
        machine.schedule().onNearer(time -> vcpu.real().leave());
    }

    /** With a guest that sees the hardware alone. @param hardware on which KVM runs */
    public static Kvm start(GuestImage image, Options options, Hardware hardware, Probe probe) {
        return start(image, options, hardware, PlainGuest::new, probe);
    }

    /** With what KVM offers to guests that know it. */
    public static Kvm startParavirtual(GuestImage image, Options options, Hardware hardware, Probe probe) {
        return start(image, options, hardware, Paravirtual::new, probe);
    }

    private static Kvm start(
            GuestImage image, Options options, Hardware hardware, GuestInterface.Offer offer, Probe probe) {
        KvmRun shared = new KvmRun();
        Actor monitor = new Actor(probe, "kvm-kernel");
        Emulation emulation = new Emulation(options, shared, offer, image.memory(), monitor);
        GuestProcessor guest = GuestProcessor.load(image, hardware.memory(image.memory()), emulation, emulation, probe);
        Machine machine = guest.machine();
        Host host = new Host(machine);
        HardwareProcessor vcpu = hardware.processor(guest, machine.ports(), monitor);
        KernelPorts ports = new KernelPorts(machine.ports(), options.irqchip(), shared);
        KvmKernel kernel = new KvmKernel(
                machine,
                host,
                monitor,
                new InterruptChips(machine, options.irqchip()),
                vcpu,
                ports,
                emulation.memory.orElseThrow(),
                emulation.offered,
                shared);
        return new Kvm(guest, host, vcpu, kernel, options, probe);
    }

    /** How the processor that KVM emulates on is connected: its ports and memory are the kernel's view, and nothing interrupts it. */
    private static final class Emulation implements GuestProcessor.Wiring, GuestProcessor.Extension {
        private final Options options;
        private final KvmRun shared;
        private final GuestInterface.Offer offer;
        private final long guestBytes;
        private final Actor kernel;
        private Optional<EmulatedMemory> memory = Optional.empty();
        private Optional<LocalApic> apicInKernel = Optional.empty();
        private GuestInterface offered = GuestInterface.NONE;

        Emulation(Options options, KvmRun shared, GuestInterface.Offer offer, long guestBytes, Actor kernel) {
            this.kernel = kernel;
            this.options = options;
            this.shared = shared;
            this.offer = offer;
            this.guestBytes = guestBytes;
        }

        @Override
        public Cpu.Parts extend(Cpu.Parts parts, InterruptController controller) {
            DirectMemory direct = new DirectMemory(parts.physical().ram(), guestBytes);
            offered = offer.make(parts.clock(), direct, apicInKernel, kernel);
            return offered.extend(parts);
        }

        @Override
        public PortBus ports(Machine machine) {
            return new KernelPorts(machine.ports(), options.irqchip(), shared).bus();
        }

        @Override
        public PhysicalMemory memory(Machine machine) {
            InterruptChips chips = new InterruptChips(machine, options.irqchip());
            apicInKernel = chips.isLocalApicInKernel() ? Optional.of(machine.localApic()) : Optional.empty();
            EmulatedMemory emulated =
                    new EmulatedMemory(GuestProcessor.Wiring.super.memory(machine), chips::isInKernel);
            memory = Optional.of(emulated);
            return emulated;
        }

        @Override
        public InterruptController interrupts(Machine machine) {
            return InterruptController.NONE;
        }
    }

    @Override
    public void run(long until) {
        userspace.run(until);
    }

    @Override
    public Optional<Ending> ending() {
        return host.ending();
    }

    @Override
    public Machine machine() {
        return machine;
    }

    @Override
    public HardwareProcessor virtualProcessor() {
        return vcpu;
    }

    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        Map<String, Supplier<Inspection>> all = new HashMap<>(vcpu.inspections());
        all.put("ioctl", () -> userspace.log().told());
        return all;
    }

    /** The pages that kernel and user space share. */
    public KvmRun shared() {
        return kernel.shared();
    }

    /** What user space has asked of KVM. */
    public IoctlLog log() {
        return userspace.log();
    }

    private record Saved(
            Machine.State machine,
            Host.State host,
            HardwareProcessor.State vcpu,
            KvmKernel.State kernel,
            KvmUserspace.State userspace)
            implements State {}

    @Override
    public State save() {
        return new Saved(machine.save(), host.save(), vcpu.save(), kernel.save(), userspace.save());
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        machine.restore(saved.machine);
        host.restore(saved.host);
        vcpu.restore(saved.vcpu);
        kernel.restore(saved.kernel);
        userspace.restore(saved.userspace);
    }
}
