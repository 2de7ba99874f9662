package ringside.reference;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import ringside.isa.Attribute;
import ringside.isa.Decoded;
import ringside.isa.Encoding;
import ringside.isa.Form;
import ringside.isa.OperandKind;

/** What the comparison with the host must know of a form. */
final class Forms {
    /** Forms that are not compared, by mnemonic, with the reason. */
    static final Map<String, String> APART = Map.ofEntries(
            entry("SGDT", "UMIP: the host's kernel sets CR4.UMIP and answers instead of the processor"),
            entry("SIDT", "UMIP"),
            entry("SLDT", "UMIP"),
            entry("STR", "UMIP"),
            entry("SMSW", "UMIP"),
            entry("CPUID", "shows which processor it is"),
            entry("RDTSC", "shows the time"),
            entry("RDTSCP", "shows the time and the processor"),
            entry("VMRUN", "SVM: whether it exists is for the host's EFER.SVME to say"),
            entry("VMMCALL", "leaves for a hypervisor below the host"),
            entry("VMLOAD", "SVM"),
            entry("VMSAVE", "SVM"),
            entry("STGI", "SVM"),
            entry("CLGI", "SVM"),
            entry("SKINIT", "SVM"),
            entry("INVLPGA", "SVM"),
            entry("VMXON", "VMX: whether it exists is for the host's CR4.VMXE to say"),
            entry("VMXOFF", "VMX"),
            entry("VMCALL", "leaves for a hypervisor below the host"),
            entry("VMCLEAR", "VMX"),
            entry("VMPTRLD", "VMX"),
            entry("VMPTRST", "VMX"),
            entry("VMREAD", "VMX"),
            entry("VMWRITE", "VMX"),
            entry("VMLAUNCH", "VMX"),
            entry("VMRESUME", "VMX"),
            entry("INVEPT", "VMX"),
            entry("INVVPID", "VMX"),
            entry("VMFUNC", "VMX"),
            entry("GETSEC", "whether it exists is for the host's CR4.SMXE to say"),
            entry("SYSCALL", "enters the host's kernel"),
            entry("SYSENTER", "enters the host's kernel"),
            entry("RDRAND", "shows random numbers"),
            entry("RDSEED", "shows random numbers"),
            entry("XGETBV", "shows what the host's kernel has enabled"),
            entry("INT1", "a hypervisor below the host may report its own address instead of the next one"));

    /** What answers from descriptors that a host may not have, or is answered by its kernel then. */
    private static final Set<String> SEGMENTS = Set.of(
            "LAR", "LSL", "VERR", "VERW", "LSS", "LFS", "LGS", "RETF", "IRET", "IRETD", "IRETQ", "INT", "SYSEXIT");

    private Forms() {}

    static boolean isCompared(Form form) {
        return !APART.containsKey(form.mnemonic());
    }

    /** Whether the form answers from descriptors, loads a selector, or goes through a gate. */
    static boolean looksAtSegments(Form form) {
        return SEGMENTS.contains(form.mnemonic())
                || form.has(OperandKind.SREG)
                || form.mnemonic().equals("POP") && form.encoding().map() == 1
                || form.toString().contains("m16:");
    }

    /** Bytes and syntax, for example {@code 81 /0 id ADD r/m32, imm32}: unique, unlike the syntax alone. */
    static String name(Form form) {
        Encoding e = form.encoding();
        var name = new StringBuilder();
        if (e.prefix() > 0) {
            name.append(String.format("%02X ", e.prefix()));
        }
        name.append(e.rexW() ? "REX.W " : "")
                .append(List.of("", "0F ", "0F 38 ", "0F 3A ").get(e.map()));
        name.append(String.format("%02X", e.opcode())).append(e.inRegister() ? "+r" : "");
        if (e.hasFixedModRm()) {
            name.append(String.format(" %02X", e.modRm() - Encoding.FIXED));
        } else if (e.hasModRm()) {
            name.append(e.hasDigit() ? " /" + e.modRm() : " /r");
        }
        for (Encoding.Immediate immediate : e.immediates()) {
            name.append(' ').append(immediate.name().toLowerCase(java.util.Locale.ROOT));
        }
        name.append("  ").append(form);
        String text = name.toString();
        boolean hidden = form.isSized() && !form.toString().contains(Integer.toString(form.operandSize()));
        return hidden ? text + " o" + form.operandSize() : text;
    }

    /** The code size of a form's case: each one in turn in which the form exists, 64-bit code twice as often. */
    static int bits(Form form, int number) {
        int[] sizes = IntStream.of(64, 32, 64, 16).filter(form::validIn).toArray();
        return sizes[number % sizes.length];
    }

    static boolean isString(Form form) {
        return form.has(Attribute.REP) || form.has(Attribute.REPE);
    }

    /**
     * Whether the case shall run into a trap instead of being stepped: what repeats would stop after one iteration, PUSHF would
     * show TF, and a step after a load of SS stops one instruction later.
     */
    static boolean runsToTrap(Decoded decoded) {
        Form form = decoded.form;
        return isString(form) && decoded.repeat != 0
                || form.mnemonic().startsWith("PUSHF")
                || form.mnemonic().equals("LSS")
                || form.has(OperandKind.SREG)
                        && decoded.reg == 2
                        && form.operands().get(0).kind() == OperandKind.SREG
                || form.mnemonic().equals("POP") && form.encoding().opcode() == 0x17;
    }
}
