package ringside.cpu.micro;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import ringside.cpu.Step;
import ringside.isa.Decoded;

/**
 * A stretch of guest code that was translated as a whole: within one page, up to a branch or whatever else may change how the next
 * instruction is read. Values, but for the unit that they run on.
 *
 * @param frame RAM frame in which it lies
 * @param offset of its first byte in the frame
 * @param bits code size: 16, 32 or 64
 * @param instructions in order; at least one
 */
public record Block(int frame, int offset, int bits, List<Instruction> instructions) {
    /** Longer stretches are cut, so that a page that shows one stays readable (QEMU: 512). */
    static final int LONGEST = 32;

    /** What may lead elsewhere, or into another mode: nothing is translated beyond it in one go. */
    private static final Set<String> ENDS = Set.of(
            "INT",
            "INT1",
            "INT3",
            "INTO",
            "IRET",
            "IRETD",
            "IRETQ",
            "RETF",
            "SYSCALL",
            "SYSRET",
            "SYSENTER",
            "SYSEXIT",
            "HLT",
            "UD0",
            "UD1",
            "UD2",
            "LMSW",
            "WRMSR",
            "POPF",
            "POPFD",
            "POPFQ",
            "STI",
            "CALL",
            "JMP");

    public Block {
        instructions = List.copyOf(instructions);
    }

    /**
     * A guest instruction and its translation.
     *
     * @param offset in the frame
     * @param step what the processor performs: the micro-operations
     */
    public record Instruction(int offset, Step step, List<MicroOperation> operations) {
        public Instruction {
            operations = List.copyOf(operations);
        }

        public int length() {
            return step.length;
        }

        /** A micro-operation of it as text. */
        public String text(MicroOperation operation) {
            return operation.kind() == MicroOperation.Kind.CALL
                    ? operation.text() + " " + step.form.mnemonic().toLowerCase(Locale.ROOT)
                    : operation.text();
        }
    }

    /** Does a block end behind this instruction? */
    static boolean ends(Decoded decoded, List<MicroOperation> operations) {
        return operations.stream().anyMatch(Block::leads)
                || ENDS.contains(decoded.form.mnemonic())
                || decoded.form.mnemonic().equals("MOV")
                        && decoded.form.operands().get(0).kind() == ringside.isa.OperandKind.CR;
    }

    private static boolean leads(MicroOperation operation) {
        return operation.kind() == MicroOperation.Kind.JUMP || operation.kind() == MicroOperation.Kind.REPEAT;
    }

    // Its place in one number: frame, offset (12 bits), code size (7 bits), number of instructions (6 bits).

    long place() {
        return (long) frame << 25 | (long) offset << 13 | (long) bits << 6 | instructions.size();
    }

    static int frameOf(long place) {
        return (int) (place >>> 25);
    }

    static int offsetOf(long place) {
        return (int) (place >>> 13) & 0xFFF;
    }

    static int bitsOf(long place) {
        return (int) (place >>> 6) & 0x7F;
    }

    static int lengthOf(long place) {
        return (int) place & 0x3F;
    }

    Step first() {
        return instructions.get(0).step;
    }

    /** Offset behind its last byte. */
    int end() {
        Instruction last = instructions.get(instructions.size() - 1);
        return last.offset + last.length();
    }

    boolean overlaps(int from, int size) {
        return from < end() && offset < from + size;
    }

    boolean contains(int at) {
        return instructions.stream().anyMatch(instruction -> instruction.offset == at);
    }

    int operations() {
        return instructions.stream().mapToInt(i -> i.operations.size()).sum();
    }
}
