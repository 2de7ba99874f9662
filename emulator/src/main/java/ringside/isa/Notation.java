package ringside.isa;

import static ringside.isa.OperandKind.CR;
import static ringside.isa.OperandKind.DR;
import static ringside.isa.OperandKind.FAR_POINTER;
import static ringside.isa.OperandKind.FIXED;
import static ringside.isa.OperandKind.FIXED_SREG;
import static ringside.isa.OperandKind.IMM;
import static ringside.isa.OperandKind.MEM;
import static ringside.isa.OperandKind.MOFFS;
import static ringside.isa.OperandKind.ONE;
import static ringside.isa.OperandKind.OPREG;
import static ringside.isa.OperandKind.REG;
import static ringside.isa.OperandKind.REL;
import static ringside.isa.OperandKind.RM;
import static ringside.isa.OperandKind.SREG;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads rows in the manual's notation (SDM 2A, Interpreting the Instruction Reference Pages), widened by one sign: a
 * bar lists what the operand sizes 16, 32 and 64 make of a row, as in {@code 81 /0 iw|id|id} and
 * {@code ADD r/m16|32|64, imm16|32|32}. An item without a bar is the same at every size. An alternative that begins
 * with a letter stands for the whole item ({@code AX|EAX|RAX}); another one replaces the number at its end
 * ({@code m16:16|32|64}).
 */
public final class Notation {
    private static final Pattern TRAILING_NUMBER = Pattern.compile("\\d+$");
    private static final Pattern SIZE = Pattern.compile("(\\d+)");
    private static final int[] SIZES = {16, 32, 64};
    private static final List<String> BYTE_REGISTERS = List.of("AL", "CL");
    private static final List<String> GENERAL = List.of("AX", "CX", "DX");
    private static final List<String> SEGMENTS = List.of("ES", "CS", "SS", "DS", "FS", "GS");

    private final int row;
    private final String encoding;
    private final String syntax;
    private final Trait trait;
    private final Set<Attribute> attributes = EnumSet.noneOf(Attribute.class);

    private Notation(int row, String encoding, String syntax, Trait trait, Attribute... attributes) {
        this.row = row;
        this.encoding = encoding.trim();
        this.syntax = syntax.trim();
        this.trait = trait;
        this.attributes.addAll(Arrays.asList(attributes));
    }

    /**
     * The forms of one row, one for every operand size and condition that it lists.
     *
     * @throws IllegalArgumentException if the row is not in the notation
     */
    public static List<Form> forms(int row, String encoding, String syntax, Trait trait, Attribute... attributes) {
        return new Notation(row, encoding, syntax, trait, attributes).forms();
    }

    private List<Form> forms() {
        var alternatives = alternatives();
        var forms = new ArrayList<Form>();
        for (int i = 0; i < alternatives; i++) {
            int chosen = alternatives == 1 ? 0 : chosenSizes(alternatives, i);
            if (encoding.contains("+cc")) {
                for (int condition = 0; condition < 16; condition++) {
                    forms.add(form(i, chosen, condition));
                }
            } else {
                forms.add(form(i, chosen, 0));
            }
        }
        return List.copyOf(forms);
    }

    private int alternatives() {
        int most = 1;
        for (String item : (encoding + " " + syntax).split("[ ,]+")) {
            int here = item.split("\\|").length;
            if (here > 1 && most > 1 && here != most) {
                throw wrong("has lists of " + most + " and " + here + " sizes");
            }
            most = Math.max(most, here);
        }
        if (most > 3) {
            throw wrong("lists more than three sizes");
        }
        return most;
    }

    /** Of two alternatives the first is 16 bits, except where the mode or a written 64 says otherwise. */
    private int chosenSizes(int alternatives, int index) {
        if (alternatives == 3) {
            return SIZES[index];
        }
        if (syntax.contains("32|64")) {
            return index == 0 ? 16 | 32 : 64;
        }
        // Without a 64-bit alternative REX.W changes nothing: IN EAX stays IN EAX.
        return index == 0 ? 16 : 32 | 64;
    }

    private Form form(int index, int chosen, int condition) {
        var words = syntax.split(" ", 2);
        var mnemonic = alternative(words[0], index);
        if (mnemonic.endsWith("cc")) {
            mnemonic = mnemonic.substring(0, mnemonic.length() - 2)
                    + Conditions.names(condition).get(0);
        }
        var operands = new ArrayList<OperandSpec>();
        if (words.length > 1) {
            for (String operand : words[1].split(",")) {
                operands.add(operand(alternative(operand.trim(), index)));
            }
        }
        var flags = EnumSet.copyOf(attributes);
        if (operands.stream().anyMatch(o -> o.kind() == MEM)) {
            flags.add(Attribute.MEM);
        }
        return new Form(
                row, mnemonic, operands, bytes(index, condition), trait, flags, operandSize(operands, chosen), chosen);
    }

    private static int operandSize(List<OperandSpec> operands, int chosen) {
        if (chosen != 0) {
            return Integer.bitCount(chosen) == 1 ? chosen : 32;
        }
        return operands.stream()
                .filter(o -> o.kind() == RM || o.kind() == REG || o.kind() == OPREG || o.kind() == FIXED)
                .mapToInt(OperandSpec::bits)
                .findFirst()
                .orElse(0);
    }

