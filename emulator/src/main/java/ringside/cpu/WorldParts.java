package ringside.cpu;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/** The parts of a processor that is a hypervisor's and its guest's by turns: the host's while it is the host's, the guest's inside. */
public final class WorldParts implements PhysicalMemory, Gate, Boundary, EventReceiver {
    private final BooleanSupplier inside;
    private final Cpu.Parts host;
    private final Cpu.Parts guest;
    private final Boundary boundary;

    private WorldParts(BooleanSupplier inside, Cpu.Parts host, Cpu.Parts guest, Boundary boundary) {
        this.inside = inside;
        this.host = host;
        this.guest = guest;
        this.boundary = boundary;
    }

    /**
     * A processor of both.
     *
     * @param inside whether it is the guest's now
     * @param boundary of both
     * @param virtualization what switches
     */
    public static Cpu.Parts of(
            BooleanSupplier inside, Cpu.Parts host, Cpu.Parts guest, Boundary boundary, Virtualization virtualization) {
        var both = new WorldParts(inside, host, guest, boundary);
        return new Cpu.Parts(
                both, host.ports(), host.clock(), host.code(), both, both, both, virtualization, host.apic());
    }

    private Cpu.Parts now() {
        return inside.getAsBoolean() ? guest : host;
    }

    @Override
    public Ram ram() {
        return host.physical().ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        return now().physical().frame(physical, use, linear);
    }

    @Override
    public long readOutside(long physical, int size) {
        return now().physical().readOutside(physical, size);
    }

    @Override
    public void writeOutside(long physical, int size, long value) {
        now().physical().writeOutside(physical, size, value);
    }

    @Override
    public void admit(Cpu cpu, Step step, long operand) {
        now().gate().admit(cpu, step, operand);
    }

    @Override
    public void requireExistence(Step step) {
        now().gate().requireExistence(step);
    }

    @Override
    public boolean returnUnblocks() {
        return now().gate().returnUnblocks();
    }

    @Override
    public boolean cross(Cpu cpu) {
        return boundary.cross(cpu);
    }

    @Override
    public boolean isWaiting(Cpu cpu) {
        return boundary.isWaiting(cpu);
    }

    @Override
    public void fault(Cpu cpu, Fault fault) {
        now().events().fault(cpu, fault);
    }

    @Override
    public void software(Cpu cpu, int vector, Software kind) {
        now().events().software(cpu, vector, kind);
    }

    @Override
    public void external(Cpu cpu, int vector) {
        now().events().external(cpu, vector);
    }

    @Override
    public void nonMaskable(Cpu cpu) {
        now().events().nonMaskable(cpu);
    }

    @Override
    public void initialize(Cpu cpu) {
        now().events().initialize(cpu);
    }

    @Override
    public void taskSwitch(Cpu cpu, TaskSwitch.Cause cause, int selector, Optional<Delivery> during) {
        now().events().taskSwitch(cpu, cause, selector, during);
    }
}
