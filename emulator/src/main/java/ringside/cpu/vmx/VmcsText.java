package ringside.cpu.vmx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import ringside.cpu.Fault;
import ringside.cpu.RegisterBits;
import ringside.mmu.Rights;
import ringside.mmu.SegmentRegister;
import ringside.probe.Inspection;
import ringside.probe.Inspection.BitNames;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/** A VMCS told field by field, in the groups of SDM 3C, Organization of VMCS Data, with encodings, controls by name, and values in words. */
public final class VmcsText {
    // spotless:off
    private static final Map<VmcsField, BitNames> BITS = new EnumMap<>(VmcsField.class);

    static {
        BITS.put(VmcsField.PIN_BASED_EXEC_CONTROLS, BitNames.none()
                .bit(0, "External-interrupt exiting", "").bit(3, "NMI exiting", "").bit(5, "Virtual NMIs", "")
                .bit(6, "Activate VMX-preemption timer", "").bit(7, "Process posted interrupts", ""));
        BITS.put(VmcsField.PROCESSOR_BASED_VMEXEC_CONTROLS, BitNames.none()
                .bit(2, "Interrupt-window exiting", "").bit(3, "Use TSC offsetting", "").bit(7, "HLT exiting", "")
                .bit(9, "INVLPG exiting", "").bit(10, "MWAIT exiting", "").bit(11, "RDPMC exiting", "")
                .bit(12, "RDTSC exiting", "").bit(15, "CR3-load exiting", "").bit(16, "CR3-store exiting", "")
                .bit(19, "CR8-load exiting", "").bit(20, "CR8-store exiting", "").bit(21, "Use TPR shadow", "")
                .bit(22, "NMI-window exiting", "").bit(23, "MOV-DR exiting", "").bit(24, "Unconditional I/O exiting", "")
                .bit(25, "Use I/O bitmaps", "").bit(27, "Monitor trap flag", "").bit(28, "Use MSR bitmaps", "")
                .bit(29, "MONITOR exiting", "").bit(30, "PAUSE exiting", "").bit(31, "Activate secondary controls", ""));
        BITS.put(VmcsField.SECONDARY_VMEXEC_CONTROLS, BitNames.none()
                .bit(0, "Virtualize APIC accesses", "").bit(1, "Enable EPT", "").bit(2, "Descriptor-table exiting", "")
                .bit(3, "Enable RDTSCP", "").bit(4, "Virtualize x2APIC mode", "").bit(5, "Enable VPID", "")
                .bit(6, "WBINVD exiting", "").bit(7, "Unrestricted guest", "").bit(8, "APIC-register virtualization", "")
                .bit(9, "Virtual-interrupt delivery", "").bit(10, "PAUSE-loop exiting", "").bit(11, "RDRAND exiting", "")
                .bit(12, "Enable INVPCID", "").bit(13, "Enable VM functions", "").bit(14, "VMCS shadowing", "")
                .bit(16, "RDSEED exiting", "").bit(17, "Enable PML", "").bit(18, "EPT-violation #VE", ""));
        BITS.put(VmcsField.VMEXIT_CONTROLS, BitNames.none()
                .bit(2, "Save debug controls", "").bit(9, "Host address-space size", "")
                .bit(12, "Load IA32_PERF_GLOBAL_CTRL", "").bit(15, "Acknowledge interrupt on exit", "")
                .bit(18, "Save IA32_PAT", "").bit(19, "Load IA32_PAT", "").bit(20, "Save IA32_EFER", "")
                .bit(21, "Load IA32_EFER", "").bit(22, "Save VMX-preemption timer value", ""));
        BITS.put(VmcsField.VMENTRY_CONTROLS, BitNames.none()
                .bit(2, "Load debug controls", "").bit(9, "IA-32e mode guest", "").bit(10, "Entry to SMM", "")
                .bit(11, "Deactivate dual-monitor treatment", "").bit(13, "Load IA32_PERF_GLOBAL_CTRL", "")
                .bit(14, "Load IA32_PAT", "").bit(15, "Load IA32_EFER", ""));
        BITS.put(VmcsField.GUEST_INTERRUPTIBILITY_STATE, BitNames.none()
                .bit(0, "Blocking by STI", "").bit(1, "Blocking by MOV SS", "").bit(2, "Blocking by SMI", "")
                .bit(3, "Blocking by NMI", ""));
        BITS.put(VmcsField.EXCEPTION_BITMAP, exceptions());
        for (VmcsField field : List.of(
                VmcsField.GUEST_CR0, VmcsField.HOST_CR0, VmcsField.CR0_GUEST_HOST_MASK, VmcsField.CR0_READ_SHADOW)) {
            BITS.put(field, RegisterBits.CR0);
        }
        for (VmcsField field : List.of(
                VmcsField.GUEST_CR4, VmcsField.HOST_CR4, VmcsField.CR4_GUEST_HOST_MASK, VmcsField.CR4_READ_SHADOW)) {
            BITS.put(field, RegisterBits.CR4);
        }
        BITS.put(VmcsField.GUEST_RFLAGS, RegisterBits.RFLAGS);
        BITS.put(VmcsField.GUEST_IA32_EFER, RegisterBits.EFER);
        BITS.put(VmcsField.HOST_IA32_EFER, RegisterBits.EFER);
    }

