package ringside.isa;

/** Where an operand is found. */
public enum OperandKind {
    /** A general register or memory, named by ModRM's mod and r/m. */
    RM,
    /** Memory only, named by ModRM. */
    MEM,
    /** A general register named by ModRM's reg. */
    REG,
    /** A general register named by the low three bits of the opcode. */
    OPREG,
    /** A general register that the opcode implies: AL, AX, EAX, RAX, CL or DX. */
    FIXED,
    /** A segment register that the opcode implies. */
    FIXED_SREG,
    /** A segment register named by ModRM's reg. */
    SREG,
    /** A control register named by ModRM's reg. */
    CR,
    /** A debug register named by ModRM's reg. */
    DR,
    /** The constant 1 of the short shifts. */
    ONE,
    /** A number in the instruction. */
    IMM,
    /** A distance from the end of the instruction. */
    REL,
    /** Memory at an offset that stands in the instruction, without ModRM. */
    MOFFS,
    /** A selector and an offset that stand in the instruction. */
    FAR_POINTER
}
