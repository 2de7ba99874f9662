package ringside.cpu;

import org.jspecify.annotations.Nullable;
import ringside.isa.Decoded;
import ringside.isa.Form;
import ringside.isa.OperandKind;

/**
 * A decoded instruction, bound to its behaviour and its operands: what the processor runs. Made once for each place in memory and kept
 * until the bytes change; public fields, because every instruction reads them.
 */
public final class Step {
    public final Decoded decoded;
    public final Form form;
    public final Behaviour behaviour;

    /** In bytes. */
    public final int length;

    /** Operand size in bytes: 1 where the first operand is a byte register or byte in memory, else 2, 4 or 8 by prefixes and mode. */
    public final int size;

    /** Operand size in bits. */
    public final int bits;

    /** The condition of Jcc, SETcc and CMOVcc; see {@link Registers#condition}. */
    public final int condition;

    /** Mask of an address: 16, 32 or 64 ones. */
    public final long addressMask;

    public final Place first;
    public final Place second;
    public final Place third;

    /** The array of {@link StepCache} in which it stands; null where it stands in none, or its bytes have been written since. */
    Step @Nullable [] keptIn;

    /** What was fetched behind it from the same page; see {@link CodePage}. */
    @Nullable
    Step next;

    // The most frequent operands once more, so that the most frequent instructions find them without a way round: whole
    // registers of 32 and 64 bits and, as the second, numbers. What that is worth is part of the measurement that Place
    // tells of.

    /** The first operand where it is a whole register, else -1. */
    private final int firstRegister;

    /** The second operand likewise; {@link Registers#NONE} where it is a number. */
    private final int secondRegister;

    /** The width of a whole register. */
    private final long wholeMask;

    /** The second operand where it is a number, else 0. */
    private final long number;

    Step(Decoded decoded, Behaviour behaviour, Place first, Place second, Place third) {
        this.decoded = decoded;
        this.form = decoded.form;
        this.behaviour = behaviour;
        this.length = decoded.length;
        this.bits = isByteForm(form) ? 8 : decoded.operandSize;
        this.size = bits / 8;
        this.condition = form.encoding().opcode() & 0xF;
        this.addressMask = Place.mask(decoded.addressSize);
        this.first = first;
        this.second = second;
        this.third = third;
        this.wholeMask = Place.mask(bits);
        this.firstRegister = isWhole(first) ? first.source : -1;
        this.secondRegister = isWhole(second) || second.isNumber() ? second.source : -1;
        this.number = second.constant;
    }

    /** {@link #first} as {@link Place#readForWrite}. */
    public long readFirst(Cpu cpu) {
        int register = firstRegister;
        return register >= 0 ? cpu.registers.general[register] & wholeMask : first.readForWrite(cpu);
    }

    /** {@link #second} as {@link Place#read}. */
    public long readSecond(Cpu cpu) {
        int register = secondRegister;
        return register >= 0 ? cpu.registers.general[register] & wholeMask | number : second.read(cpu);
    }

    /** {@link #first} as {@link Place#write}. */
    public void writeFirst(Cpu cpu, long value) {
        int register = firstRegister;
        if (register >= 0) {
            cpu.registers.general[register] = value & wholeMask;
        } else {
            first.write(cpu, value);
        }
    }

    private boolean isWhole(Place place) {
        return place.isWholeRegister() && place.mask == wholeMask;
    }

    private static boolean isByteForm(Form form) {
        return !form.operands().isEmpty()
                && form.operands().get(0).bits() == 8
                && form.operands().get(0).kind() != OperandKind.IMM
                && form.operands().get(0).kind() != OperandKind.REL;
    }

    /** Segment of a string or XLAT source: the override, else DS. */
    public int sourceSegment() {
        return decoded.segment >= 0 ? decoded.segment : SystemState.DS;
    }

    public boolean repeats() {
        return decoded.repeat != 0;
    }
}
