package ringside.isa;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which names AT&amp;T's syntax gives to instructions, and which of them say a size. */
final class AttNames {
    /** Names of its own (GNU as, 80386-Dependent Features, AT&amp;T Mnemonic versus Intel Mnemonic). */
    private static final Map<String, String> OWN = Map.ofEntries(
            Map.entry("CBW", "cbtw"),
            Map.entry("CWDE", "cwtl"),
            Map.entry("CDQE", "cltq"),
            Map.entry("CWD", "cwtd"),
            Map.entry("CDQ", "cltd"),
            Map.entry("CQO", "cqto"),
            Map.entry("MOVSD", "movsl"),
            Map.entry("CMPSD", "cmpsl"),
            Map.entry("INSD", "insl"),
            Map.entry("OUTSD", "outsl"),
            Map.entry("XLATB", "xlat"),
            Map.entry("WAIT", "fwait"));

    /** The size is written behind these where it is not the usual one of the code. */
    // spotless:off
    private static final Set<String> USUALLY_BARE = Set.of(
            "PUSH", "POP", "CALL", "JMP", "LCALL", "LJMP", "RET", "LRET", "IRET", "ENTER", "LEAVE",
            "PUSHA", "POPA", "PUSHF", "POPF");

    /** Their memory operand has one size only, and none is written. */
    private static final Set<String> ONE_SIZE = Set.of(
            "SLDT", "STR", "SMSW", "LLDT", "LTR", "LMSW", "VERR", "VERW", "CMPXCHG8B", "CMPXCHG16B", "FNSTSW", "FNSTCW",
            "FLDCW", "VMXON", "VMCLEAR", "VMPTRLD", "VMPTRST", "PREFETCHNTA", "PREFETCHT0", "PREFETCHT1", "PREFETCHT2",
            "PREFETCHW");

    /** They name a table register, whose size in memory depends on the code's. */
    private static final Set<String> TABLE_REGISTERS = Set.of("LGDT", "SGDT", "LIDT", "SIDT");

    /** One conditional name for each condition code, from 0 on. */
    private static final List<String> CONDITIONS = List.of(
            "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g");
    // spotless:on

    private static final Map<String, String> CONDITIONAL = conditional();

    private final Decoded instruction;
    private final Form form;

    AttNames(Decoded instruction) {
        this.instruction = instruction;
        this.form = instruction.form;
    }

    private static Map<String, String> conditional() {
        Map<String, String> names = new HashMap<>();
        for (int code = 0; code < CONDITIONS.size(); code++) {
            for (String verb : List.of("J", "SET", "CMOV")) {
                names.put(verb + Conditions.names(code).get(0), verb.toLowerCase(Locale.ROOT) + CONDITIONS.get(code));
            }
        }
        return Map.copyOf(names);
    }

    /** The name, with its suffix where it has one. */
    String name() {
        var manual = form.mnemonic();
        if (CONDITIONAL.containsKey(manual)) {
            return CONDITIONAL.get(manual);
        }
        if (manual.equals("MOVZX") || manual.equals("MOVSX") || manual.equals("MOVSXD")) {
            return extension(manual);
        }
        if (isAbsoluteMove()) {
            return "movabs";
        }
        if (manual.startsWith("LOOP")) {
            return manual.toLowerCase(Locale.ROOT) + (instruction.prefix67 ? suffix(instruction.addressSize) : "");
        }
        var stem = stem();
        return OWN.getOrDefault(manual, stem.toLowerCase(Locale.ROOT) + sizeSuffix(stem));
    }

    /** MOVZX and MOVSX say both sizes, the source's first. */
    private String extension(String manual) {
        var from = form.operands().get(1);
        int to = form.operands().get(0).bits();
        if (manual.equals("MOVSXD") && to != 64) {
            return "movsxd";
        }
        return (manual.equals("MOVZX") ? "movz" : "movs") + suffix(from.memoryBits()) + suffix(to);
    }

