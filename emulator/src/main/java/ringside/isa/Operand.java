package ringside.isa;

/** An operand as a source writes it. */
sealed interface Operand {
    /** Where it begins. */
    Token at();

    /** What a jump target is said to be. */
    enum Distance {
        UNSAID,
        SHORT,
        NEAR,
        FAR
    }

    /** A register by its name. */
    record Register(NamedRegister register, Token at) implements Operand {}

    /**
     * A number or an address.
     *
     * @param value its value
     * @param size the size word before it in bits, or 0
     * @param strict whether {@code strict} forbids a shorter encoding
     * @param distance what a jump target is said to be
     * @param at where it begins
     */
    record Immediate(Value value, int size, boolean strict, Distance distance, Token at) implements Operand {
        /** Whether it is a plain number that is known. */
        boolean isKnownNumber() {
            return value.isNumber() && !value.unknown();
        }
    }

    /** A selector and an offset: {@code 8:start}. */
    record Far(Value selector, Value offset, int size, Token at) implements Operand {}

    /**
     * Something in brackets.
     *
     * @param value the sum in the brackets
     * @param size the size word before the brackets in bits, or 0
     * @param far whether it holds a far pointer
     * @param segment the segment override, 0 to 5, or -1
     * @param innerSize the size word in the brackets in bits, or 0
     * @param relative whether {@code rel} stands in the brackets
     * @param absolute whether {@code abs} stands in the brackets
     * @param noSplit whether {@code nosplit} stands in the brackets
     * @param at where it begins
     */
    record Memory(
            Value value,
            int size,
            boolean far,
            int segment,
            int innerSize,
            boolean relative,
            boolean absolute,
            boolean noSplit,
            Token at)
            implements Operand {}
}
