package ringside.monitor.kvm;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/**
 * Guest-physical memory as KVM's emulator sees it: RAM, and outside of it what user space has answered in the shared page.
 *
 * <p>What user space must be asked for is found by rehearsing the instruction, and putting back what that has changed. (Linux's emulator
 * stops at the access, and runs again with the answer in a cache: x86.c, emulator_read_write, struct read_cache.)
 */
final class EmulatedMemory implements PhysicalMemory {
    private final PhysicalMemory inner;
    private final KvmRun shared;

    private boolean rehearsing;
    private Optional<Access> first = Optional.empty();
    private final Map<Integer, byte[]> before = new HashMap<>();

    /**
     * An access outside of RAM.
     *
     * @param size 1 to 8 bytes, all in one page
     * @param value what is written; 0 for a read
     */
    record Access(long physical, int size, boolean write, long value) {}

    EmulatedMemory(PhysicalMemory inner, KvmRun shared) {
        this.inner = inner;
        this.shared = shared;
    }

    /** The first access outside of RAM that the next instruction will make; empty where it makes none, or only its fetch does. */
    Optional<Access> firstOutside(Cpu cpu) {
        Registers.State registers = cpu.registers.save();
        SystemState.State system = cpu.system.save();
        first = Optional.empty();
        before.clear();
        cpu.memory.flush(true);
        try {
            cpu.peek();
            rehearsing = true;
            cpu.performOnly();
        } catch (Fault fault) {
            // Whatever the instruction meets, it has made its accesses up to there.
        } finally {
            rehearsing = false;
            before.forEach((frame, bytes) -> ram().load((long) frame << 12, bytes));
            cpu.registers.restore(registers);
            cpu.system.restore(system);
            cpu.stateReplaced();
        }
        return first;
    }

    @Override
    public Ram ram() {
        return inner.ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        int frame = inner.frame(physical, use, linear);
        boolean writes = use == Use.WRITE || use == Use.WALK_WRITE;
        if (rehearsing && writes && frame != NONE) {
            before.computeIfAbsent(frame, f -> ram().readable(f).clone());
        }
        return frame;
    }

    @Override
    public long readOutside(long physical, int size) {
        note(new Access(physical, size, false, 0));
        return isAnswered(physical, size) ? shared.mmioData() : inner.readOutside(physical, size);
    }

    @Override
    public void writeOutside(long physical, int size, long value) {
        note(new Access(physical, size, true, value & PhysicalMemory.ones(size)));
    }

    private void note(Access access) {
        if (rehearsing && first.isEmpty()) {
            first = Optional.of(access);
        }
    }

    private boolean isAnswered(long physical, int size) {
        return !rehearsing
                && shared.exitReason() == KvmExit.KVM_EXIT_MMIO.number()
                && !shared.mmioIsWrite()
                && shared.mmioAddress() == physical
                && shared.mmioLength() == size;
    }
}
