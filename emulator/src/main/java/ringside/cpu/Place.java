package ringside.cpu;

import static ringside.cpu.Registers.NONE;

import ringside.isa.Decoded;
import ringside.isa.OperandKind;
import ringside.isa.OperandSpec;

/**
 * Where an operand is: a register, memory or the instruction itself.
 *
 * <p>On the hot path, and shaped by it: registers of every size and numbers in the instruction are read by one formula (some bits of a
 * general register, and a constant), so that an operand costs a comparison. With a class for each kind the call went through a table
 * of methods, three times an instruction: once operands of all kinds had run, an ALU loop ran at 94 million instructions a second, not 114.
 */
public abstract class Place {
    private static final int ELSEWHERE = -1;

    /** An operand that the instruction does not have. */
    static final Place ABSENT = new Place() {
        @Override
        long readElsewhere(Cpu cpu) {
            throw new IllegalStateException("this instruction has no such operand");
        }
    };

    /** Index in {@link Registers#general} that is read, or {@link #ELSEWHERE}. */
    final int source;

    /** Index in {@link Registers#general} that is written, or {@link #ELSEWHERE}. */
    private final int target;

    /** Where in the register the value begins: 8 for AH, CH, DH, BH. */
    private final int shift;

    /** Ones for the width of the value. */
    final long mask;

    /** Bits of the register that a write keeps. */
    private final long kept;

    /** What is read beside the register. */
    final long constant;

    private Place(int source, int target, int shift, long mask, long kept, long constant) {
        this.source = source;
        this.target = target;
        this.shift = shift;
        this.mask = mask;
        this.kept = kept;
        this.constant = constant;
    }

    /** A place that is no general register. */
    private Place() {
        this(ELSEWHERE, ELSEWHERE, 0, 0, 0, 0);
    }

    /** A whole general register of 32 or 64 bits, which a write replaces. */
    boolean isWholeRegister() {
        return target >= 0 && kept == 0;
    }

    /** A number in the instruction. */
    boolean isNumber() {
        return source == NONE;
    }

    /** The value, zero-extended (immediates: sign-extended to the operand size). */
    public final long read(Cpu cpu) {
        int register = source;
        return register >= 0 ? cpu.registers.general[register] >>> shift & mask | constant : readElsewhere(cpu);
    }

    /** The value that will be written back: faults as a write does. */
    public final long readForWrite(Cpu cpu) {
        int register = source;
        return register >= 0 ? cpu.registers.general[register] >>> shift & mask | constant : readToWriteElsewhere(cpu);
    }

    public final void write(Cpu cpu, long value) {
        int register = target;
        if (register >= 0) {
            long[] general = cpu.registers.general;
            general[register] = general[register] & kept | (value & mask) << shift;
        } else {
            writeElsewhere(cpu, value);
        }
    }

    abstract long readElsewhere(Cpu cpu);

    long readToWriteElsewhere(Cpu cpu) {
        return readElsewhere(cpu);
    }

    void writeElsewhere(Cpu cpu, long value) {
        throw new IllegalStateException("this operand cannot be written");
    }

    public boolean isMemory() {
        return false;
    }

    /** Offset in its segment; memory operands only. */
    public long offset(Cpu cpu) {
        throw new IllegalStateException("this operand is not in memory");
    }

    /** Segment register number; memory operands only. */
    public int segment() {
        throw new IllegalStateException("this operand is not in memory");
    }

    static long mask(int bits) {
        return bits == 64 ? -1L : (1L << bits) - 1;
    }

    /** The place that an operand of a decoded instruction names. */
    static Place of(OperandSpec operand, Decoded d, int position) {
        return switch (operand.kind()) {
            case RM ->
                d.mod == 3 ? register(d.rm, operand.bits(), d.rex != 0) : new Memory(d, operand.memoryBits() / 8);
            case MEM, MOFFS -> new Memory(d, operand.memoryBits() / 8);
            case REG -> register(d.reg, operand.bits(), d.rex != 0);
            case OPREG -> register(d.rm, operand.bits(), d.rex != 0);
            case FIXED -> register(operand.register(), operand.bits(), false);
            case SREG -> new Segment(d.reg);
            case FIXED_SREG -> new Segment(operand.register());
            case ONE -> new InProcessor(1);
            case IMM -> new InProcessor(isSecondImmediate(d, position) ? d.immediate2 : d.immediate);
            case REL, FAR_POINTER -> new InProcessor(d.immediate);
            case CR, DR -> new InProcessor(d.reg);
        };
    }

    /** ENTER is the one instruction with two immediates. */
    private static boolean isSecondImmediate(Decoded d, int position) {
        return position == 1 && d.form.operands().get(0).kind() == OperandKind.IMM;
    }

    private static Place register(int number, int bits, boolean rex) {
        boolean highByte = bits == 8 && number >= 4 && number < 8 && !rex;
        // SDM 1, General-Purpose Registers in 64-Bit Mode: 32 bits clear the upper half, 8 and 16 bits keep the rest.
        long mask = mask(bits);
        int shift = highByte ? 8 : 0;
        long kept = bits >= 32 ? 0 : ~(mask << shift);
        return new InProcessor(highByte ? number - 4 : number, shift, mask, kept);
    }

    /** A general register or a number in the instruction: all is said by the fields above. */
    private static final class InProcessor extends Place {
        /** A register or a part of one. */
        InProcessor(int register, int shift, long mask, long kept) {
            super(register, register, shift, mask, kept, 0);
        }

        /** A constant. */
        InProcessor(long constant) {
            super(NONE, ELSEWHERE, 0, 0, 0, constant);
        }

        @Override
        long readElsewhere(Cpu cpu) {
            throw new IllegalStateException("this operand is in the processor");
        }
    }

    /** A selector. Reading gives it; loading a segment register is the business of an instruction. */
    private static final class Segment extends Place {
        private final int number;

        Segment(int number) {
            this.number = number;
        }

        @Override
        long readElsewhere(Cpu cpu) {
            return cpu.system.segments[number].selector();
        }

        @Override
        public int segment() {
            return number;
        }
    }

    /** Base, index, scale and displacement, or RIP and displacement. */
    private static final class Memory extends Place {
        private final int segment;
        private final int base;
        private final int index;
        private final int shift;
        private final long displacement;
        private final boolean ripRelative;
        private final long mask;
        private final int size;

        Memory(Decoded d, int size) {
            this.segment = d.segment >= 0 ? d.segment : d.defaultSegment;
            this.base = d.base < 0 ? NONE : d.base;
            this.index = d.index < 0 ? NONE : d.index;
            this.shift = Integer.numberOfTrailingZeros(Math.max(d.scale, 1));
            this.displacement = d.displacement;
            this.ripRelative = d.ripRelative;
            this.mask = mask(d.addressSize);
            this.size = size;
        }

        @Override
        public long offset(Cpu cpu) {
            long[] general = cpu.registers.general;
            long from = ripRelative ? cpu.registers.rip() : general[base] + (general[index] << shift);
            return from + displacement & mask;
        }

        @Override
        long readElsewhere(Cpu cpu) {
            return cpu.read(segment, offset(cpu), size);
        }

        @Override
        long readToWriteElsewhere(Cpu cpu) {
            return cpu.readForWrite(segment, offset(cpu), size);
        }

        @Override
        void writeElsewhere(Cpu cpu, long value) {
            cpu.write(segment, offset(cpu), size, value);
        }

        @Override
        public boolean isMemory() {
            return true;
        }

        @Override
        public int segment() {
            return segment;
        }
    }
}
