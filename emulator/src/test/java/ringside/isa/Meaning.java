package ringside.isa;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** What an instruction does, in words that do not depend on which of several encodings it has. */
final class Meaning {
    private final Decoded instruction;
    private final Form form;
    private final long next;

    private Meaning(Decoded instruction, long address) {
        this.instruction = instruction;
        this.form = instruction.form;
        this.next = address + instruction.length;
    }

    /** Equal for instructions that do the same at the same address, their length aside. */
    static String of(Decoded instruction, long address) {
        return new Meaning(instruction, address).text();
    }

    private String text() {
        var operands = new ArrayList<String>();
        form.operands().forEach(operand -> operands.add(operand(operand)));
        if (form.mnemonic().equals("XCHG") || form.mnemonic().equals("TEST")) {
            Collections.sort(operands);
        }
        return (instruction.lock ? "lock " : "")
                + (form.has(Attribute.REP) || form.has(Attribute.REPE) ? "repeat " + instruction.repeat + " " : "")
                + form.mnemonic() + " " + size() + String.join(", ", operands)
                + (form.operands().isEmpty() && isString() ? " " + segment() + instruction.addressSize : "");
    }

    private boolean isString() {
        return form.mnemonic().matches("(MOVS|CMPS|STOS|LODS|SCAS|INS|OUTS)[BWDQ]|XLATB");
    }

    /** STOS and SCAS use ES whatever the prefixes say. */
    private String segment() {
        boolean fixed = form.mnemonic().matches("(STOS|SCAS|INS).*");
        boolean flat = instruction.bits == 64 && instruction.effectiveSegment() < 4;
        return fixed || flat ? "" : RegisterNames.segment(instruction.effectiveSegment()) + ":";
    }

    private String size() {
        return form.mnemonic().matches("PUSH|POP|CALL|JMP|RETF?|ENTER|LEAVE|[LS][GI]DT")
                                && !(instruction.bits == 64 && form.mnemonic().matches("[LS][GI]DT"))
                        || form.has(OperandKind.REL)
                ? instruction.operandSize + " "
                : form.isSized() && !form.has(OperandKind.SREG) ? form.operandSize() + " " : "";
    }

    private String operand(OperandSpec operand) {
        return switch (operand.kind()) {
            case RM, MEM -> instruction.isMemory() ? memory() + size(operand) : general(bits(operand), instruction.rm);
            case REG -> general(operand.bits(), instruction.reg);
            case OPREG -> general(operand.bits(), instruction.rm);
            case FIXED -> general(operand.bits(), operand.register());
            case FIXED_SREG -> RegisterNames.segment(operand.register());
            case SREG -> RegisterNames.segment(instruction.reg);
            case CR -> "cr" + instruction.reg;
            case DR -> "dr" + instruction.reg;
            case ONE -> "1";
            case IMM -> number(operand);
            case REL -> Long.toHexString(mask(next + instruction.immediate, instruction.operandSize));
            case MOFFS -> memory() + size(operand);
            case FAR_POINTER -> instruction.immediate2 + ":" + instruction.immediate;
        };
    }

    /** A segment register's selector clears the upper half of one of 64 bits at either size. */
    private int bits(OperandSpec operand) {
        return form.has(OperandKind.SREG) ? Math.min(instruction.operandSize, 32) : operand.bits();
    }

    private String size(OperandSpec operand) {
        return form.has(OperandKind.SREG) ? "" : " of " + operand.memoryBits();
    }

    private String general(int bits, int number) {
        return RegisterNames.general(bits, number, instruction.rex == 0 || bits != 8);
    }

    private String memory() {
        List<String> parts = new ArrayList<>();
        int size = instruction.addressSize;
        if (instruction.ripRelative) {
            parts.add("rip");
        }
        if (instruction.base >= 0) {
            parts.add(RegisterNames.general(size, instruction.base, false));
        }
        if (instruction.index >= 0) {
            parts.add(RegisterNames.general(size, instruction.index, false) + "*" + instruction.scale);
        }
        parts.add(Long.toHexString(mask(instruction.displacement, size)));
        return segment() + "[" + size + " " + String.join("+", parts) + "]";
    }

    private String number(OperandSpec operand) {
        if (operand.bits() == 8 && form.mnemonic().equals("ENTER")) {
            return Long.toString(instruction.immediate2);
        }
        int whole = form.mnemonic().equals("PUSH")
                ? instruction.operandSize
                : form.operands().get(0).bits();
        return String.format(
                Locale.ROOT,
                "%x",
                mask(instruction.immediate, form.has(Attribute.UNSIGNED) || whole == 0 ? operand.bits() : whole));
    }

    private static long mask(long value, int bits) {
        return bits >= 64 ? value : value & (1L << bits) - 1;
    }
}