    /** Item {@code r16|32|64/m16} at index 1 is {@code r32/m16}. */
    private static String alternative(String item, int index) {
        var parts = item.split("\\|");
        if (parts.length == 1) {
            return item;
        }
        var last = parts[parts.length - 1];
        int slash = Character.isDigit(last.charAt(0)) ? last.indexOf('/') : -1;
        var suffix = slash < 0 ? "" : last.substring(slash);
        var part = parts[index].endsWith(suffix)
                ? parts[index].substring(0, parts[index].length() - suffix.length())
                : parts[index];
        var stem = index > 0 && Character.isDigit(part.charAt(0))
                ? TRAILING_NUMBER.matcher(parts[0]).replaceFirst("")
                : "";
        return stem + part + suffix;
    }

    private Encoding bytes(int index, int condition) {
        int prefix = 0;
        boolean rexW = false;
        int map = 0;
        int opcode = -1;
        boolean inRegister = false;
        int modRm = Encoding.NONE;
        var immediates = new ArrayList<Encoding.Immediate>();
        var words = encoding.split(" +");
        for (int i = 0; i < words.length; i++) {
            var word = alternative(words[i], index);
            boolean more = i + 1 < words.length && words[i + 1].matches("[0-9A-F]{2}(\\+.*)?");
            if (word.equals("NP")) {
                prefix = Encoding.NO_PREFIX;
            } else if (word.equals("NFx")) {
                prefix = Encoding.NO_REPEAT;
            } else if (word.equals("REX.W")) {
                rexW = true;
            } else if (word.matches("66|F2|F3") && opcode < 0 && map == 0 && more) {
                prefix = Integer.parseInt(word, 16);
            } else if (word.equals("0F") && opcode < 0 && map == 0) {
                map = 1;
            } else if (word.matches("38|3A") && opcode < 0 && map == 1 && more) {
                map = word.equals("38") ? 2 : 3;
            } else if (word.matches("[0-9A-F]{2}(\\+r|\\+cc)?") && opcode < 0) {
                opcode = Integer.parseInt(word.substring(0, 2), 16) + (word.endsWith("+cc") ? condition : 0);
                inRegister = word.endsWith("+r");
            } else if (word.matches("[0-9A-F]{2}")) {
                modRm = Encoding.FIXED + Integer.parseInt(word, 16);
            } else if (word.equals("/r")) {
                modRm = Encoding.ANY_REG;
            } else if (word.matches("/[0-7]")) {
                modRm = word.charAt(1) - '0';
            } else if (word.matches("i[bwdo]|c[bwdp]|moffs")) {
                immediates.add(Encoding.Immediate.valueOf(word.toUpperCase(Locale.ROOT)));
            } else {
                throw wrong("has an unknown word '" + word + "'");
            }
        }
        if (opcode < 0) {
            throw wrong("has no opcode");
        }
        return new Encoding(prefix, rexW, map, opcode, inRegister, modRm, List.copyOf(immediates));
    }

    private OperandSpec operand(String text) {
        int last = number(text, true);
        if (text.startsWith("r/m")) {
            return new OperandSpec(RM, last, last, 0, text);
        }
        if (text.matches("r\\d+/m\\d+")) {
            return new OperandSpec(RM, number(text, false), last, 0, text);
        }
        if (text.matches("r\\d+")) {
            return new OperandSpec(register(), last, last, 0, text);
        }
        if (text.startsWith("moffs")) {
            return new OperandSpec(MOFFS, last, last, 0, text);
        }
        if (text.matches("m\\d+[:&]\\d+")) {
            int total = number(text, false) + last;
            return new OperandSpec(MEM, total, total, 0, text);
        }
        if (text.matches("m(\\d+.*)?")) {
            return new OperandSpec(MEM, number(text, false), number(text, false), 0, text);
        }
        if (text.startsWith("imm")) {
            return new OperandSpec(IMM, last, last, 0, text);
        }
        if (text.startsWith("rel")) {
            return new OperandSpec(REL, last, last, 0, text);
        }
        if (text.startsWith("ptr16:")) {
            return new OperandSpec(FAR_POINTER, 16 + last, 16 + last, 0, text);
        }
        return switch (text) {
            case "Sreg" -> new OperandSpec(SREG, 16, 16, 0, text);
            case "CRn" -> new OperandSpec(CR, 0, 0, 0, text);
            case "DRn" -> new OperandSpec(DR, 0, 0, 0, text);
            case "1" -> new OperandSpec(ONE, 8, 8, 0, text);
            default -> implied(text);
        };
    }

    /** SDM 2B, MOV to or from control and debug registers: reg names those, r/m the general register. */
    private OperandKind register() {
        if (syntax.contains("CRn") || syntax.contains("DRn")) {
            return RM;
        }
        return encoding.contains("+r") ? OPREG : REG;
    }

    private OperandSpec implied(String text) {
        if (BYTE_REGISTERS.contains(text)) {
            return new OperandSpec(FIXED, 8, 8, BYTE_REGISTERS.indexOf(text), text);
        }
        if (SEGMENTS.contains(text)) {
            return new OperandSpec(FIXED_SREG, 16, 16, SEGMENTS.indexOf(text), text);
        }
        int bits = text.startsWith("R") ? 64 : text.startsWith("E") ? 32 : 16;
        int register = GENERAL.indexOf(bits == 16 ? text : text.substring(1));
        if (register < 0) {
            throw wrong("has an unknown operand '" + text + "'");
        }
        return new OperandSpec(FIXED, bits, bits, register, text);
    }

    private static int number(String text, boolean last) {
        Matcher numbers = SIZE.matcher(text);
        int found = 0;
        while (numbers.find()) {
            found = Integer.parseInt(numbers.group());
            if (!last) {
                return found;
            }
        }
        return found;
    }

    private IllegalArgumentException wrong(String why) {
        return new IllegalArgumentException("Row '" + encoding + "', '" + syntax + "' " + why);
    }
}
