package ringside.isa;

/** Where an instruction's bytes come from, one after the other. */
@FunctionalInterface
public interface CodeSource {
    /** The next byte, 0 to 255; may throw what its owner likes, for example a page fault. */
    int next();

    /**
     * Bytes of an array from an offset on; reads past its end throw {@link ArrayIndexOutOfBoundsException}.
     *
     * @param bytes the code
     * @param offset where the first instruction begins
     */
    static CodeSource of(byte[] bytes, int offset) {
        return new CodeSource() {
            private int at = offset;

            @Override
            public int next() {
                return bytes[at++] & 0xFF;
            }
        };
    }
}
