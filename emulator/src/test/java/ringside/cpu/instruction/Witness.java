package ringside.cpu.instruction;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.EventReceiver;
import ringside.cpu.Fault;
import ringside.cpu.InterruptTable;

/** Keeps the fault of an instruction instead of delivering it; software interrupts go the usual way. */
final class Witness implements EventReceiver {
    private final InterruptTable table = new InterruptTable();
    private Optional<Fault> fault = Optional.empty();

    /** The fault since the last call. */
    Optional<Fault> take() {
        var taken = fault;
        fault = Optional.empty();
        return taken;
    }

    @Override
    public void fault(Cpu cpu, Fault seen) {
        fault = Optional.of(seen);
        cpu.clock.tickDelivery();
    }

    @Override
    public void software(Cpu cpu, int vector, Software kind) {
        table.software(cpu, vector, kind);
    }

    @Override
    public void external(Cpu cpu, int vector) {
        throw new AssertionError("nobody interrupts");
    }

    @Override
    public void nonMaskable(Cpu cpu) {
        throw new AssertionError("nobody interrupts");
    }

    @Override
    public void initialize(Cpu cpu) {
        throw new AssertionError("nobody interrupts");
    }
}
