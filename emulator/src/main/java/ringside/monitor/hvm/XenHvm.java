package ringside.monitor.hvm;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import ringside.bus.InterruptController;
import ringside.bus.PortBus;
import ringside.cpu.Cpu;
import ringside.image.GuestImage;
import ringside.machine.Machine;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.monitor.Options;
import ringside.monitor.hardware.EmulatedMemory;
import ringside.monitor.hardware.Hardware;
import ringside.monitor.hardware.HardwareProcessor;
import ringside.monitor.hardware.OnHardware;
import ringside.monitor.hvm.XenDevices.Emulated;
import ringside.monitor.paravirtual.HardwareDomain;
import ringside.monitor.paravirtual.PhysicalMap;
import ringside.probe.Actor;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/**
 * A domain of Xen's on virtualizing hardware, whose guest is as it would be on a machine of its own (HVM). All of its memory is there from the start, as
 * Xen's domain builder populates it; behind the hardware's own frames lies the page that Xen shares with the device model.
 */
public final class XenHvm implements OnHardware {
    /** What Xen needs for a domain, in bytes, at the end of the machine's memory: what it keeps of it, and the page of requests. */
    static final long MEMORY = (long) (HardwareDomain.FRAMES + 1) * Ram.FRAME_SIZE;

    private final Machine machine;
    private final Host host;
    private final HardwareProcessor vcpu;
    private final HardwareDomain domain;
    private final Xen xen;

    private XenHvm(Machine machine, Host host, HardwareProcessor vcpu, HardwareDomain domain, Xen xen) {
        this.machine = machine;
        this.host = host;
        this.vcpu = vcpu;
        this.domain = domain;
        this.xen = xen;
        vcpu.mapAll();
        machine.onExitRequest(() -> {
            vcpu.believed().leave();
            vcpu.real().leave();
        });
        machine.schedule().onNearer(time -> vcpu.real().leave());
        machine.interrupts().onChange(vcpu.real()::leave);
    }

    /**
     * A guest that believes in a PC of its own.
     *
     * @param hardware on which Xen runs
     * @param instruction by which this hardware calls its hypervisor
     */
    public static XenHvm start(GuestImage image, Hardware hardware, Options.Virtualization instruction, Probe probe) {
        return start(image, hardware, new Emulation(Emulated.PC, instruction, probe), probe);
    }

    /**
     * A guest that was made for such a domain, and starts by PVH: without a device model, and without devices but the local APIC.
     *
     * @param image of {@link ringside.image.PvhImage}
     */
    public static XenHvm startPvh(
            GuestImage image, Hardware hardware, Options.Virtualization instruction, Probe probe) {
        return start(image, hardware, new Emulation(Emulated.LOCAL_APIC, instruction, probe), probe);
    }

    /** Behind the hardware's own frames are those that Xen keeps for the domain, and the page of requests. */
    private static XenHvm start(GuestImage image, Hardware hardware, Emulation emulation, Probe probe) {
        long own = hardware.memory(image.memory()) + MEMORY;
        GuestProcessor guest = GuestProcessor.load(image, own, emulation, emulation, probe);
        Machine machine = guest.machine();
        Host host = new Host(machine);
        Actor self = new Actor(probe, "xen");
        HardwareProcessor vcpu = hardware.processor(guest, machine.ports(), self);
        IoRequestPage page = new IoRequestPage(machine.ram(), machine.config().allFrames() - 1, probe);
        HardwareDomain domain = emulation.made().domain();
        domain.runsOn(vcpu);
        DeviceModel deviceModel =
                emulation.isPc() ? new BuiltInDeviceModel(machine, page, new Actor(probe, "dom0")) : DeviceModel.NONE;
        Xen xen = new Xen(machine, host, self, vcpu, deviceModel, emulation.made());
        return new XenHvm(machine, host, vcpu, domain, xen);
    }

    /** How the processor that Xen emulates on is connected: its ports and memory are Xen's view, and nothing interrupts it. */
    static final class Emulation implements GuestProcessor.Wiring, GuestProcessor.Extension {
        private final Emulated emulated;
        private final Options.Virtualization instruction;
        private final Probe probe;
        private Optional<Xen.Parts> parts = Optional.empty();

        /** @param instruction by which the guest makes hypercalls */
        Emulation(Emulated emulated, Options.Virtualization instruction, Probe probe) {
            this.emulated = emulated;
            this.instruction = instruction;
            this.probe = probe;
        }

        private boolean isPc() {
            return emulated == Emulated.PC;
        }

        /** What was made when the processor was connected. */
        Xen.Parts made() {
            return parts.orElseThrow();
        }

        private Xen.Parts parts(Machine machine) {
            Xen.Parts made = parts.orElseGet(() -> make(machine));
            parts = Optional.of(made);
            return made;
        }

        private Xen.Parts make(Machine machine) {
            XenDevices devices = new XenDevices(machine, emulated);
            PhysicalMap map =
                    new PhysicalMap(machine.guestMemory(), machine.config().frames());
            int first = machine.config().allFrames() - 1 - HardwareDomain.FRAMES;
            HardwareDomain domain = new HardwareDomain(machine, map, first, devices::claims, isPc(), isPc(), probe);
            return new Xen.Parts(
                    devices,
                    new XenPorts(machine.ports(), devices),
                    map,
                    new EmulatedMemory(map, physical -> devices.claims(physical) || map.isReadOnly(physical)),
                    domain);
        }

        @Override
        public Cpu.Parts extend(Cpu.Parts plain, InterruptController controller) {
            return parts.map(made -> plain.with(new XenInterface(made.domain(), instruction)))
                    .orElse(plain);
        }

        @Override
        public PortBus ports(Machine machine) {
            return parts(machine).ports().bus();
        }

        @Override
        public PhysicalMemory memory(Machine machine) {
            return parts(machine).memory();
        }

        @Override
        public InterruptController interrupts(Machine machine) {
            return InterruptController.NONE;
        }
    }

    @Override
    public void run(long until) {
        xen.run(until);
    }

    @Override
    public Optional<Ending> ending() {
        return xen.ending();
    }

    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        Map<String, Supplier<Inspection>> all = new HashMap<>(vcpu.inspections());
        all.put("xen", () -> xen.domain().inspection());
        return all;
    }

    @Override
    public Machine machine() {
        return machine;
    }

    @Override
    public HardwareProcessor virtualProcessor() {
        return vcpu;
    }

    private record Saved(
            Machine.State machine,
            Host.State host,
            HardwareProcessor.State vcpu,
            HardwareDomain.State domain,
            Xen.State xen)
            implements State {}

    @Override
    public State save() {
        return new Saved(machine.save(), host.save(), vcpu.save(), domain.save(), xen.save());
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        machine.restore(saved.machine);
        host.restore(saved.host);
        vcpu.restore(saved.vcpu);
        domain.restore(saved.domain);
        xen.restore(saved.xen);
    }
}