    /** Where the manual's name is not simply the field's. */
    private static final Map<VmcsField, String> NAMES = new EnumMap<>(Map.ofEntries(
            Map.entry(VmcsField.PIN_BASED_EXEC_CONTROLS, "Pin-based VM-execution controls"),
            Map.entry(VmcsField.PROCESSOR_BASED_VMEXEC_CONTROLS, "Primary processor-based VM-execution controls"),
            Map.entry(VmcsField.SECONDARY_VMEXEC_CONTROLS, "Secondary processor-based VM-execution controls"),
            Map.entry(VmcsField.PAGE_FAULT_ERR_CODE_MASK, "Page-fault error-code mask"),
            Map.entry(VmcsField.PAGE_FAULT_ERR_CODE_MATCH, "Page-fault error-code match"),
            Map.entry(VmcsField.CR0_GUEST_HOST_MASK, "CR0 guest/host mask"),
            Map.entry(VmcsField.CR4_GUEST_HOST_MASK, "CR4 guest/host mask"),
            Map.entry(VmcsField.IO_BITMAP_A, "Address of I/O bitmap A"),
            Map.entry(VmcsField.IO_BITMAP_B, "Address of I/O bitmap B"),
            Map.entry(VmcsField.MSR_BITMAPS, "Address of MSR bitmaps"),
            Map.entry(VmcsField.VPID, "Virtual-processor identifier (VPID)"),
            Map.entry(VmcsField.VMEXIT_CONTROLS, "VM-exit controls"),
            Map.entry(VmcsField.VMENTRY_CONTROLS, "VM-entry controls"),
            Map.entry(VmcsField.VMEXIT_REASON, "Exit reason"),
            Map.entry(VmcsField.VMEXIT_QUALIFICATION, "Exit qualification"),
            Map.entry(VmcsField.VMEXIT_INTERRUPTION_INFO, "VM-exit interruption information"),
            Map.entry(VmcsField.VMEXIT_INTERRUPTION_ERR_CODE, "VM-exit interruption error code"),
            Map.entry(VmcsField.VMEXIT_INSTRUCTION_LENGTH, "VM-exit instruction length"),
            Map.entry(VmcsField.VMEXIT_INSTRUCTION_INFO, "VM-exit instruction information"),
            Map.entry(VmcsField.IDT_VECTORING_INFO, "IDT-vectoring information"),
            Map.entry(VmcsField.IDT_VECTORING_ERR_CODE, "IDT-vectoring error code"),
            Map.entry(VmcsField.INSTRUCTION_ERROR, "VM-instruction error"),
            Map.entry(VmcsField.VMENTRY_INTERRUPTION_INFO, "VM-entry interruption-information field"),
            Map.entry(VmcsField.VMENTRY_EXCEPTION_ERR_CODE, "VM-entry exception error code"),
            Map.entry(VmcsField.VMENTRY_INSTRUCTION_LENGTH, "VM-entry instruction length"),
            Map.entry(VmcsField.GUEST_LINEAR_ADDR, "Guest-linear address"),
            Map.entry(VmcsField.GUEST_PHYSICAL_ADDR, "Guest-physical address"),
            Map.entry(VmcsField.GUEST_LINK_POINTER, "VMCS link pointer"),
            Map.entry(VmcsField.GUEST_PML_INDEX, "PML index"),
            Map.entry(VmcsField.VMEXIT_MSR_STORE_ADDR, "VM-exit MSR-store address"),
            Map.entry(VmcsField.VMEXIT_MSR_STORE_COUNT, "VM-exit MSR-store count"),
            Map.entry(VmcsField.VMEXIT_MSR_LOAD_ADDR, "VM-exit MSR-load address"),
            Map.entry(VmcsField.VMEXIT_MSR_LOAD_COUNT, "VM-exit MSR-load count"),
            Map.entry(VmcsField.VMENTRY_MSR_LOAD_ADDR, "VM-entry MSR-load address"),
            Map.entry(VmcsField.VMENTRY_MSR_LOAD_COUNT, "VM-entry MSR-load count"),
            Map.entry(VmcsField.EXECUTIVE_VMCS_PTR, "Executive-VMCS pointer"),
            Map.entry(VmcsField.VIRTUAL_APIC_PAGE_ADDR, "Virtual-APIC address"),
            Map.entry(VmcsField.APIC_ACCESS_ADDR, "APIC-access address"),
            Map.entry(VmcsField.POSTED_INTERRUPT_DESC_ADDR, "Posted-interrupt descriptor address"),
            Map.entry(VmcsField.GUEST_PENDING_DBG_EXCEPTIONS, "Guest pending debug exceptions"),
            Map.entry(VmcsField.EPT_POINTER, "EPT pointer (EPTP)")));

