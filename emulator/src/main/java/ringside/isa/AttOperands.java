package ringside.isa;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Writes the operands of one instruction in AT&amp;T's syntax: sources first, registers with %, numbers with $. */
final class AttOperands {
    /** The order of their operands is the manual's (GNU as, 80386-Dependent Features, Syntactical Considerations). */
    private static final Set<String> NOT_REVERSED = Set.of("ENTER", "BOUND");

    private static final int ACCUMULATOR = 0;
    private static final int BX = 3;
    private static final int SOURCE = 6;
    private static final int DESTINATION = 7;
    private static final int DS = 3;

    private final Decoded instruction;
    private final Form form;
    private final long next;
    private final Symbols symbols;

    AttOperands(Decoded instruction, long address, Symbols symbols) {
        this.instruction = instruction;
        this.form = instruction.form;
        this.next = address + instruction.length;
        this.symbols = symbols;
    }

    List<String> all() {
        if (form.operands().isEmpty()) {
            return implied();
        }
        var texts = new ArrayList<String>();
        for (OperandSpec operand : form.operands()) {
            if (operand.kind() != OperandKind.ONE) {
                texts.add(text(operand));
            }
        }
        boolean exchange = form.mnemonic().equals("XCHG") && form.has(OperandKind.OPREG);
        if (!exchange && !NOT_REVERSED.contains(form.mnemonic())) {
            Collections.reverse(texts);
        }
        return texts;
    }

    // What the manual's rows do not name, and AT&T's tools write.

    private List<String> implied() {
        var name = form.mnemonic();
        return switch (name.length() == 5 ? name.substring(0, 4) : "") {
            case "MOVS" -> List.of(source(), destination());
            case "CMPS" -> List.of(destination(), source());
            case "STOS" -> List.of(accumulator(), destination());
            case "LODS" -> List.of(source(), accumulator());
            case "SCAS" -> List.of(destination(), accumulator());
            case "XLAT" -> List.of(overridden() + inBrackets(BX));
            default ->
                name.startsWith("INS") && name.length() == 4
                        ? List.of("(%dx)", destination())
                        : name.startsWith("OUTS") ? List.of(source(), "(%dx)") : List.of();
        };
    }

    private boolean hasImpliedMemory() {
        return form.operands().isEmpty() && !implied().isEmpty();
    }

    private String source() {
        return overridden() + inBrackets(SOURCE);
    }

    private String destination() {
        return "%es:" + inBrackets(DESTINATION);
    }

    private String overridden() {
        int segment = instruction.segment < 0 || isFlat(instruction.segment) ? DS : instruction.segment;
        return "%" + RegisterNames.segment(segment) + ":";
    }

    /** ES, CS, SS and DS do not count in 64-bit code (SDM 1, Segment Registers in 64-Bit Mode). */
    private boolean isFlat(int segment) {
        return instruction.bits == 64 && segment <= DS;
    }

    private String inBrackets(int register) {
        return "(%" + RegisterNames.general(instruction.addressSize, register, false) + ")";
    }

    private String accumulator() {
        int size = form.mnemonic().endsWith("B") ? 8 : form.operandSize();
        return "%" + RegisterNames.general(size, ACCUMULATOR, true);
    }

    // What they name.

    private String text(OperandSpec operand) {
        return switch (operand.kind()) {
            case RM, MEM -> star() + (instruction.isMemory() ? memory() : register(registerBits(operand)));
            case REG -> general(operand.bits(), instruction.reg);
            case OPREG -> general(operand.bits(), instruction.rm);
            case FIXED -> operand.text().equals("DX") ? "(%dx)" : general(operand.bits(), operand.register());
            case FIXED_SREG -> "%" + RegisterNames.segment(operand.register());
            case SREG -> "%" + RegisterNames.segment(instruction.reg);
            case CR -> "%cr" + instruction.reg;
            case DR -> "%db" + instruction.reg;
            case ONE -> "$1";
            case IMM -> "$" + hex(immediate(operand));
            case REL -> distance();
            case MOFFS -> segment() + address(instruction.displacement, instruction.addressSize);
            case FAR_POINTER -> "$" + hex(instruction.immediate2) + ",$" + hex(instruction.immediate);
        };
    }

