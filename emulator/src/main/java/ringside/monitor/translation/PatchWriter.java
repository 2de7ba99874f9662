package ringside.monitor.translation;

import java.util.Arrays;
import java.util.Optional;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Encoding;
import ringside.isa.OperandKind;
import ringside.isa.UndefinedInstruction;

/**
 * Writes the patch for an instruction, as PATM does: its replacement, then those behind it, until the jump in their place has room and
 * interrupts are allowed. As long as they are not, the guest stays in the patch: outside, raw mode runs with interrupts on only.
 */
final class PatchWriter {
    /** Instructions of the guest in a patch. */
    static final int MOST_INSTRUCTIONS = 32;

    /** More bytes than any patch has. */
    static final int MOST_BYTES = 64 * (MOST_INSTRUCTIONS + 2);

    private static final int JMP_NEAR = 0xE9;
    private static final int JMP_SHORT = 0xEB;

    private final PatchMemory memory;
    private final Decoder decoder = InstructionSet.decoder();

    PatchWriter(PatchMemory memory) {
        this.memory = memory;
    }

    /**
     * The patch of an instruction, at the next free place.
     *
     * @param code the guest's bytes of the page
     * @return empty where the jump would not fit
     */
    Optional<PatchCode.Written> write(CodePage page, byte[] code, int offset) {
        var out = new PatchCode(memory, memory.nextStart());
        int at = offset;
        boolean off = false;
        boolean fused = false;
        for (int n = 0; n < MOST_INSTRUCTIONS; n++) {
            boolean fits = at - offset >= Patch.JUMP;
            long linear = page.linear() + at;
            if (fits && !off && !fused) {
                out.back(linear);
                return Optional.of(out.written(page.linear() + offset, at - offset));
            }
            Optional<Decoded> decoded = decode(code, at);
            if (decoded.isEmpty() || !canMove(decoded.get(), off)) {
                if (!fits) {
                    return Optional.empty();
                }
                // Control flow while interrupts are off, and what the monitor performs.
                out.enter(linear, decoded.map(d -> d.length).orElse(1), off);
                out.perform(linear);
                return Optional.of(out.written(page.linear() + offset, at - offset));
            }
            Decoded d = decoded.get();
            long next = linear + d.length;
            out.enter(linear, d.length, off);
            boolean wasFused = fused;
            boolean wasOff = off;
            fused = false;
            int opcode = d.form.encoding().map() == 0 ? d.form.encoding().opcode() : -1;
            switch (opcode) {
                case PatchCode.CLI -> {
                    out.clearInterrupt(linear);
                    off = true;
                }
                case PatchCode.STI -> {
                    out.setInterrupt(linear, off ? next : 0);
                    fused = off;
                    off = false;
                }
                case PatchCode.PUSHF -> out.pushFlags(linear);
                case PatchCode.POPF -> {
                    out.popFlags(linear);
                    off = false;
                }
                case PatchCode.PUSH_CS -> out.pushCodeSegment(linear);
                default -> copyOrJump(out, d, linear, next, Arrays.copyOfRange(code, at, at + d.length));
            }
            if (wasFused && off) {
                out.allowInterrupts(next);
            } else if (wasFused) {
                out.dispatch(next);
            }
            at += d.length;
            if (wasOff && isJump(d)) {
                return at - offset >= Patch.JUMP
                        ? Optional.of(out.written(page.linear() + offset, at - offset))
                        : Optional.empty();
            }
        }
        out.leave(page.linear() + at);
        return Optional.of(out.written(page.linear() + offset, at - offset));
    }

    private Optional<Decoded> decode(byte[] code, int at) {
        try {
            return Optional.of(decoder.decode(CodeSource.of(code, at), 32));
        } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException notHere) {
            return Optional.empty();
        }
    }

    /** Can it stand in a patch? Jumps with a distance can where interrupts are off; other control flow leaves the patch. */
    private static boolean canMove(Decoded d, boolean off) {
        Encoding encoding = d.form.encoding();
        if (d.form.has(OperandKind.REL)) {
            return off && d.operandSize == 32 && (isCondition(encoding) || isJump(d));
        }
        if (RawTreatment.of(d) == RawTreatment.PERFORMED) {
            return false;
        }
        int opcode = encoding.opcode();
        return switch (encoding.map()) {
            // RET, INT3, INT, INTO, INT1; near CALL and JMP through memory; HLT, behind which may be anything
            case 0 ->
                switch (opcode) {
                    case 0xF4 -> !off;
                    case 0xC2, 0xC3, 0xCC, 0xCD, 0xCE, 0xF1 -> false;
                    case 0xFF -> encoding.modRm() != 2 && encoding.modRm() != 4;
                    default -> true;
                };
            // SYSCALL, SYSRET, SYSENTER, SYSEXIT, UD2, UD1, UD0
            case 1 ->
                switch (opcode) {
                    case 0x05, 0x07, 0x34, 0x35, 0x0B, 0xB9, 0xFF -> false;
                    default -> true;
                };
            default -> true;
        };
    }

    private static boolean isCondition(Encoding encoding) {
        return (encoding.opcode() & 0xF0) == (encoding.map() == 0 ? 0x70 : 0x80) && encoding.map() <= 1;
    }

    private static boolean isJump(Decoded d) {
        Encoding encoding = d.form.encoding();
        return encoding.map() == 0 && (encoding.opcode() == JMP_NEAR || encoding.opcode() == JMP_SHORT);
    }

    private static void copyOrJump(PatchCode out, Decoded d, long linear, long next, byte[] bytes) {
        long target = next + d.immediate & 0xFFFF_FFFFL;
        if (isJump(d)) {
            out.jump(linear, target);
        } else if (d.form.has(OperandKind.REL)) {
            out.jumpIf(linear, d.form.encoding().opcode() & 0xF, target);
        } else {
            out.copy(linear, bytes);
        }
    }
}
