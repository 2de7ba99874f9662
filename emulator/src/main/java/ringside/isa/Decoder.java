package ringside.isa;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the form that bytes belong to.
 *
 * <p>The forms lie sorted in slots, one for each opcode, and, where ModRM follows, for each reg and for register or
 * memory; so only few are looked at. In a slot the more specific form comes first: one with a mandatory prefix, with
 * REX.W, with a ModRM byte of its own.
 */
public final class Decoder {
    private static final int MAPS = 4;
    private static final int SLOTS = 16;
    private static final Form[] NO_FORMS = {};

    private final List<Form> table;
    private final Form[][] slots = new Form[MAPS * 256 * SLOTS][];
    private final boolean[] hasModRm = new boolean[MAPS * 256];

    /**
     * A decoder for the forms of a table.
     *
     * @throws IllegalArgumentException if the forms of one opcode disagree about whether ModRM follows
     */
    public Decoder(List<Form> table) {
        this.table = List.copyOf(table);
        var lists = new ArrayList<List<Form>>();
        for (int i = 0; i < slots.length; i++) {
            lists.add(new ArrayList<>());
        }
        var seen = new boolean[MAPS * 256];
        for (Form form : table) {
            for (int opcode : opcodes(form.encoding())) {
                if (seen[opcode] && hasModRm[opcode] != form.encoding().hasModRm()) {
                    throw new IllegalArgumentException("Forms disagree about ModRM: " + form);
                }
                seen[opcode] = true;
                hasModRm[opcode] = form.encoding().hasModRm();
                for (int slot = 0; slot < SLOTS; slot++) {
                    if (belongs(form, slot)) {
                        lists.get(opcode * SLOTS + slot).add(form);
                    }
                }
            }
        }
        for (int i = 0; i < slots.length; i++) {
            lists.get(i).sort(Comparator.comparingInt(Decoder::specificity).reversed());
            slots[i] = lists.get(i).isEmpty() ? NO_FORMS : lists.get(i).toArray(NO_FORMS);
        }
    }

    private static List<Integer> opcodes(Encoding encoding) {
        int first = encoding.map() * 256 + encoding.opcode();
        var opcodes = new ArrayList<Integer>();
        for (int i = 0; i < (encoding.inRegister() ? 8 : 1); i++) {
            opcodes.add(first + i);
        }
        return opcodes;
    }

    private static boolean belongs(Form form, int slot) {
        var encoding = form.encoding();
        if (!encoding.hasModRm()) {
            return slot == 0;
        }
        int reg = slot & 7;
        boolean register = slot >= 8;
        if (encoding.hasFixedModRm()) {
            int modRm = encoding.modRm() - Encoding.FIXED;
            return (modRm >> 3 & 7) == reg && modRm >= 0xC0 == register;
        }
        return (!encoding.hasDigit() || encoding.modRm() == reg)
                && !(form.has(Attribute.MEM) && register)
                && !(form.has(Attribute.REG) && !register)
                && namesRegisters(form, reg);
    }

    /** There are segment registers 0 to 5, of which CS is never loaded, and control registers 0, 2, 3, 4 and 8. */
    private static boolean namesRegisters(Form form, int reg) {
        for (OperandSpec operand : form.operands()) {
            if (operand.kind() == OperandKind.SREG) {
                return reg < 6 && !(reg == 1 && operand == form.operands().get(0));
            }
            if (operand.kind() == OperandKind.CR) {
                return reg == 0 || reg == 2 || reg == 3 || reg == 4;
            }
        }
        return true;
    }

    static int specificity(Form form) {
        var encoding = form.encoding();
        return (encoding.prefix() != 0 ? 16 : 0)
                + (encoding.rexW() ? 8 : 0)
                + (encoding.hasFixedModRm() ? 4 : 0)
                + (encoding.hasDigit() ? 2 : 0)
                + (encoding.inRegister() ? 0 : 1);
    }

    /** The forms, in the table's order. */
    public List<Form> table() {
        return table;
    }

    /**
     * Decodes one instruction.
     *
     * @param bytes where it begins; exactly its bytes are read
     * @param bits the size of the code: 16, 32 or 64
     * @throws UndefinedInstruction if no form has these bytes, or they do not end within 15
     */
    public Decoded decode(CodeSource bytes, int bits) {
        var reading = new Reading(bytes, bits);
        for (Form form : slots[slot(reading)]) {
            if (matches(form, reading)) {
                return finish(form, reading);
            }
        }
        throw reading.undefined();
    }

    /** All forms that the beginning of an instruction could be; the first one is what it is. */
    List<Form> claimants(CodeSource bytes, int bits) {
        var reading = new Reading(bytes, bits);
        return Arrays.stream(slots[slot(reading)])
                .filter(form -> matches(form, reading))
                .toList();
    }

    /** Reads prefixes, opcode and ModRM. */
    private int slot(Reading reading) {
        reading.readOpcode();
        int opcode = reading.map * 256 + reading.opcode;
        if (!hasModRm[opcode]) {
            return opcode * SLOTS;
        }
        reading.readModRm();
        return opcode * SLOTS + (reading.modRm >> 3 & 7) + (reading.mod == 3 ? 8 : 0);
    }

    private static boolean matches(Form form, Reading reading) {
        var encoding = form.encoding();
        if (form.has(reading.bits == 64 ? Attribute.I64 : Attribute.O64)) {
            return false;
        }
        if (!hasPrefix(encoding.prefix(), reading)
                || encoding.rexW() && !reading.rexW()
                || encoding.hasFixedModRm() && encoding.modRm() - Encoding.FIXED != reading.modRm
                || form.has(Attribute.NO_REX_B) && (reading.rex & 1) != 0) {
            return false;
        }
        return form.fits(reading.choosingSize(form));
    }

    private static boolean hasPrefix(int wanted, Reading reading) {
        return switch (wanted) {
            case 0 -> true;
            case Encoding.NO_PREFIX -> reading.repeat == 0 && !reading.prefix66;
            case Encoding.NO_REPEAT -> reading.repeat == 0;
            case 0x66 -> reading.repeat == 0 && reading.prefix66;
            default -> reading.repeat == wanted;
        };
    }

    private static Decoded finish(Form form, Reading reading) {
        if (form.encoding().inRegister()) {
            reading.registerFromOpcode();
        }
        if (form.encoding().hasModRm()) {
            if (form.has(OperandKind.CR) || form.has(OperandKind.DR)) {
                if (reading.reg(form) > (form.has(OperandKind.CR) ? 8 : 7)) {
                    throw reading.undefined();
                }
                reading.forceRegister();
            }
            reading.readAddress();
        }
        reading.readImmediates(form);
        var decoded = new Decoded(reading, form);
        if (decoded.lock && !(form.has(Attribute.LOCK) && decoded.isMemory())) {
            throw reading.undefined();
        }
        return decoded;
    }
}
