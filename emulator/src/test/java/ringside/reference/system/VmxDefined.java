package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import ringside.cpu.vmx.VmcsField;

/** Of what an exit has left in the VMCS, that which the manual defines: SDM 3C, Recording VM-Exit Information; Saving Guest State. */
final class VmxDefined {
    private static final long VALID = 1L << 31;
    private static final long CODED = 1 << 11;
    private static final long UNUSABLE = 1 << 16;
    private static final long DPL = 3 << 5;

    private static final int EXCEPTION = 0;
    private static final int TASK_SWITCH = 9;
    private static final int CR_ACCESS = 28;
    private static final int IO = 30;
    private static final int TABLE = 46;
    private static final int SELECTOR = 47;
    private static final int EPT_VIOLATION = 48;
    private static final int EPT_MISCONFIGURATION = 49;
    private static final int PREEMPTION_TIMER = 52;

    /** Reasons that no instruction is the cause of. */
    private static final Set<Integer> BETWEEN = Set.of(
            EXCEPTION, 1, 2, 3, 4, 5, 6, 7, 8, 37, 41, 43, 44, EPT_VIOLATION, EPT_MISCONFIGURATION, PREEMPTION_TIMER);

    private static final Set<Integer> WITH_REGISTER = Set.of(23, 25, 50, 53, 58);
    private static final Set<Integer> WITH_MEMORY = Set.of(19, 21, 22, 27);

    private final Map<String, Long> values;

    private VmxDefined(Map<String, Long> values) {
        this.values = new TreeMap<>(values);
    }

    static Map<String, Long> of(Map<String, Long> values) {
        var defined = new VmxDefined(values);
        if (!values.containsKey("flg") && !values.containsKey("exc")) {
            defined.exit();
        }
        return defined.values;
    }

    private long get(VmcsField field) {
        return values.getOrDefault(field.name(), 0L);
    }

    private void keep(VmcsField field, long bits) {
        values.computeIfPresent(field.name(), (name, value) -> (value & bits) == 0 ? null : value & bits);
    }

    private void drop(VmcsField field) {
        values.remove(field.name());
    }

    private void exit() {
        int reason = (int) (get(VMEXIT_REASON) & 0xFFFF);
        boolean failed = (get(VMEXIT_REASON) & VALID) != 0;
        if (failed) {
            Long length = values.remove(VMEXIT_INSTRUCTION_LENGTH.name());
            if (length != null) {
                values.put("LENGTH_OF_FAILED_ENTRY", length);
            }
            return;
        }
        vectoring(VMEXIT_INTERRUPTION_INFO, VMEXIT_INTERRUPTION_ERR_CODE);
        vectoring(IDT_VECTORING_INFO, IDT_VECTORING_ERR_CODE);
        if (!hasLength(reason)) {
            drop(VMEXIT_INSTRUCTION_LENGTH);
        }
        if (reason != EPT_VIOLATION && reason != EPT_MISCONFIGURATION) {
            drop(GUEST_PHYSICAL_ADDR);
        }
        if (!hasLinear(reason)) {
            drop(GUEST_LINEAR_ADDR);
        }
        if (WITH_REGISTER.contains(reason) || WITH_MEMORY.contains(reason) || reason == TABLE || reason == SELECTOR) {
            // Bits of a displacement beyond the address size are undefined.
            int size = 16 << (get(VMEXIT_INSTRUCTION_INFO) >>> 7 & 3);
            keep(VMEXIT_QUALIFICATION, size >= 64 ? -1 : (1L << size) - 1);
        }
        keep(VMEXIT_INSTRUCTION_INFO, information(reason));
        List.of("ES", "SS", "DS", "FS", "GS", "LDTR").forEach(this::segment);
    }

    /** An event is described where bit 31 says so, its error code where bit 11 does. */
    private void vectoring(VmcsField information, VmcsField code) {
        if ((get(information) & VALID) == 0) {
            drop(information);
        }
        if ((get(information) & VALID) == 0 || (get(information) & CODED) == 0) {
            drop(code);
        }
    }

    /** SDM 3C, Information for VM Exits Due to Instruction Execution: also of software interrupts and exceptions that were being delivered. */
    private boolean hasLength(int reason) {
        boolean software = isSoftware(get(VMEXIT_INTERRUPTION_INFO)) || isSoftware(get(IDT_VECTORING_INFO));
        boolean byGate = reason == TASK_SWITCH && get(VMEXIT_QUALIFICATION) >>> 30 == 3;
        return software || !BETWEEN.contains(reason) && !byGate;
    }

    private static boolean isSoftware(long information) {
        return (information & VALID) != 0 && (information >>> 8 & 7) >= 4 && (information >>> 8 & 7) <= 6;
    }

    private boolean hasLinear(int reason) {
        long qualification = get(VMEXIT_QUALIFICATION);
        return switch (reason) {
            case CR_ACCESS -> (qualification >>> 4 & 3) == 3 && (qualification & 1 << 6) != 0;
            case IO -> (qualification & 1 << 4) != 0;
            case EPT_VIOLATION -> (qualification & 1 << 7) != 0;
            default -> false;
        };
    }

    /** SDM 3C, the formats of the VM-exit instruction-information field. */
    private long information(int reason) {
        long value = get(VMEXIT_INSTRUCTION_INFO);
        boolean register = (value & 1 << 10) != 0;
        if (reason == IO && (get(VMEXIT_QUALIFICATION) & 1 << 4) != 0) {
            boolean in = (get(VMEXIT_QUALIFICATION) & 1 << 3) != 0;
            return 7L << 7 | (in ? 0 : 7L << 15);
        }
        if (reason == TABLE) {
            boolean wide = (value >>> 7 & 7) == 2;
            return place(value) | 1 << 10 | (wide ? 0 : 1 << 11) | 3 << 28;
        }
        if (reason == SELECTOR) {
            return (register ? 0x78 : place(value)) | 1 << 10 | 3 << 28;
        }
        if (WITH_REGISTER.contains(reason)) {
            return (register ? 0x78 : place(value)) | 1 << 10 | 0xFL << 28;
        }
        return WITH_MEMORY.contains(reason) ? place(value) | 1 << 10 : 0;
    }

    private static long place(long value) {
        boolean index = (value & 1 << 22) == 0;
        boolean base = (value & 1 << 27) == 0;
        return 7L << 7 | 7L << 15 | 1L << 22 | 1L << 27 | (index ? 3L | 0xFL << 18 : 0) | (base ? 0xFL << 23 : 0);
    }

    /** SDM 3C, Saving Segment Registers and Descriptor-Table Registers: of a register that cannot be used. */
    private void segment(String name) {
        var rights = VmcsField.valueOf("GUEST_" + name + "_ACCESS_RIGHTS");
        if ((get(rights) & UNUSABLE) != 0) {
            keep(rights, UNUSABLE | (name.equals("SS") ? DPL : 0));
            drop(VmcsField.valueOf("GUEST_" + name + "_LIMIT"));
            // A base that a null selector has left behind is nowhere described.
            boolean kept = name.equals("FS") || name.equals("GS");
            if (!kept || values.containsKey("GUEST_" + name + "_SELECTOR")) {
                drop(VmcsField.valueOf("GUEST_" + name + "_BASE"));
            }
        }
    }
}
