package ringside.monitor.hvm;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import ringside.bus.InterruptController;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.image.GuestImage;
import ringside.image.XenKernel;
import ringside.machine.Machine;
import ringside.machine.MachineConfig;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.PageWalk;
import ringside.monitor.hardware.Hardware;
import ringside.monitor.hardware.HardwareProcessor;
import ringside.monitor.hvm.XenDevices.Emulated;
import ringside.monitor.paravirtual.DomainProcessor;
import ringside.monitor.paravirtual.HardwareDomain;
import ringside.probe.Actor;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/**
 * A domain on virtualizing hardware beside domain 0, whose kernel runs at a ring as kernels for Xen do, and whose code is the device model. They take
 * turns on one processor: while the device model works, the virtual processor that has asked it waits.
 */
public final class BesideDomain0 implements Monitor {
    private final Machine machine;
    private final Host host;
    private final HardwareProcessor vcpu;
    private final HardwareDomain domain;
    private final DeviceModel deviceModel;
    private final Xen hardware;
    private final ringside.monitor.paravirtual.Xen domains;
    private Optional<Ending> stopped = Optional.empty();

    private BesideDomain0(
            Machine machine,
            HardwareProcessor vcpu,
            Xen.Parts parts,
            ringside.monitor.paravirtual.Xen domains,
            Probe probe) {
        this.machine = machine;
        this.vcpu = vcpu;
        this.domains = domains;
        domain = parts.domain();
        host = new Host(machine, false);
        deviceModel = new GuestDeviceModel(domain, machine, probe);
        hardware = new Xen(machine, host, new Actor(probe, "xen"), vcpu, deviceModel, parts);
        domain.runsOn(vcpu);
        domain.isScheduledOn(new Processor());
        vcpu.mapAll();
        machine.schedule().onNearer(time -> {
            vcpu.real().leave();
            domains.ring().leave();
        });
        machine.interrupts().onChange(() -> {
            vcpu.real().leave();
            wake();
        });
    }

    /**
     * Builds both domains; domain 0 runs first.
     *
     * @param hardware on which Xen runs
     * @param instruction by which this hardware calls its hypervisor
     * @param kernel0 domain 0's
     * @param memory0 its memory, in bytes
     */
    public static BesideDomain0 start(
            GuestImage image,
            Hardware hardware,
            Options.Virtualization instruction,
            XenKernel kernel0,
            long memory0,
            Probe watcher) {
        long own = hardware.memory(image.memory());
        long guests = image.memory() + memory0;
        var config = new MachineConfig(
                image.memory(), memory0, own + ringside.monitor.paravirtual.Xen.hvmMemory(guests) + XenHvm.MEMORY);
        Turn turn = new Turn();
        Probe probe = watcher.in(turn::domain);
        var emulation = new XenHvm.Emulation(Emulated.PC, instruction, probe);
        GuestProcessor guest = GuestProcessor.load(image, config, emulation, emulation, probe);
        HardwareProcessor vcpu = hardware.processor(guest, guest.machine().ports(), new Actor(probe, "xen"));
        int first = config.guestFrames() + (int) (own >>> 12);
        HardwareDomain domain = emulation.made().domain();
        var domains = new ringside.monitor.paravirtual.Xen(guest, domain, kernel0, first, watcher);
        turn.domains = Optional.of(domains);
        return new BesideDomain0(guest.machine(), vcpu, emulation.made(), domains, probe);
    }

    /** Whose turn it is, once there are domains. */
    private static final class Turn {
        private Optional<Monitor> domains = Optional.empty();

        String domain() {
            return domains.map(Monitor::domain).orElse("");
        }
    }

    /** The virtual processor, as Xen's scheduler has it. */
    private final class Processor implements DomainProcessor {
        @Override
        public void run(long until) {
            hardware.run(until);
            if (hardware.isAsking()) {
                if (!deviceModel.isAnswered()) {
                    domain.waitsInXen();
                }
                return;
            }
            SystemState believed = vcpu.believed().system;
            if (domain.waits()) {
                return; // By a hypercall.
            }
            switch (believed.activity) {
                case ACTIVE -> {}
                case HALTED -> halted(believed.interruptFlag());
                case SHUTDOWN -> stop(Ending.Kind.TRIPLE_FAULT);
            }
        }

        private void halted(boolean interruptible) {
            if (isWoken(interruptible)) {
                return;
            }
            if (interruptible || machine.schedule().canInterrupt(false)) {
                domain.halts();
            } else {
                stop(Ending.Kind.HALT);
            }
        }

        private boolean isWoken(boolean interruptible) {
            InterruptController requests = machine.interrupts();
            return interruptible && domain.interrupts().pending()
                    || requests.nonMaskable() && vcpu.takesNonMaskable()
                    || requests.initialization();
        }

        private void stop(Ending.Kind how) {
            stopped = Optional.of(Ending.of(how));
            domain.stops();
        }

        @Override
        public boolean givesEvents() {
            return false;
        }

        @Override
        public void entered() {
            vcpu.real().stateReplaced();
            vcpu.believed().stateReplaced();
        }

        @Override
        public void leaving() {
            hardware.leave();
        }

        @Override
        public boolean canWake() {
            return domain.waits() && machine.schedule().canInterrupt(domain.takesInterrupts());
        }

        @Override
        public Optional<Ending> ending() {
            return stopped;
        }

        @Override
        public Cpu real() {
            return vcpu.real();
        }

        @Override
        public Cpu believed() {
            if (vcpu.isInside()) {
                vcpu.copyGuestToBelieved();
            }
            return vcpu.believed();
        }
    }

    /** An interrupt ends a halt. */
    private void wake() {
        InterruptController requests = machine.interrupts();
        if (requests.pending() || requests.nonMaskable() || requests.initialization()) {
            domain.interrupted();
        }
    }

    @Override
    public void run(long until) {
        domains.run(until);
    }

    @Override
    public Optional<Ending> ending() {
        return domains.ending();
    }

    @Override
    public String domain() {
        return domains.domain();
    }

    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        Map<String, Supplier<Inspection>> all = new HashMap<>(vcpu.inspections());
        all.putAll(domains.inspections());
        return all;
    }

    @Override
    public Machine machine() {
        return machine;
    }

    @Override
    public Cpu real() {
        return domains.real();
    }

    @Override
    public Cpu believed() {
        return domains.believed();
    }

    @Override
    public Cpu believed(String name) {
        return domains.believed(name);
    }

    @Override
    public List<PageWalk> walks(long linear, int access) {
        Cpu now = believed();
        return now == vcpu.believed() ? vcpu.walks(linear, access) : domains.walks(linear, access);
    }

    private record Saved(
            Monitor.State domains,
            Host.State host,
            HardwareProcessor.State vcpu,
            Xen.State hardware,
            Optional<Ending> stopped)
            implements State {
        @Override
        public Machine.State machine() {
            return domains.machine();
        }
    }

    @Override
    public State save() {
        return new Saved(domains.save(), host.save(), vcpu.save(), hardware.save(), stopped);
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        domains.restore(saved.domains);
        host.restore(saved.host);
        vcpu.restore(saved.vcpu);
        hardware.restore(saved.hardware);
        stopped = saved.stopped;
    }
}