    /** A number or an address of 64 bits stands in the instruction. */
    private boolean isAbsoluteMove() {
        boolean longAddress = form.has(OperandKind.MOFFS) && instruction.addressSize == 64;
        boolean longNumber = form.encoding().immediates().contains(Encoding.Immediate.IO);
        return longAddress || longNumber;
    }

    /** Without what the manual's name says of its size, which operands say here. */
    private String stem() {
        var manual = form.mnemonic();
        if (isFar()) {
            return "L" + manual;
        }
        if (manual.equals("RETF")) {
            return "LRET";
        }
        if (isAccumulatorString()) {
            return manual.substring(0, 4);
        }
        for (String stem : List.of("PUSHA", "POPA", "PUSHF", "POPF", "IRET")) {
            if (manual.startsWith(stem)) {
                return stem;
            }
        }
        return manual;
    }

    private boolean isFar() {
        return (form.mnemonic().equals("CALL") || form.mnemonic().equals("JMP"))
                && (form.has(OperandKind.MEM) || form.has(OperandKind.FAR_POINTER));
    }

    /** LODS, STOS and SCAS are written with AL, AX, EAX or RAX. */
    boolean isAccumulatorString() {
        return form.operands().isEmpty() && form.mnemonic().matches("(LODS|STOS|SCAS)[BWDQ]");
    }

    private String sizeSuffix(String stem) {
        if (USUALLY_BARE.contains(stem)) {
            return isShortJump() || isRegisterOnStack() || instruction.operandSize == usualSize(stem)
                    ? ""
                    : suffix(instruction.operandSize);
        }
        if (TABLE_REGISTERS.contains(stem)) {
            return instruction.bits == 64 ? "" : suffix(instruction.operandSize);
        }
        if ((stem.equals("SYSRET") || stem.equals("SYSEXIT")) && instruction.bits == 64) {
            return instruction.rex >= 0x48 ? "q" : "l";
        }
        return needsSuffix() ? suffix(memoryBits()) : "";
    }

    private boolean isShortJump() {
        return form.has(OperandKind.REL) && form.operands().get(0).bits() == 8;
    }

    /** PUSH and POP of a register: its name says the size. */
    private boolean isRegisterOnStack() {
        return form.has(OperandKind.OPREG) || form.has(OperandKind.RM) && !instruction.isMemory();
    }

    /** Far jumps and returns have 32 bits in 64-bit code too, where nothing is said. */
    private int usualSize(String stem) {
        return instruction.bits == 64 && (stem.startsWith("L") && !stem.equals("LEAVE") || stem.equals("IRET"))
                ? 32
                : instruction.bits;
    }

    /** Memory is named, and no register beside it says how much of it. */
    private boolean needsSuffix() {
        return instruction.isMemory()
                && !ONE_SIZE.contains(form.mnemonic())
                && memoryBits() > 0
                && memoryBits() <= 64
                && form.operands().stream()
                        .allMatch(operand -> operand.isModRm()
                                || operand.kind() == OperandKind.IMM
                                || operand.kind() == OperandKind.ONE
                                || isCount(operand));
    }

    /** CL says how far a shift goes, and nothing of what is shifted. */
    static boolean isCount(OperandSpec operand) {
        return operand.text().equals("CL");
    }

    private int memoryBits() {
        return form.operands().stream()
                .filter(OperandSpec::isModRm)
                .mapToInt(OperandSpec::memoryBits)
                .findFirst()
                .orElse(0);
    }

    private static String suffix(int bits) {
        return switch (bits) {
            case 8 -> "b";
            case 16 -> "w";
            case 32 -> "l";
            default -> "q";
        };
    }

    /** Whether name or operands show the effect of prefix 66 or REX.W. */
    boolean showsOperandSize() {
        var manual = form.mnemonic();
        return USUALLY_BARE.contains(stem()) && !isShortJump()
                || TABLE_REGISTERS.contains(manual) && instruction.bits != 64
                || manual.startsWith("SYS");
    }
}
