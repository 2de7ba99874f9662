package ringside.isa;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** One instruction at one operand size: what a row of the table says for 16, 32 or 64 bits. */
public final class Form {
    private static final int UNNUMBERED = -1;

    private final int ordinal;
    private final int row;
    private final String mnemonic;
    private final List<OperandSpec> operands;
    private final Encoding encoding;
    private final Trait trait;
    private final Set<Attribute> attributes;
    private final int attributeBits;
    private final int kindBits;
    private final int operandSize;
    private final int chosenSizes;

    /**
     * A form without a number.
     *
     * @param row the number of its row in the table
     * @param chosenSizes which effective sizes (16 | 32 | 64) choose this form; 0 if the row has only one alternative
     */
    Form(
            int row,
            String mnemonic,
            List<OperandSpec> operands,
            Encoding encoding,
            Trait trait,
            Set<Attribute> attributes,
            int operandSize,
            int chosenSizes) {
        this(UNNUMBERED, row, mnemonic, operands, encoding, trait, attributes, operandSize, chosenSizes);
    }

    private Form(
            int ordinal,
            int row,
            String mnemonic,
            List<OperandSpec> operands,
            Encoding encoding,
            Trait trait,
            Set<Attribute> attributes,
            int operandSize,
            int chosenSizes) {
        this.ordinal = ordinal;
        this.row = row;
        this.mnemonic = mnemonic;
        this.operands = List.copyOf(operands);
        this.encoding = encoding;
        this.trait = trait;
        this.attributes = Set.copyOf(attributes);
        this.attributeBits = attributes.stream().mapToInt(a -> 1 << a.ordinal()).sum();
        this.kindBits = operands.stream().mapToInt(o -> 1 << o.kind().ordinal()).reduce(0, (a, b) -> a | b);
        this.operandSize = operandSize;
        this.chosenSizes = chosenSizes;
    }

    /** The same form with its place in a table, 0 for the first. */
    public Form numbered(int place) {
        return new Form(place, row, mnemonic, operands, encoding, trait, attributes, operandSize, chosenSizes);
    }

    /** The place in the table, 0 for the first; -1 before the table numbered it. */
    public int ordinal() {
        return ordinal;
    }

    /** The number of the row that it comes from. */
    public int row() {
        return row;
    }

    /** The name in upper case, for example {@code MOVSD}. */
    public String mnemonic() {
        return mnemonic;
    }

    /** The operands, destination first. */
    public List<OperandSpec> operands() {
        return operands;
    }

    /** The bytes. */
    public Encoding encoding() {
        return encoding;
    }

    /** What privilege makes of it. */
    public Trait trait() {
        return trait;
    }

    /** Everything else that its row says. */
    public Set<Attribute> attributes() {
        return attributes;
    }

    /** Whether its row says so. */
    public boolean has(Attribute attribute) {
        return (attributeBits & 1 << attribute.ordinal()) != 0;
    }

    /** Whether one of its operands is of a kind. */
    public boolean has(OperandKind kind) {
        return (kindBits & 1 << kind.ordinal()) != 0;
    }

    /** The size of its first sized operand: 8, 16, 32 or 64 bits; 0 if it has none. */
    public int operandSize() {
        return operandSize;
    }

    /** Whether operand size (or address size, or mode) chooses between this form and others of its row. */
    public boolean isSized() {
        return chosenSizes != 0;
    }

    /** Whether this form is meant at an effective size of 16, 32 or 64 bits. */
    boolean fits(int effectiveSize) {
        return chosenSizes == 0 || (chosenSizes & effectiveSize) != 0;
    }

    /** Whether the form exists in code of 16, 32 or 64 bits. */
    public boolean validIn(int bits) {
        if (has(bits == 64 ? Attribute.I64 : Attribute.O64)) {
            return false;
        }
        if (encoding.rexW() && bits != 64) {
            return false;
        }
        if (has(Attribute.BY_ADDRESS)) {
            return bits == 64 ? fits(64) || fits(32) : fits(16) || fits(32);
        }
        if (has(Attribute.MODE)) {
            return fits(bits == 64 ? 64 : 32);
        }
        if (bits != 64) {
            return fits(16) || fits(32);
        }
        if (has(Attribute.F64)) {
            return fits(64);
        }
        return !has(Attribute.D64) || fits(16) || fits(64);
    }

    /** Whether the form exists in 16-bit code. */
    public boolean valid16() {
        return validIn(16);
    }

    /** Whether the form exists in 32-bit code. */
    public boolean valid32() {
        return validIn(32);
    }

    /** Whether the form exists in 64-bit code. */
    public boolean valid64() {
        return validIn(64);
    }

    /** The form as the manual writes it, for example {@code ADD r/m32, imm8}. */
    @Override
    public String toString() {
        return operands.stream()
                .map(OperandSpec::text)
                .collect(Collectors.joining(", ", operands.isEmpty() ? mnemonic : mnemonic + " ", ""));
    }
}
