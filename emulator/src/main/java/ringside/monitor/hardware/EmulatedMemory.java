package ringside.monitor.hardware;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Tlb;

/**
 * Guest-physical memory as the emulator of a hypervisor sees it whose devices are elsewhere: RAM, devices of its own, and for the rest what
 * whoever has the others has answered, access by access. That is user space for KVM, and domain 0 for Xen.
 *
 * <p>What must be asked for is found by rehearsing the instruction, and putting back what that has changed. (Their emulators stop at the
 * access, and run again with the answer in a cache: Linux, x86.c, struct read_cache; Xen, hvm/emulate.c, struct hvm_mmio_cache.) What nobody
 * was asked for, because the hypervisor gives up there, goes to the devices as on a bare machine.
 */
public final class EmulatedMemory implements PhysicalMemory {
    private final PhysicalMemory inner;
    private final LongPredicate own;

    /** No instruction makes more accesses than this; one whose accesses change with every answer is not asked for further. */
    private static final int MOST = 512;

    private boolean rehearsing;
    private boolean fetching;
    private boolean fetchedOutside;
    private Optional<Access> first = Optional.empty();
    private final Map<Integer, byte[]> before = new HashMap<>();

    /** Accesses of the present instruction that others have answered, in order. */
    private final List<Access> answered = new ArrayList<>();

    /** How many of them the instruction has made again. */
    private int repeated;

    private int asked;

    /**
     * An access for others.
     *
     * @param size 1 to 8 bytes, all in one page
     * @param value what is written or was read; 0 for a read not answered yet
     */
    public record Access(long physical, int size, boolean write, long value) {}

    /** @param own whether a device of the hypervisor's own answers at a physical address */
    public EmulatedMemory(PhysicalMemory inner, LongPredicate own) {
        this.inner = inner;
        this.own = own;
    }

    /** The first access for others that the next instruction will make and that is not answered yet; empty where there is none. */
    public Optional<Access> next(Cpu cpu) {
        Registers.State registers = cpu.registers.save();
        SystemState.State system = cpu.system.save();
        first = Optional.empty();
        before.clear();
        repeated = 0;
        Tlb.State tlb = cpu.memory.tlb().save();
        try {
            fetching = true;
            cpu.peek();
            fetching = false;
            if (!fetchedOutside) {
                rehearsing = true;
                cpu.performOnly();
            }
        } catch (Fault fault) {
            // Whatever the instruction meets, it has made its accesses up to there.
        } finally {
            rehearsing = false;
            fetching = false;
            fetchedOutside = false;
            repeated = 0;
            before.forEach((frame, bytes) -> ram().load((long) frame << 12, bytes));
            cpu.registers.restore(registers);
            cpu.system.restore(system);
            cpu.memory.tlb().restore(tlb);
            cpu.stateReplaced();
        }
        return asked < MOST ? first : Optional.empty();
    }

    /** This access is answered. */
    public void answer(Access access) {
        answered.add(access);
        asked++;
    }

    /** The instruction is done. */
    public void completed() {
        answered.clear();
        repeated = 0;
        asked = 0;
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
        fetchedOutside |= fetching;
        if (fetching || own.test(physical)) {
            return inner.readOutside(physical, size);
        }
        Optional<Access> known = repeat(physical, size, false);
        if (known.isPresent()) {
            return known.get().value;
        }
        if (rehearsing) {
            note(new Access(physical, size, false, 0));
            return PhysicalMemory.ones(size);
        }
        return inner.readOutside(physical, size);
    }

    @Override
    public void writeOutside(long physical, int size, long value) {
        boolean owns = own.test(physical);
        if (!owns && repeat(physical, size, true).isPresent()) {
            return;
        }
        if (!rehearsing) {
            inner.writeOutside(physical, size, value);
        } else if (!owns) {
            note(new Access(physical, size, true, value & PhysicalMemory.ones(size)));
        }
    }

    /** The instruction makes an access again that others have answered. */
    private Optional<Access> repeat(long physical, int size, boolean write) {
        if (repeated == answered.size()) {
            return Optional.empty();
        }
        Access next = answered.get(repeated);
        if (next.physical != physical || next.size != size || next.write != write) {
            // What it was told has led it elsewhere.
            answered.subList(repeated, answered.size()).clear();
            return Optional.empty();
        }
        repeated++;
        return Optional.of(next);
    }

    private void note(Access access) {
        if (first.isEmpty()) {
            first = Optional.of(access);
        }
    }

    /** What was answered of an instruction that is not done. */
    public record State(List<Access> answered, int asked) {
        public State {
            answered = List.copyOf(answered);
        }
    }

    public State save() {
        return new State(answered, asked);
    }

    public void restore(State state) {
        completed();
        answered.addAll(state.answered);
        asked = state.asked;
    }
}
