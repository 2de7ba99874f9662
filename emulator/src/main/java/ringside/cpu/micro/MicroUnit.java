package ringside.cpu.micro;

import ringside.cpu.Behaviour;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.Step;

/**
 * What performs micro-operations: the temporaries, and how many have been performed. A processor has one.
 *
 * <p>The hot path: one loop over an array, nothing is allocated. That is the plain way to run them; whoever translates them to
 * something faster has this as the reference.
 */
public final class MicroUnit {
    private final long[] t = new long[MicroOperation.TEMPORARIES];
    private long performed;
    private long calls;

    /** Micro-operations of completed instructions and iterations; those of an instruction that faulted do not count. */
    public long performed() {
        return performed;
    }

    /** How many of them performed a row. */
    public long calls() {
        return calls;
    }

    void restore(long performedThen, long callsThen) {
        performed = performedThen;
        calls = callsThen;
    }

    /** The behaviour of an instruction: these micro-operations, one after the other. */
    Behaviour program(MicroOperation[] operations, Behaviour row) {
        return (cpu, step) -> perform(cpu, step, operations, row);
    }

    private void perform(Cpu cpu, Step step, MicroOperation[] operations, Behaviour row) {
        Registers registers = cpu.registers;
        int skipped = 0;
        for (int i = 0; i < operations.length; i++) {
            MicroOperation o = operations[i];
            switch (o.kind()) {
                case NUMBER -> t[o.to()] = o.number();
                case GET -> t[o.to()] = registers.get(o.a()) >>> o.number() & ones(o.size());
                case PUT -> put(registers, o);
                case NEXT -> t[o.to()] = registers.rip();
                case STACK_POINTER -> t[o.to()] = cpu.stackPointer();
                case PUT_STACK_POINTER -> cpu.stackPointer(t[o.a()]);
                case WRAP_STACK -> t[o.to()] = t[o.a()] & cpu.stackMask();
                case ADD -> t[o.to()] = t[o.a()] + t[o.b()];
                case SUBTRACT -> t[o.to()] = t[o.a()] - t[o.b()];
                case AND -> t[o.to()] = t[o.a()] & t[o.b()];
                case OR -> t[o.to()] = t[o.a()] | t[o.b()];
                case XOR -> t[o.to()] = t[o.a()] ^ t[o.b()];
                case SHIFT_LEFT -> t[o.to()] = t[o.a()] << t[o.b()];
                case SHIFT_RIGHT -> t[o.to()] = t[o.a()] >>> t[o.b()];
                case SHIFT_ARITHMETIC -> t[o.to()] = t[o.a()] >> t[o.b()];
                case MULTIPLY -> t[o.to()] = t[o.a()] * t[o.b()];
                case MULTIPLY_HIGH -> t[o.to()] = unsignedHigh(t[o.a()], t[o.b()]);
                case MULTIPLY_HIGH_SIGNED -> t[o.to()] = Math.multiplyHigh(t[o.a()], t[o.b()]);
                case SWAP_BYTES -> t[o.to()] = Long.reverseBytes(t[o.a()]);
                case LOWEST_BIT -> t[o.to()] = Long.numberOfTrailingZeros(t[o.a()]);
                case HIGHEST_BIT -> t[o.to()] = 63 - Long.numberOfLeadingZeros(t[o.a()]);
                case ZERO_EXTEND -> t[o.to()] = t[o.a()] & ones(o.size());
                case SIGN_EXTEND -> t[o.to()] = t[o.a()] << 64 - o.size() >> 64 - o.size();
                case CONDITION -> t[o.to()] = registers.condition((int) o.number()) ? 1 : 0;
                case EQUAL -> t[o.to()] = t[o.a()] == t[o.b()] ? 1 : 0;
                case MOVE_IF -> {
                    if (t[o.a()] != 0) {
                        t[o.to()] = t[o.b()];
                    }
                }
                case SKIP_IF_ZERO -> {
                    if (t[o.a()] == 0) {
                        i += (int) o.number();
                        skipped += (int) o.number();
                    }
                }
                case LOAD -> t[o.to()] = cpu.read((int) o.number(), t[o.a()], o.size() >> 3);
                case LOAD_TO_CHANGE -> t[o.to()] = cpu.readForWrite((int) o.number(), t[o.a()], o.size() >> 3);
                case STORE -> cpu.write((int) o.number(), t[o.a()], o.size() >> 3, t[o.b()]);
                case CHECK_STORE -> cpu.probeWrite((int) o.number(), t[o.a()], o.size() >> 3);
                case FLAGS_OF_SUM -> registers.added(t[o.a()], t[o.b()], t[o.c()], o.size());
                case FLAGS_OF_DIFFERENCE -> registers.subtracted(t[o.a()], t[o.b()], t[o.c()], o.size());
                case FLAGS_OF_LOGIC -> registers.combined(t[o.a()], o.size());
                case FLAGS_OF_SHIFT -> registers.shifted(t[o.a()], bit(t[o.b()]), bit(t[o.c()]), o.size());
                case KEEP_CARRY -> registers.keepCarry(bit(t[o.a()]));
                case FLAGS -> t[o.to()] = registers.flags();
                case PUT_FLAGS -> registers.flags((int) t[o.a()], (int) o.number());
                case CHECK_TARGET -> t[o.to()] = cpu.checkTarget(t[o.a()], o.size());
                case JUMP -> registers.rip(t[o.a()]);
                case REPEAT -> cpu.iterateAgain();
                case CALL -> {
                    row.perform(cpu, step);
                    calls++;
                }
            }
        }
        performed += operations.length - skipped;
    }

    private void put(Registers registers, MicroOperation o) {
        int size = o.size();
        long value = t[o.a()];
        if (size >= 32) {
            registers.set(o.to(), value & ones(size));
        } else {
            long mask = ones(size) << o.number();
            registers.set(o.to(), registers.get(o.to()) & ~mask | value << o.number() & mask);
        }
    }

    private static long bit(long value) {
        return value != 0 ? 1 : 0;
    }

    private static long ones(int bits) {
        return -1L >>> 64 - bits;
    }

    private static long unsignedHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    }
}
