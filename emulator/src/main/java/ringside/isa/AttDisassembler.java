package ringside.isa;

import java.util.ArrayList;
import java.util.List;

/** Writes instructions in AT&amp;T's syntax, in the way of GNU's objdump; GNU's assembler reads it. */
final class AttDisassembler {
    private AttDisassembler() {}

    /** The text of an instruction; see {@link Syntax#text}. */
    static String text(Decoded instruction, long address, Symbols symbols) {
        var names = new AttNames(instruction);
        var operands = new AttOperands(instruction, address, symbols);
        var words = new ArrayList<>(prefixes(instruction, names, operands));
        words.add(names.name());
        var list = operands.all();
        if (!list.isEmpty()) {
            words.add(String.join(",", list));
        }
        return String.join(" ", words) + operands.comment();
    }

    private static List<String> prefixes(Decoded instruction, AttNames names, AttOperands operands) {
        var form = instruction.form;
        var words = new ArrayList<String>();
        if (instruction.segment >= 0 && !operands.showsSegment()) {
            words.add(RegisterNames.segment(instruction.segment));
        }
        if (instruction.repeat != 0 && instruction.repeat != form.encoding().prefix()) {
            words.add(instruction.repeat == 0xF2 ? "repnz" : form.has(Attribute.REPE) ? "repz" : "rep");
        }
        if (instruction.lock) {
            words.add("lock");
        }
        if (!names.showsOperandSize() && !Disassembler.showsOperandSize(instruction)) {
            if (instruction.rex >= 0x48 && !form.encoding().rexW()) {
                words.add("rex.W");
            } else if (instruction.prefix66 && !Disassembler.isSystemRegisterMove64(instruction)) {
                words.add(instruction.bits == 16 ? "data32" : "data16");
            }
        }
        if (instruction.prefix67 && !operands.showsAddressSize()) {
            words.add(instruction.addressSize == 16 ? "addr16" : "addr32");
        }
        return words;
    }
}
