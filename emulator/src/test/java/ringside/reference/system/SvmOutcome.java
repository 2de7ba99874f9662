package ringside.reference.system;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A line of hypervisor.asm: what #VMEXIT left in the VMCB and in registers, and every doubleword of the work area that was changed. */
final class SvmOutcome {
    private static final List<String> NAMES = List.of(
            ("exitcode info1 info2 intinfo inject vintr shadow rip rsp rax flags cpl cs csbase ss ssbase ds es fs"
                            + " fsbase gs gsbase ldtr tr cr0 cr2 cr3 cr4 efer dr6 dr7 gdtlimit gdtbase idtlimit idtbase kernelgs"
                            + " rcx rdx rbx rbp rsi rdi hostcr2 hostcr8 traps")
                    .split(" "));

    private final Map<String, String> values = new TreeMap<>();

    SvmOutcome(String line) {
        String[] parts = line.trim().split(" ");
        for (int i = 0; i < parts.length; i++) {
            int colon = parts[i].indexOf(':');
            if (parts[i].equals(USED_POINTER)) {
                continue;
            }
            if (colon > 0) {
                values.put("[" + parts[i].substring(0, colon) + "]", withoutResume(parts[i].substring(colon + 1)));
            } else if (i < NAMES.size()) {
                values.put(NAMES.get(i), normal(NAMES.get(i), parts[i]));
            }
        }
    }

    /** QEMU sets an accessed flag in a PAE page-directory-pointer entry, which has none: APM 2, Legacy PAE Paging. */
    private static final String USED_POINTER = "1c000:1d021";

    private static final long RESUME = 1 << 16;
    private static final long VALID = 1L << 31;
    private static final long BUSY = 1 << 17;
    private static final long WORD = 0xFFFF_FFFFL;

    /**
     * QEMU never sets RF, leaves what is not valid in EVENTINJ and EXITINTINFO, does not keep that a task is busy, and writes VMEXIT_INVALID
     * with 32 bits.
     */
    private static String normal(String name, String value) {
        long number = Long.parseUnsignedLong(value, 16);
        return switch (name) {
            case "flags" -> Long.toHexString(number & ~RESUME);
            case "exitcode" -> number == WORD ? "ffffffffffffffff" : value;
            case "intinfo", "inject" -> (number & VALID) == 0 ? "0" : value;
            case "tr" -> Long.toHexString(number & ~BUSY);
            default -> value;
        };
    }

    /** Of an image of EFLAGS that a delivery left on a stack. */
    private static String withoutResume(String value) {
        long number = Long.parseLong(value, 16);
        return (number & 0xFFC0_802AL) == 2 ? Long.toHexString(number & ~RESUME) : value;
    }

    long value(String name) {
        return Long.parseUnsignedLong(values.getOrDefault(name, "0"), 16);
    }

    /** The names of what differs; places in memory are all called {@code memory}. */
    Set<String> differingNames(SvmOutcome theirs) {
        var names = new TreeSet<String>();
        differing(theirs).forEach(name -> names.add(name.startsWith("[") ? "memory" : name));
        return names;
    }

    /** What differs, ours first. */
    String differenceFrom(SvmOutcome theirs) {
        var text = new StringBuilder();
        for (String name : differing(theirs)) {
            text.append(text.isEmpty() ? "" : ", ").append(name).append(' ');
            text.append(values.getOrDefault(name, "as before")).append(" / ");
            text.append(theirs.values.getOrDefault(name, "as before"));
        }
        return text.toString();
    }

    private Set<String> differing(SvmOutcome theirs) {
        var all = new TreeSet<>(values.keySet());
        all.addAll(theirs.values.keySet());
        all.removeIf(name -> isUndefined(name)
                || values.getOrDefault(name, "").equals(theirs.values.getOrDefault(name, ""))
                || name.equals("info1") && value("exitcode") == IOIO && sameButDecoded(theirs));
        return all;
    }

    /** Of a port's access QEMU says neither the address size nor, without decode assists, the segment. */
    private boolean sameButDecoded(SvmOutcome theirs) {
        return ((value("info1") ^ theirs.value("info1")) & ~0x1F80L) == 0;
    }

    // What the manual leaves open, or what comes with a feature that the reference does not have.

    private static final int EXCEPTIONS = 0x40;
    private static final int PAGE_FAULT = EXCEPTIONS + 14;
    private static final Set<Integer> WITH_ERROR_CODE = Set.of(11, 12, 13, 14, 17);
    private static final int DOUBLE_FAULT = EXCEPTIONS + 8;
    private static final int INTR = 0x60;
    private static final int IOIO = 0x7B;
    private static final int MSR = 0x7C;
    private static final int TASK_SWITCH = 0x7D;
    private static final int SHUTDOWN = 0x7F;
    private static final int NESTED_FAULT = 0x400;

    /**
     * APM 2, #VMEXIT: EXITINFO1 and 2 where no use is indicated; Shutdown Intercept: the state; #DF: RIP. APM 2, Decode Assists: QEMU has none.
     * What VMRUN refuses has not been entered, and nothing is said about its state.
     */
    private boolean isUndefined(String name) {
        long code = value("exitcode");
        boolean stateless = code == -1 || code == SHUTDOWN;
        return switch (name) {
            case "exitcode", "inject", "hostcr8", "traps" -> false;
            case "info1" -> stateless || !hasInfo1((int) code);
            case "info2" -> stateless || !hasInfo2((int) code);
            case "rip" -> stateless || code == DOUBLE_FAULT;
            default -> stateless;
        };
    }

    private static boolean hasInfo1(int code) {
        return code >= EXCEPTIONS && code < INTR
                ? WITH_ERROR_CODE.contains(code - EXCEPTIONS)
                : code == IOIO || code == MSR || code == TASK_SWITCH || code == NESTED_FAULT;
    }

    private static boolean hasInfo2(int code) {
        return code == PAGE_FAULT || code == IOIO || code == TASK_SWITCH || code == NESTED_FAULT;
    }
}
