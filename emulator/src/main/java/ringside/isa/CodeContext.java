package ringside.isa;

/** What an instruction must know of the place where it is assembled. */
interface CodeContext {
    /** The size of the code: 16, 32 or 64. */
    int bits();

    /** Whether memory without registers is addressed relative to the next instruction. */
    boolean relativeByDefault();

    /** The section, -1 outside any. */
    int section();

    /** The address of the instruction. */
    long address();

    /** The number that a value has in this pass. */
    long resolve(Value value, Token at);

    /** An error that counts only once all addresses are settled. */
    void late(SourceError error);
}
