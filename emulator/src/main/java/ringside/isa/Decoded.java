package ringside.isa;

/**
 * One instruction as it stands in the code: a form, and what its bytes say about size, registers, memory and numbers.
 * The fields are public because the processor reads them on its hot path; all are final.
 */
public final class Decoded {
    /** The form. */
    public final Form form;
    /** Its length in bytes, 1 to 15. */
    public final int length;
    /** The size of the code it stands in: 16, 32 or 64 bits. */
    public final int bits;
    /** The operand size in bits that prefixes and code size ask for: 16, 32 or 64. */
    public final int operandSize;
    /** The address size in bits: 16, 32 or 64. */
    public final int addressSize;
    /** Whether it has a (legal) LOCK prefix. */
    public final boolean lock;
    /** The last of the prefixes F2 and F3, or 0. Also set where it means nothing or belongs to the opcode. */
    public final int repeat;
    /** The REX prefix 40 to 4F, or 0. */
    public final int rex;
    /** Whether prefix 66 is there. */
    public final boolean prefix66;
    /** Whether prefix 67 is there. */
    public final boolean prefix67;
    /** The segment override: 0 to 5 for ES CS SS DS FS GS, or -1. ES to DS are ignored in 64-bit mode. */
    public final int segment;
    /** ModRM's mod, 3 for a register; -1 without ModRM. */
    public final int mod;
    /** ModRM's reg, extended by REX.R except for segment registers. */
    public final int reg;
    /** The register of mod 3, extended by REX.B; for +r forms the register in the opcode. */
    public final int rm;
    /** The number of the base register, or -1. */
    public final int base;
    /** The number of the index register, or -1. */
    public final int index;
    /** 1, 2, 4 or 8 times the index. */
    public final int scale;
    /** The displacement, sign-extended to 64 bits; of moffs the offset, zero-extended. */
    public final long displacement;
    /** The size of the displacement in bits: 0, 8, 16, 32 or 64. */
    public final int displacementBits;
    /** Whether the displacement counts from the next instruction. */
    public final boolean ripRelative;
    /** SS (2) if the base is BP or SP at any size, otherwise DS (3). */
    public final int defaultSegment;
    /**
     * The immediate: zero-extended to 64 bits if the form is {@link Attribute#UNSIGNED}, otherwise sign-extended from its
     * own size, so that its low bits are right at every operand size. The distance of a relative jump is sign-extended;
     * the offset of a far pointer zero-extended.
     */
    public final long immediate;
    /** The second immediate, zero-extended: the nesting level of ENTER, the selector of a far pointer. */
    public final long immediate2;

    Decoded(Reading reading, Form form) {
        this.form = form;
        length = reading.length;
        bits = reading.bits;
        operandSize = reading.operandSize(form);
        addressSize = reading.addressSize;
        lock = reading.lock;
        repeat = reading.repeat;
        rex = reading.rex;
        prefix66 = reading.prefix66;
        prefix67 = reading.prefix67;
        segment = reading.segment;
        mod = reading.mod;
        reg = reading.reg(form);
        rm = reading.rm;
        base = reading.base;
        index = reading.index;
        scale = reading.scale;
        displacement = reading.displacement;
        displacementBits = reading.displacementBits;
        ripRelative = reading.ripRelative;
        defaultSegment = base == 4 || base == 5 ? 2 : 3;
        immediate = reading.immediate;
        immediate2 = reading.immediate2;
    }

    /** Whether the form's r/m operand is memory. */
    public boolean isMemory() {
        return mod >= 0 && mod != 3;
    }

    /** The segment that its memory operand is in, 0 to 5. */
    public int effectiveSegment() {
        return segment >= 0 ? segment : defaultSegment;
    }

    /** Whether a byte register's number means AH, CH, DH or BH. */
    public boolean isHighByte(int register) {
        return rex == 0 && register >= 4 && register < 8;
    }
}
