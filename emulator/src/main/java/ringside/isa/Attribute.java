package ringside.isa;

/** What a row of the instruction table says besides its bytes and operands. */
public enum Attribute {
    /** The LOCK prefix is legal with a memory destination (SDM 2A, LOCK). */
    LOCK,
    /** F3 repeats the instruction (SDM 2B, REP/REPE/REPZ/REPNE/REPNZ). */
    REP,
    /** F3 and F2 repeat the instruction while the zero flag is set or clear. */
    REPE,
    /** The operand size in 64-bit mode is 64 bits, or 16 with prefix 66; never 32. */
    D64,
    /** The operand size in 64-bit mode is 64 bits whatever the prefixes say, as on Intel's processors. */
    F64,
    /** The code size alone chooses between 32 and 64 bits; neither 66 nor REX.W has a say. */
    MODE,
    /** The address size, not the operand size, chooses the alternative. */
    BY_ADDRESS,
    /** Undefined in 64-bit mode. */
    I64,
    /** Undefined outside 64-bit mode. */
    O64,
    /** ModRM must name memory. Implied by an operand that is memory only. */
    MEM,
    /** ModRM must name a register. */
    REG,
    /** The immediate is an unsigned number: it is zero-extended, not sign-extended. */
    UNSIGNED,
    /** REX.B makes it another instruction, as 41 90 is XCHG and not NOP. */
    NO_REX_B,
    /** A second encoding that processors run but the assembler never chooses. */
    ALIAS
}
