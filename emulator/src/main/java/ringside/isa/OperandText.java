package ringside.isa;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Writes the operands of one instruction. */
final class OperandText {
    /** Their memory operand has one size only, which NASM's disassembler does not write. */
    // spotless:off
    private static final Set<String> ONE_SIZE = Set.of(
            "SLDT", "STR", "SMSW", "LLDT", "LTR", "LMSW", "VERR", "VERW", "LAR", "LSL", "BOUND", "PREFETCHW",
            "VMXON", "VMCLEAR", "VMPTRLD", "VMPTRST", "FNSTSW", "FNSTCW", "FLDCW");
    // spotless:on

    /** Their memory operand's size is written, although a register says it too. */
    private static final Set<String> WRITTEN_SIZE = Set.of("UD1", "VMREAD", "VMWRITE");

    private final Decoded instruction;
    private final Form form;
    private final long next;
    private final Symbols symbols;

    OperandText(Decoded instruction, long address, Symbols symbols) {
        this.instruction = instruction;
        this.form = instruction.form;
        this.next = address + instruction.length;
        this.symbols = symbols;
    }

    List<String> all() {
        var texts = new ArrayList<String>();
        for (OperandSpec operand : form.operands()) {
            texts.add(text(operand));
        }
        if (form.mnemonic().equals("XCHG") && form.has(OperandKind.REG)) {
            Collections.reverse(texts); // NASM names the register in reg first
        }
        if (form.mnemonic().startsWith("LOOP") && instruction.prefix67) {
            texts.add(RegisterNames.general(instruction.addressSize, 1, false));
        }
        if ((form.mnemonic().equals("AAM") || form.mnemonic().equals("AAD")) && instruction.immediate == 10) {
            texts.clear();
        }
        return texts;
    }

    private String text(OperandSpec operand) {
        return switch (operand.kind()) {
            case RM ->
                instruction.isMemory()
                        ? memorySize(operand) + memory()
                        : RegisterNames.general(registerBits(operand), instruction.rm, instruction.rex == 0);
            case MEM -> memorySize(operand) + memory();
            case REG -> RegisterNames.general(operand.bits(), instruction.reg, instruction.rex == 0);
            case OPREG -> RegisterNames.general(operand.bits(), instruction.rm, instruction.rex == 0);
            case FIXED -> RegisterNames.general(operand.bits(), operand.register(), true);
            case FIXED_SREG -> RegisterNames.segment(operand.register());
            case SREG -> RegisterNames.segment(instruction.reg);
            case CR -> "cr" + instruction.reg;
            case DR -> "dr" + instruction.reg;
            case ONE -> "1";
            case IMM -> immediate(operand);
            case REL -> distance(operand);
            case MOFFS -> memory();
            case FAR_POINTER ->
                oddSize(instruction.operandSize) + hex(instruction.immediate2) + ":" + hex(instruction.immediate);
        };
    }

    /** MOV Sreg reads 16 bits of a register that is written at the operand size. */
    private int registerBits(OperandSpec operand) {
        return form.has(OperandKind.SREG) ? instruction.operandSize : operand.bits();
    }

    // Sizes.

    private String oddSize(int size) {
        return size == Disassembler.usualSize(instruction) ? "" : RegisterNames.sizeWord(size);
    }

    private String memorySize(OperandSpec operand) {
        boolean jump = form.mnemonic().equals("CALL") || form.mnemonic().equals("JMP");
        if (jump && operand.kind() == OperandKind.MEM) {
            return (instruction.operandSize == instruction.bits ? "" : RegisterNames.sizeWord(instruction.operandSize))
                    + "far ";
        }
        if (jump) {
            return oddSize(instruction.operandSize);
        }
        if (isUnwritten(operand)) {
            return "";
        }
        return RegisterNames.sizeWord(operand.memoryBits());
    }

    private boolean isUnwritten(OperandSpec memory) {
        var name = form.mnemonic();
        return ONE_SIZE.contains(name)
                || name.startsWith("SET")
                || memory.text().contains(":")
                || name.startsWith("MOV")
                        && form.operandSize() == 16
                        && memory.memoryBits() == 8
                        && form.operands().size() == 2
                        && form.has(OperandKind.REG)
                || !WRITTEN_SIZE.contains(name) && isKnownFromRegister(memory);
    }

    private boolean isKnownFromRegister(OperandSpec memory) {
        for (OperandSpec other : form.operands()) {
            boolean register = other.kind() == OperandKind.REG
                    || other.kind() == OperandKind.SREG
                    || other.kind() == OperandKind.FIXED && other.bits() != 8;
            if (register && other.bits() == memory.memoryBits()) {
                return true;
            }
        }
        return false;
    }