    private static final Set<String> WORDS = Set.of(
            "GUEST", "HOST", "SELECTOR", "LIMIT", "ACCESS", "RIGHTS", "BASE", "STATE", "ACTIVITY", "INTERRUPTIBILITY", "TIMER", "VALUE",
            "PREEMPTION", "PENDING", "EXCEPTIONS", "EXCEPTION", "BITMAP", "STORE", "LOAD", "ADDRESS", "COUNT", "THRESHOLD", "OFFSET",
            "READ", "SHADOW", "TARGET", "POINTER", "INDEX", "STATUS", "INTERRUPT", "EXECUTIVE", "VIRTUAL", "PAGE", "GAP", "WINDOW",
            "LOOP", "EXITING", "LIST", "MULTIPLIER", "POSTED", "VECTOR", "DESC", "LINK");
    // spotless:on

    private static final List<String> GROUPS =
            List.of("guest-state", "host-state", "execution", "exit-controls", "entry-controls", "exit-information");
    private static final List<String> TYPES = List.of(
            "external-interrupt",
            "reserved",
            "nmi",
            "hardware-exception",
            "software-interrupt",
            "privileged-software-exception",
            "software-exception",
            "other-event");

    private VmcsText() {}

    /** All fields of it, as they are now. */
    public static Inspection of(Vmcs vmcs) {
        return of(vmcs, "vmcs.guest-state");
    }

    /** The same of a guest that may be running: the guest-state area holds what an exit would leave there now. */
    public static Inspection ofRunningGuest(Vmcs vmcs) {
        return of(vmcs, "vmcs.guest-state-now");
    }

    private static Inspection of(Vmcs vmcs, String guestState) {
        List<Group> groups = new ArrayList<>();
        for (String name : GROUPS) {
            groups.add(Group.of(
                    name.equals("guest-state") ? guestState : "vmcs." + name,
                    Arrays.stream(VmcsField.values())
                            .filter(field -> group(field).equals(name))
                            .map(field -> item(field, vmcs.read(field)))
                            .toList()));
        }
        return new Inspection(groups);
    }

