package ringside.monitor;

import ringside.bus.InterruptController;
import ringside.bus.PortBus;
import ringside.cpu.Cpu;
import ringside.cpu.Gate;
import ringside.cpu.GuestBoundary;
import ringside.cpu.Interception;
import ringside.cpu.InterruptTable;
import ringside.cpu.Registers;
import ringside.cpu.StepCache;
import ringside.cpu.SystemState;
import ringside.cpu.instruction.InstructionSet;
import ringside.image.GuestImage;
import ringside.image.Segment;
import ringside.image.StartState;
import ringside.machine.Machine;
import ringside.machine.MachineConfig;
import ringside.memory.PhysicalMemory;
import ringside.probe.Probe;

/**
 * A machine with the processor that its guest believes in, ready to run: what every monitor starts from.
 *
 * @param machine the machine around it
 * @param cpu the processor, with the guest's own interrupt table and its view of memory, in the state that the image asks for
 * @param code decoded instructions, shared by all processors of the machine
 */
public record GuestProcessor(Machine machine, Cpu cpu, StepCache code) {
    /**
     * Builds a machine, loads the image and sets the start state.
     *
     * @param monitorMemory RAM for the monitor above the guest's, in bytes
     */
    public static GuestProcessor load(GuestImage image, long monitorMemory, Wiring wiring, Probe probe) {
        return load(image, monitorMemory, wiring, PLAIN, probe);
    }

    /** A processor that has nothing more. */
    public static final Extension PLAIN = (parts, controller) -> parts;

    /** What a processor has beyond the usual: other parts. */
    @FunctionalInterface
    public interface Extension {
        Cpu.Parts extend(Cpu.Parts parts, InterruptController controller);
    }

    /** The same with a processor that has more. */
    public static GuestProcessor load(
            GuestImage image, long monitorMemory, Wiring wiring, Extension extension, Probe probe) {
        return load(image, new MachineConfig(image.memory(), monitorMemory), wiring, extension, probe);
    }

    /** The same in a machine that is larger than the guest needs. */
    public static GuestProcessor load(
            GuestImage image, MachineConfig config, Wiring wiring, Extension extension, Probe probe) {
        Machine machine = new Machine(config);
        StepCache code = new StepCache(machine.ram(), InstructionSet.decoder(), InstructionSet.behaviours());
        SystemState system = new SystemState();
        Cpu cpu = new Cpu(
                new Registers(),
                system,
                extension.extend(
                        new Cpu.Parts(
                                        wiring.memory(machine),
                                        wiring.ports(machine),
                                        machine.clock(),
                                        code,
                                        Gate.RINGS,
                                        new GuestBoundary(wiring.interrupts(machine)),
                                        new InterruptTable(Interception.NONE, probe))
                                .with(machine.localApic()),
                        wiring.interrupts(machine)));
        machine.localApic().onTaskPriority(priority -> {
            if (!cpu.virtualization().keepsTaskPriority()) {
                system.cr8 = priority;
            }
        });
        for (Segment segment : image.segments()) {
            machine.ram().load(segment.address(), segment.bytes());
        }
        start(cpu, image.start());
        return new GuestProcessor(machine, cpu, code);
    }

    /** How the processor is connected to its machine. */
    public interface Wiring {
        PortBus ports(Machine machine);

        /** What its physical addresses reach: the guest's RAM and its devices, and nothing of its monitor's. */
        default PhysicalMemory memory(Machine machine) {
            return machine.guestMemory();
        }

        /** Who may interrupt the processor between instructions. */
        InterruptController interrupts(Machine machine);
    }

    /** As on a PC: the machine's ports and interrupt controllers. */
    public static final Wiring DIRECT = new Wiring() {
        @Override
        public PortBus ports(Machine machine) {
            return machine.ports();
        }

        @Override
        public InterruptController interrupts(Machine machine) {
            return machine.interrupts();
        }
    };

    /** The machine's ports; interrupts are injected by other means. */
    public static final Wiring WITHOUT_INTERRUPTS = new Wiring() {
        @Override
        public PortBus ports(Machine machine) {
            return machine.ports();
        }

        @Override
        public InterruptController interrupts(Machine machine) {
            return InterruptController.NONE;
        }
    };

    private static void start(Cpu cpu, StartState start) {
        SystemState s = cpu.system;
        for (int i = 0; i < start.general().size(); i++) {
            cpu.registers.set(i, start.general().get(i));
        }
        for (int i = 0; i < start.segments().size(); i++) {
            s.segments[i].restore(start.segments().get(i));
        }
        s.tr.restore(start.tr());
        s.ldtr.restore(start.ldtr());
        s.cr0 = start.cr0();
        s.cr3 = start.cr3();
        s.cr4 = start.cr4();
        s.efer = start.efer();
        s.gdtrBase = start.gdtr().base();
        s.gdtrLimit = start.gdtr().limit();
        s.idtrBase = start.idtr().base();
        s.idtrLimit = start.idtr().limit();
        cpu.registers.rip(start.rip());
        cpu.flags(start.rflags(), -1L);
        cpu.stateReplaced();
    }
}