    /** Where an indirect branch finds its target is marked. */
    private String star() {
        return form.mnemonic().equals("CALL") || form.mnemonic().equals("JMP") ? "*" : "";
    }

    private int registerBits(OperandSpec operand) {
        return form.has(OperandKind.SREG) ? instruction.operandSize : operand.bits();
    }

    private String register(int bits) {
        return general(bits, instruction.rm);
    }

    private String general(int bits, int number) {
        return "%" + RegisterNames.general(bits, number, instruction.rex == 0);
    }

    // Memory.

    /** Whether an operand shows the segment override, or it changes nothing. */
    boolean showsSegment() {
        return instruction.isMemory() || form.has(OperandKind.MOFFS) || hasImpliedMemory();
    }

    /** Whether operands or name show the address size; a number alone does not. */
    boolean showsAddressSize() {
        return instruction.isMemory() && !isBare()
                || form.has(Attribute.BY_ADDRESS)
                || form.mnemonic().startsWith("LOOP")
                || hasImpliedMemory();
    }

    private String segment() {
        return instruction.segment < 0 || isFlat(instruction.segment)
                ? ""
                : "%" + RegisterNames.segment(instruction.segment) + ":";
    }

    private String memory() {
        if (instruction.ripRelative) {
            var name = symbols.at(target());
            return segment()
                    + name.orElseGet(() -> signed(instruction.displacement))
                    + (instruction.prefix67 ? "(%eip)" : "(%rip)");
        }
        if (isBare()) {
            return segment() + address(instruction.displacement, instruction.addressSize);
        }
        var displacement = instruction.displacementBits == 0 ? "" : signed(instruction.displacement);
        return segment() + displacement + "(" + registers() + ")";
    }

    private boolean isBare() {
        return instruction.base < 0 && instruction.index < 0 && !instruction.ripRelative;
    }

    /** Base, index and scale, as far as there are any. */
    private String registers() {
        int size = instruction.addressSize;
        var text = new StringBuilder();
        if (instruction.base >= 0) {
            text.append('%').append(RegisterNames.general(size, instruction.base, false));
        }
        if (instruction.index >= 0) {
            text.append(",%").append(RegisterNames.general(size, instruction.index, false));
            text.append(size == 16 ? "" : "," + instruction.scale);
        }
        return text.toString();
    }

    private long target() {
        return mask(next + instruction.displacement, instruction.addressSize);
    }

    /** The address that one relative to RIP means, where no name says it. */
    String comment() {
        return instruction.ripRelative && symbols.at(target()).isEmpty() ? " # " + hex(target()) : "";
    }

    private String address(long address, int bits) {
        long masked = mask(address, bits);
        return symbols.at(masked).orElseGet(() -> hex(masked));
    }

    // Numbers.

    private long immediate(OperandSpec operand) {
        boolean second = form.mnemonic().equals("ENTER") && operand.bits() == 8;
        long value = second ? instruction.immediate2 : instruction.immediate;
        return mask(value, form.has(Attribute.UNSIGNED) || second ? operand.bits() : wholeBits(operand));
    }

    /** A number that is extended is written as wide as what it is added to, moved to or pushed with. */
    private int wholeBits(OperandSpec operand) {
        if (form.mnemonic().equals("PUSH")) {
            return instruction.operandSize;
        }
        var destination = form.operands().get(0);
        return destination == operand ? operand.bits() : destination.bits();
    }

    private String distance() {
        return address(next + instruction.immediate, instruction.operandSize);
    }

    private static long mask(long value, int bits) {
        return bits >= 64 || bits == 0 ? value : value & (1L << bits) - 1;
    }

    private static String signed(long value) {
        return value < 0 ? "-" + hex(-value) : hex(value);
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