    private static String group(VmcsField field) {
        return switch (field.encoding() >>> 10 & 3) {
            case 1 -> "exit-information";
            case 2 -> "guest-state";
            case 3 -> "host-state";
            default ->
                field.name().startsWith("VMEXIT")
                        ? "exit-controls"
                        : field.name().startsWith("VMENTRY") ? "entry-controls" : "execution";
        };
    }

    private static Item item(VmcsField field, long value) {
        Item item = Item.of(name(field), value)
                .at(String.format(Locale.ROOT, "%04xH", field.encoding()).toUpperCase(Locale.ROOT))
                .saying(words(field, value));
        return Optional.ofNullable(BITS.get(field))
                .map(names -> item.with(names, value))
                .orElse(item);
    }

    private static String name(VmcsField field) {
        return Optional.ofNullable(NAMES.get(field)).orElseGet(() -> {
            String text = Arrays.stream(field.name().split("_"))
                    .map(word -> WORDS.contains(word) ? word.toLowerCase(Locale.ROOT) : word)
                    .collect(Collectors.joining(" "))
                    .replace("IA32 ", "IA32_")
                    .replace("PERF GLOBAL CTRL", "PERF_GLOBAL_CTRL")
                    .replaceAll("SYSENTER (\\w+) MSR", "SYSENTER_$1");
            return Character.toUpperCase(text.charAt(0)) + text.substring(1);
        });
    }

    private static BitNames exceptions() {
        BitNames names = BitNames.none();
        for (int vector = 0; vector < 22; vector++) {
            names = names.bit(vector, vector + " " + Fault.name(vector), "");
        }
        return names;
    }

    private static List<Term> words(VmcsField field, long value) {
        if (field.name().endsWith("ACCESS_RIGHTS")) {
            return (value & SegmentRegister.UNUSABLE) != 0 ? List.of(Term.of("unusable")) : Rights.inWords((int) value);
        }
        return switch (field) {
            case VMEXIT_REASON -> reason(value);
            case VMEXIT_INTERRUPTION_INFO, IDT_VECTORING_INFO, VMENTRY_INTERRUPTION_INFO -> event(value);
            case GUEST_ACTIVITY_STATE ->
                List.of(Term.of("activity."
                        + List.of("active", "hlt", "shutdown", "wait-for-sipi").get((int) value & 3)));
            case EPT_POINTER -> value == 0 ? List.of() : eptPointer(value);
            case INSTRUCTION_ERROR -> value == 0 ? List.of(Term.of("vmcs.no-error")) : List.of();
            default -> List.of();
        };
    }

    private static List<Term> reason(long value) {
        List<Term> words = new ArrayList<>();
        Arrays.stream(ExitReason.values())
                .filter(reason -> reason.number() == (value & 0xFFFF))
                .forEach(reason -> words.add(Term.of("named", reason.name())));
        if ((value & 1L << 31) != 0) {
            words.add(Term.of("vmcs.entry-failure"));
        }
        return words;
    }

    /** SDM 3C, Format of the VM-Entry Interruption-Information Field; the two of exits are laid out alike. */
    private static List<Term> event(long value) {
        if ((value & Vmcs.VALID) == 0) {
            return List.of(Term.of("event.none"));
        }
        List<Term> words = new ArrayList<>();
        words.add(Term.of("event." + TYPES.get((int) (value >>> 8) & 7)));
        words.add(Term.of("vector", value & 0xFF));
        if ((value & Vmcs.ERROR_CODE_VALID) != 0) {
            words.add(Term.of("event.error-code"));
        }
        return words;
    }

    /** SDM 3C, Format of Extended-Page-Table Pointer. */
    private static List<Term> eptPointer(long value) {
        LongFunction<String> type = kind -> kind == 6 ? "WB" : kind == 0 ? "UC" : Long.toString(kind);
        return List.of(
                Term.of("ept.root", Inspection.hex(value & ~0xFFFL)),
                Term.of("ept.levels", (value >>> 3 & 7) + 1),
                Term.of("ept.memory", type.apply(value & 7)),
                Term.of((value & 1 << 6) != 0 ? "ept.dirty-on" : "ept.dirty-off"));
    }
}
