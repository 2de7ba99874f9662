package ringside.isa;

/**
 * One operand of a form.
 *
 * @param kind where the operand is found
 * @param bits its size in bits as a register, immediate, distance, or in memory (a far pointer m16:32 has 48); 0 for
 *     memory whose size does not matter (LEA, INVLPG)
 * @param memoryBits its size in bits when ModRM names memory; differs from {@code bits} only in r32/m16
 * @param register the number of an implied register, otherwise 0
 * @param text how the manual writes it, for example {@code r/m32} or {@code m16:32}
 */
public record OperandSpec(OperandKind kind, int bits, int memoryBits, int register, String text) {
    /** Whether ModRM's mod and r/m say where the operand is. */
    public boolean isModRm() {
        return kind == OperandKind.RM || kind == OperandKind.MEM;
    }

    /** Whether ModRM's reg says which register the operand is. */
    public boolean isReg() {
        return kind == OperandKind.REG || kind == OperandKind.SREG || kind == OperandKind.CR || kind == OperandKind.DR;
    }
}
