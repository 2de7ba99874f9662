package ringside.cpu;

import static ringside.cpu.Registers.NONE;

import ringside.isa.Decoded;
import ringside.isa.OperandKind;
import ringside.isa.OperandSpec;

/**
 * Where an operand is: a register, memory or the instruction itself. One small class for each kind and size, so that reading an operand
 * asks nothing.
 */
public abstract class Place {
    /** An operand that the instruction does not have. */
    static final Place ABSENT = new Place() {
        @Override
        public long read(Cpu cpu) {
            throw new IllegalStateException("this instruction has no such operand");
        }
    };

    /** The value, zero-extended (immediates: sign-extended to the operand size). */
    public abstract long read(Cpu cpu);

    /** The value that will be written back: faults as a write does. */
    public long readForWrite(Cpu cpu) {
        return read(cpu);
    }

    public void write(Cpu cpu, long value) {
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
            case ONE -> new Immediate(1);
            case IMM -> new Immediate(isSecondImmediate(d, position) ? d.immediate2 : d.immediate);
            case REL, FAR_POINTER -> new Immediate(d.immediate);
            case CR, DR -> new Immediate(d.reg);
        };
    }

    /** ENTER is the one instruction with two immediates. */
    private static boolean isSecondImmediate(Decoded d, int position) {
        return position == 1 && d.form.operands().get(0).kind() == OperandKind.IMM;
    }

    private static Place register(int number, int bits, boolean rex) {
        return switch (bits) {
            case 64 -> new Register64(number);
            case 32 -> new Register32(number);
            case 16 -> new Register16(number);
            case 8 -> number >= 4 && number < 8 && !rex ? new HighByte(number - 4) : new LowByte(number);
            default -> throw new IllegalStateException("no general register of " + bits + " bits");
        };
    }

    private static final class Register64 extends Place {
        private final int number;

        Register64(int number) {
            this.number = number;
        }

        @Override
        public long read(Cpu cpu) {
            return cpu.registers.general[number];
        }

        @Override
        public void write(Cpu cpu, long value) {
            cpu.registers.general[number] = value;
        }
    }

    private static final class Register32 extends Place {
        private final int number;

        Register32(int number) {
            this.number = number;
        }

        @Override
        public long read(Cpu cpu) {
            return cpu.registers.general[number] & 0xFFFF_FFFFL;
        }

        @Override
        public void write(Cpu cpu, long value) {
            cpu.registers.general[number] = value & 0xFFFF_FFFFL;
        }
    }

    private static final class Register16 extends Place {
        private final int number;

        Register16(int number) {
            this.number = number;
        }

        @Override
        public long read(Cpu cpu) {
            return cpu.registers.general[number] & 0xFFFFL;
        }

        @Override
        public void write(Cpu cpu, long value) {
            long[] general = cpu.registers.general;
            general[number] = general[number] & ~0xFFFFL | value & 0xFFFFL;
        }
    }

    private static final class LowByte extends Place {
        private final int number;

        LowByte(int number) {
            this.number = number;
        }

        @Override
        public long read(Cpu cpu) {
            return cpu.registers.general[number] & 0xFFL;
        }

        @Override
        public void write(Cpu cpu, long value) {
            long[] general = cpu.registers.general;
            general[number] = general[number] & ~0xFFL | value & 0xFFL;
        }
    }

    /** AH, CH, DH, BH. */
    private static final class HighByte extends Place {
        private final int number;

        HighByte(int number) {
            this.number = number;
        }

        @Override
        public long read(Cpu cpu) {
            return cpu.registers.general[number] >>> 8 & 0xFFL;
        }

        @Override
        public void write(Cpu cpu, long value) {
            long[] general = cpu.registers.general;
            general[number] = general[number] & ~0xFF00L | (value & 0xFFL) << 8;
        }
    }

    /** A selector. Reading gives it; loading a segment register is the business of an instruction. */
    private static final class Segment extends Place {
        private final int number;

        Segment(int number) {
            this.number = number;
        }

        @Override
        public long read(Cpu cpu) {
            return cpu.system.segments[number].selector();
        }

        @Override
        public int segment() {
            return number;
        }
    }

    private static final class Immediate extends Place {
        private final long value;

        Immediate(long value) {
            this.value = value;
        }

        @Override
        public long read(Cpu cpu) {
            return value;
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
        public long read(Cpu cpu) {
            return cpu.read(segment, offset(cpu), size);
        }

        @Override
        public long readForWrite(Cpu cpu) {
            return cpu.readForWrite(segment, offset(cpu), size);
        }

        @Override
        public void write(Cpu cpu, long value) {
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
