package ringside.isa;

/** What names in an expression mean at one place of the source. */
interface Scope {
    /** The value of a symbol, {@linkplain Value#unknown unknown} if it comes later in the first pass. */
    Value symbol(Token name);

    /** {@code $}: where the line begins. */
    Value here(Token sign);

    /** {@code $$}: where the section begins. */
    Value sectionStart(Token sign);

    /** The size of the code: 16, 32 or 64. */
    int bits();
}
