package ringside.cpu.svm;

import java.util.Optional;
import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.Delivery;
import ringside.cpu.EventReceiver;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Step;
import ringside.cpu.TaskSwitch;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/** The parts of a processor that switches worlds: the host's while it is the host, the guest's in guest mode. */
final class WorldParts implements PhysicalMemory, Gate, Boundary, EventReceiver {
    private final GuestMode mode;
    private final Cpu.Parts host;
    private final Boundary boundary;

    /** @param boundary of both worlds */
    WorldParts(GuestMode mode, Cpu.Parts host, Boundary boundary) {
        this.mode = mode;
        this.host = host;
        this.boundary = boundary;
    }

    @Override
    public Ram ram() {
        return host.physical().ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        return (mode.isInside() ? mode.memory() : host.physical()).frame(physical, use, linear);
    }

    @Override
    public long readOutside(long physical, int size) {
        return host.physical().readOutside(physical, size);
    }

    @Override
    public void writeOutside(long physical, int size, long value) {
        host.physical().writeOutside(physical, size, value);
    }

    @Override
    public void admit(Cpu cpu, Step step, long operand) {
        (mode.isInside() ? mode.gate() : host.gate()).admit(cpu, step, operand);
    }

    @Override
    public boolean cross(Cpu cpu) {
        return boundary.cross(cpu);
    }

    @Override
    public boolean isWaiting(Cpu cpu) {
        return boundary.isWaiting(cpu);
    }

    private EventReceiver events() {
        return mode.isInside() ? mode.events() : host.events();
    }

    @Override
    public void fault(Cpu cpu, Fault fault) {
        events().fault(cpu, fault);
    }

    @Override
    public void software(Cpu cpu, int vector, Software kind) {
        events().software(cpu, vector, kind);
    }

    @Override
    public void external(Cpu cpu, int vector) {
        events().external(cpu, vector);
    }

    @Override
    public void nonMaskable(Cpu cpu) {
        events().nonMaskable(cpu);
    }

    @Override
    public void taskSwitch(Cpu cpu, TaskSwitch.Cause cause, int selector, Optional<Delivery> during) {
        events().taskSwitch(cpu, cause, selector, during);
    }
}