    // Memory.

    /** Whether the memory operand is written with its segment. */
    static boolean showsSegment(Decoded instruction) {
        return instruction.isMemory() || instruction.form.has(OperandKind.MOFFS);
    }

    /** Whether the operands show the address size, or have none to show. */
    static boolean showsAddressSize(Decoded instruction) {
        return !instruction.form.operands().isEmpty();
    }

    private String memory() {
        var text = new StringBuilder("[");
        if (instruction.ripRelative) {
            text.append(instruction.prefix67 ? "dword rel " : "rel ");
        }
        var segment = instruction.segment < 0 ? "" : RegisterNames.segment(instruction.segment) + ":";
        var size = isBare() && !instruction.ripRelative && !isUsualAddress()
                ? RegisterNames.sizeWord(instruction.addressSize)
                : "";
        text.append(form.has(OperandKind.MOFFS) ? segment + size : size + segment);
        if (instruction.ripRelative) {
            return text.append(address(next + instruction.displacement))
                    .append(']')
                    .toString();
        }
        if (isBare()) {
            return text.append(address(instruction.displacement)).append(']').toString();
        }
        return text.append(registers()).append(displacement()).append(']').toString();
    }

    private boolean isBare() {
        return instruction.base < 0 && instruction.index < 0;
    }

    /** Whether an address without registers is as wide as NASM's disassembler expects it. */
    private boolean isUsualAddress() {
        int size = instruction.addressSize;
        boolean offset = form.has(OperandKind.MOFFS);
        return switch (instruction.bits) {
            case 16 -> size == 16;
            case 32 -> size == 32 && (offset || hasName(instruction.displacement));
            default -> !offset || size == 32;
        };
    }

    private boolean hasName(long address) {
        return symbols.at(mask(address, instruction.addressSize)).isPresent();
    }

    private String registers() {
        int size = instruction.addressSize;
        var parts = new ArrayList<String>();
        if (instruction.base >= 0) {
            parts.add(RegisterNames.general(size, instruction.base, false));
        }
        if (instruction.index >= 0) {
            var index = RegisterNames.general(size, instruction.index, false);
            parts.add(instruction.scale == 1 ? index : index + "*" + instruction.scale);
        }
        return String.join("+", parts);
    }

    private String displacement() {
        long value = instruction.displacement;
        if (instruction.displacementBits == 0) {
            return "";
        }
        return value < 0 ? "-" + hex(-value) : "+" + hex(value);
    }

    private String address(long address) {
        long masked = mask(address, instruction.addressSize);
        return symbols.at(masked).orElseGet(() -> hex(masked));
    }

    // Numbers.

    private String immediate(OperandSpec operand) {
        if (operand != form.operands().get(form.operands().size() - 1)
                && form.mnemonic().equals("ENTER")) {
            return hex(instruction.immediate);
        }
        if (form.mnemonic().equals("ENTER")) {
            return hex(instruction.immediate2);
        }
        boolean extended = operand.bits() == 8
                        && !form.has(Attribute.UNSIGNED)
                        && form.operands().get(0).bits() != 8
                || form.mnemonic().equals("PUSH") && operand.bits() == 8;
        if (extended) {
            return "byte " + signed(instruction.immediate);
        }
        int size = form.operandSize() == 0 || form.mnemonic().equals("IMUL") ? operand.bits() : form.operandSize();
        return immediateSize(operand) + hex(mask(instruction.immediate, size));
    }

    private String immediateSize(OperandSpec operand) {
        return switch (form.mnemonic()) {
            case "PUSH" -> RegisterNames.sizeWord(form.operandSize());
            case "IMUL" -> RegisterNames.sizeWord(operand.bits());
            case "ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAR", "BT", "BTS", "BTR", "BTC" -> "byte ";
            default -> "";
        };
    }

    private String distance(OperandSpec operand) {
        long target = mask(next + instruction.immediate, instruction.operandSize);
        boolean counted = form.mnemonic().startsWith("LOOP") || form.has(Attribute.BY_ADDRESS);
        var size = operand.bits() == 8
                ? form.mnemonic().equals("JMP") ? "short " : ""
                : instruction.operandSize != Disassembler.usualSize(instruction)
                        ? RegisterNames.sizeWord(instruction.operandSize)
                        : form.mnemonic().equals("JMP") || form.mnemonic().equals("CALL") || counted ? "" : "near ";
        return size + symbols.at(target).orElseGet(() -> hex(target));
    }

    private static long mask(long value, int bits) {
        return bits >= 64 ? value : value & (1L << bits) - 1;
    }

    private static String signed(long value) {
        return value < 0 ? "-" + hex(-value) : "+" + hex(value);
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
