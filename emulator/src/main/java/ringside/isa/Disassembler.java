package ringside.isa;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes instructions in NASM's syntax, in the way of its own disassembler; {@link Syntax} has the other way. */
public final class Disassembler {
    /** Names that NASM writes without a suffix at the usual operand size, and with w, d or q at others. */
    private static final Map<String, String> STEMS = Map.ofEntries(
            Map.entry("PUSHA", "pusha"),
            Map.entry("PUSHAD", "pusha"),
            Map.entry("POPA", "popa"),
            Map.entry("POPAD", "popa"),
            Map.entry("PUSHF", "pushf"),
            Map.entry("PUSHFD", "pushf"),
            Map.entry("PUSHFQ", "pushf"),
            Map.entry("POPF", "popf"),
            Map.entry("POPFD", "popf"),
            Map.entry("POPFQ", "popf"),
            Map.entry("IRET", "iret"),
            Map.entry("IRETD", "iret"),
            Map.entry("IRETQ", "iret"),
            Map.entry("RET", "ret"),
            Map.entry("RETF", "retf"));

    private Disassembler() {}

    /**
     * The text of an instruction.
     *
     * @param instruction the instruction
     * @param address where it stands: what relative distances count from
     * @param symbols names for jump targets and memory without registers
     */
    public static String text(Decoded instruction, long address, Symbols symbols) {
        var operands = new OperandText(instruction, address, symbols);
        var text = new StringBuilder();
        for (String prefix : prefixes(instruction)) {
            text.append(prefix).append(' ');
        }
        text.append(name(instruction));
        var list = operands.all();
        if (!list.isEmpty()) {
            text.append(' ').append(String.join(",", list));
        }
        return text.toString();
    }

    /** The text without names for addresses. */
    public static String text(Decoded instruction, long address) {
        return text(instruction, address, Symbols.NONE);
    }

    private static String name(Decoded instruction) {
        var name = instruction.form.mnemonic();
        var stem = STEMS.get(name);
        return stem == null ? name.toLowerCase(Locale.ROOT) : stem + sizeSuffix(instruction);
    }

    private static String sizeSuffix(Decoded instruction) {
        if (instruction.operandSize == usualSize(instruction)) {
            return "";
        }
        return switch (instruction.operandSize) {
            case 16 -> "w";
            case 32 -> "d";
            default -> "q";
        };
    }

    /** The operand size of the form without prefixes. */
    static int usualSize(Decoded instruction) {
        if (instruction.bits != 64) {
            return instruction.bits;
        }
        var form = instruction.form;
        return form.has(Attribute.D64) || form.has(Attribute.F64) || form.has(Attribute.MODE) ? 64 : 32;
    }

    private static List<String> prefixes(Decoded instruction) {
        var form = instruction.form;
        var words = new ArrayList<String>();
        if (instruction.segment >= 0 && !OperandText.showsSegment(instruction)) {
            words.add(RegisterNames.segment(instruction.segment));
        }
        if (instruction.repeat != 0 && instruction.repeat != form.encoding().prefix()) {
            words.add(instruction.repeat == 0xF2 ? "repne" : form.has(Attribute.REPE) ? "repe" : "rep");
        }
        if (instruction.lock) {
            words.add("lock");
        }
        if (!showsOperandSize(instruction)) {
            if (instruction.rex >= 0x48 && !form.encoding().rexW()
                    || form.mnemonic().startsWith("SYS") && instruction.rex >= 0x48) {
                words.add("o64");
            } else if (instruction.prefix66 && !isSystemRegisterMove64(instruction)) {
                words.add(instruction.bits == 16 ? "o32" : "o16");
            }
        }
        if (instruction.prefix67 && !OperandText.showsAddressSize(instruction)) {
            words.add(instruction.addressSize == 16 ? "a16" : "a32");
        }
        return words;
    }

    /** MOV of control and debug registers has 64 bits in 64-bit code, and shows it. */
    static boolean isSystemRegisterMove64(Decoded instruction) {
        var form = instruction.form;
        return instruction.bits == 64 && (form.has(OperandKind.CR) || form.has(OperandKind.DR));
    }

    /** Whether the text shows the effect of prefix 66 or REX.W without an o16, o32 or o64. */
    static boolean showsOperandSize(Decoded instruction) {
        var form = instruction.form;
        if (form.encoding().prefix() == 0x66 || STEMS.containsKey(form.mnemonic())) {
            return true;
        }
        if (form.encoding().prefix() == Encoding.NO_PREFIX && form.has(Attribute.MODE)) {
            return true;
        }
        if (form.has(OperandKind.SREG)) {
            return !instruction.isMemory();
        }
        return form.isSized() && !form.has(Attribute.BY_ADDRESS) && !form.has(Attribute.MODE);
    }
}
