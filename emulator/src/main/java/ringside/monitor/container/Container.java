package ringside.monitor.container;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.image.GuestImage;
import ringside.image.LinuxProgram;
import ringside.machine.Machine;
import ringside.mmu.Tlb;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Monitor;
import ringside.probe.Inspection;
import ringside.probe.Probe;

/** Programs on the host's own kernel: their instructions run as they are in ring 3, and what leaves is a system call or a fault. */
public final class Container implements Monitor {
    /** Linux's 64-bit TSS ends with an I/O map that allows nothing; here the limit alone says so. */
    private static final int TSS_LIMIT = 0x66;

    private static final int BUSY_TSS = 0x8B;

    private final Machine machine;
    private final Cpu cpu;
    private final HostKernel kernel;
    private Optional<Ending> ending = Optional.empty();

    public Container(GuestProcessor guest, GuestImage image, LinuxProgram program, Probe probe) {
        machine = guest.machine();
        Cpu started = guest.cpu();
        cpu = new Cpu(
                started.registers,
                started.system,
                new Cpu.Parts(
                                started.memory.physical(),
                                machine.ports(),
                                machine.clock(),
                                guest.code(),
                                KernelEntry.SYSTEM_CALLS,
                                new Boundary() {
                                    @Override
                                    public boolean cross(Cpu crossing) {
                                        if (crossing.system.pendingDebug != 0) {
                                            throw Fault.debug();
                                        }
                                        return false;
                                    }

                                    @Override
                                    public boolean isWaiting(Cpu crossing) {
                                        return false;
                                    }
                                },
                                KernelEntry.TO_KERNEL)
                        .with(machine.localApic()));
        cpu.system.cpl = 3;
        cpu.system.gdtrBase = KernelSpace.DESCRIPTORS;
        cpu.system.gdtrLimit = KernelSpace.LIMIT;
        cpu.system.tr.load(0x40, 0, TSS_LIMIT, BUSY_TSS);
        String name = image.name().replaceFirst("\\.asm$", "");
        kernel = new HostKernel(cpu, machine.serial(), probe, name.isEmpty() ? "program" : name, program);
    }

    @Override
    public void run(long until) {
        while (machine.clock().now() < until && ending.isEmpty()) {
            runTask(until);
            settle();
        }
    }

    /** What will run next is on the processor, so that it can be looked at. */
    private void settle() {
        while (ending.isEmpty() && !kernel.schedule()) {
            waitOrEnd();
        }
    }

    private void runTask(long until) {
        long from = machine.clock().now();
        try {
            kernel.returnsToProgram();
            cpu.run(Math.min(until, kernel.sliceEnd()));
            kernel.ran(machine.clock().now() - from);
        } catch (KernelEntry entry) {
            kernel.ran(machine.clock().now() - from);
            entry.fault().ifPresentOrElse(kernel::fault, kernel::systemCall);
        }
    }

    private void waitOrEnd() {
        OptionalInt status = kernel.exitStatus();
        long wake = kernel.nextWake();
        if (status.isPresent()) {
            ending = Optional.of(new Ending(Ending.Kind.EXITED, status.getAsInt()));
        } else if (wake == Long.MAX_VALUE) {
            ending = Optional.of(Ending.of(Ending.Kind.IDLE));
        } else {
            machine.clock().skipTo(wake);
        }
    }

    @Override
    public Optional<Ending> ending() {
        return ending;
    }

    /** The kernel's processes, namespaces and control groups. */
    @Override
    public Map<String, Supplier<Inspection>> inspections() {
        return Map.of("container", kernel::told);
    }

    @Override
    public Machine machine() {
        return machine;
    }

    @Override
    public Cpu real() {
        return cpu;
    }

    @Override
    public Cpu believed() {
        return cpu;
    }

    private record Saved(
            Machine.State machine,
            Registers.State registers,
            SystemState.State system,
            Tlb.State tlb,
            KernelState kernel,
            Optional<Ending> ending)
            implements State {}

    @Override
    public State save() {
        return new Saved(
                machine.save(),
                cpu.registers.save(),
                cpu.system.save(),
                cpu.memory.tlb().save(),
                kernel.save(),
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
        kernel.restore(saved.kernel);
        ending = saved.ending;
    }
}
