package ringside.monitor.bare;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.cpu.Virtualization;
import ringside.machine.Machine;
import ringside.mmu.Tlb;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Host;
import ringside.monitor.Monitor;

/** The bare machine: the processor that the guest believes in is the real one, and nobody answers anything. */
public final class Bare implements Monitor {
    private final Machine machine;
    private final Host host;
    private final Cpu cpu;

    public Bare(GuestProcessor guest) {
        machine = guest.machine();
        host = new Host(machine);
        cpu = guest.cpu();
        machine.onExitRequest(cpu::leave);
        machine.schedule().onNearer(time -> cpu.leave());
        machine.interrupts().onChange(cpu::attend);
    }

    @Override
    public void run(long until) {
        while (machine.clock().now() < until && host.ending().isEmpty()) {
            cpu.run(host.deadline(until));
            host.attend(cpu);
        }
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
    public Cpu real() {
        return cpu;
    }

    @Override
    public Cpu believed() {
        return cpu;
    }

    private record Saved(
            Machine.State machine,
            Host.State host,
            Registers.State registers,
            SystemState.State system,
            Tlb.State tlb,
            Virtualization.State virtualization)
            implements State {}

    @Override
    public State save() {
        return new Saved(
                machine.save(),
                host.save(),
                cpu.registers.save(),
                cpu.system.save(),
                cpu.memory.tlb().save(),
                cpu.virtualization().save());
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        machine.restore(saved.machine);
        host.restore(saved.host);
        cpu.registers.restore(saved.registers);
        cpu.system.restore(saved.system);
        cpu.memory.tlb().restore(saved.tlb);
        cpu.virtualization().restore(saved.virtualization);
        cpu.stateReplaced();
    }
}
