package ringside.cpu.vmx;

import java.util.Arrays;
import java.util.OptionalLong;
import ringside.cpu.ControlRegisters;
import ringside.cpu.SystemState;

/**
 * What a processor's VMX offers, as the capability MSRs report it: SDM 3D, VMX Capability Reporting Facility. For a group of controls the
 * low half of the register has the bits that must be 1, the high half those that may be.
 *
 * @param basic IA32_VMX_BASIC
 * @param pin IA32_VMX_TRUE_PINBASED_CTLS
 * @param processor IA32_VMX_TRUE_PROCBASED_CTLS
 * @param secondary IA32_VMX_PROCBASED_CTLS2
 * @param exit IA32_VMX_TRUE_EXIT_CTLS
 * @param entry IA32_VMX_TRUE_ENTRY_CTLS
 * @param misc IA32_VMX_MISC
 * @param eptVpid IA32_VMX_EPT_VPID_CAP
 */
public record VmxCapabilities(
        long basic, long pin, long processor, long secondary, long exit, long entry, long misc, long eptVpid) {
    /** IA32_VMX_BASIC 30:0. */
    public static final int REVISION = 0x5249;

    /** A VMCS region takes this many bytes. */
    private static final long REGION_SIZE = 0x1000;

    private static final long WRITE_BACK = 6;
    private static final long INSTRUCTION_INFORMATION = 1L << 54;
    private static final long TRUE_CONTROLS = 1L << 55;

    // Bits that every processor of the kind had as 1 before the TRUE registers came; SDM 3D, Reserved Controls and
    // Default
    // Settings.
    private static final int PIN_DEFAULT1 = 0x16;
    private static final int PROCESSOR_DEFAULT1 = 0x0401_E172;
    private static final int EXIT_DEFAULT1 = 0x0003_6DFF;
    private static final int ENTRY_DEFAULT1 = 0x0000_11FF;

    // Of those, what the TRUE registers allow to be 0.
    private static final int PROCESSOR_TRUE = 0x0400_6172;
    private static final int EXIT_TRUE = 0x0003_6DFB;
    private static final int ENTRY_TRUE = 0x0000_11FB;

    /** The preemption timer counts once for each 2^5 counts of the time-stamp counter. */
    public static final int TIMER_SHIFT = 5;

    private static final long SAVES_LONG_MODE = 1 << 5;
    private static final long ACTIVITY_HLT = 1 << 6;
    private static final long ACTIVITY_SHUTDOWN = 1 << 7;
    private static final long CR3_TARGETS = 4 << 16;

    /** CR0 bits that must be 1 in VMX operation. */
    public static final long CR0_FIXED = SystemState.PAGING | SystemState.NUMERIC_ERROR | SystemState.PROTECTION_ENABLE;

    /** CR4 bits that must be 1 in VMX operation. */
    public static final long CR4_FIXED = SystemState.VMXE;

    private static final long CR0_ALLOWED = 0xFFFF_FFFFL;
    private static final long CR4_ALLOWED = ControlRegisters.CR4_KNOWN | SystemState.VMXE;

    /** Execute-only entries, walks of four levels, uncacheable and write-back tables, large pages, INVEPT and INVVPID of all types. */
    private static final long EPT_VPID =
            1 | 1 << 6 | 1 << 8 | 1 << 14 | 1 << 16 | 1 << 17 | 1 << 20 | 1 << 25 | 1 << 26 | 1L << 32 | 0xFL << 40;

    /** All that this model of a processor has. Of what virtualizes a local APIC, that which does so without interrupts. */
    public static final VmxCapabilities ALL = new VmxCapabilities(
            REVISION | REGION_SIZE << 32 | WRITE_BACK << 50 | INSTRUCTION_INFORMATION | TRUE_CONTROLS,
            controls(
                    PIN_DEFAULT1,
                    Vmcs.EXTERNAL_INTERRUPT_EXITING
                            | Vmcs.NMI_EXITING
                            | Vmcs.VIRTUAL_NMIS
                            | Vmcs.ACTIVATE_PREEMPTION_TIMER),
            controls(
                    PROCESSOR_TRUE,
                    PROCESSOR_DEFAULT1
                            | Vmcs.INTERRUPT_WINDOW_EXITING
                            | Vmcs.TSC_OFFSETTING
                            | Vmcs.HLT_EXITING
                            | Vmcs.INVLPG_EXITING
                            | Vmcs.MWAIT_EXITING
                            | Vmcs.RDPMC_EXITING
                            | Vmcs.RDTSC_EXITING
                            | Vmcs.CR8_LOAD_EXITING
                            | Vmcs.CR8_STORE_EXITING
                            | Vmcs.USE_TPR_SHADOW
                            | Vmcs.NMI_WINDOW_EXITING
                            | Vmcs.MOV_DR_EXITING
                            | Vmcs.UNCONDITIONAL_IO_EXITING
                            | Vmcs.USE_IO_BITMAPS
                            | Vmcs.MONITOR_TRAP_FLAG
                            | Vmcs.USE_MSR_BITMAPS
                            | Vmcs.MONITOR_EXITING
                            | Vmcs.PAUSE_EXITING
                            | Vmcs.ACTIVATE_SECONDARY_CONTROLS),
            controls(
                    0,
                    Vmcs.VIRTUALIZE_APIC_ACCESSES
                            | Vmcs.ENABLE_EPT
                            | Vmcs.DESCRIPTOR_TABLE_EXITING
                            | Vmcs.ENABLE_RDTSCP
                            | Vmcs.ENABLE_VPID
                            | Vmcs.WBINVD_EXITING
                            | Vmcs.UNRESTRICTED_GUEST
                            | Vmcs.RDRAND_EXITING
                            | Vmcs.ENABLE_INVPCID
                            | Vmcs.RDSEED_EXITING),
            controls(
                    EXIT_TRUE,
                    EXIT_DEFAULT1
                            | Vmcs.HOST_ADDRESS_SPACE_SIZE
                            | Vmcs.ACKNOWLEDGE_INTERRUPT
                            | Vmcs.SAVE_PAT
                            | Vmcs.LOAD_HOST_PAT
                            | Vmcs.SAVE_EFER
                            | Vmcs.LOAD_HOST_EFER
                            | Vmcs.SAVE_PREEMPTION_TIMER),
            controls(ENTRY_TRUE, ENTRY_DEFAULT1 | Vmcs.IA32E_MODE_GUEST | Vmcs.LOAD_GUEST_PAT | Vmcs.LOAD_GUEST_EFER),
            TIMER_SHIFT | SAVES_LONG_MODE | ACTIVITY_HLT | ACTIVITY_SHUTDOWN | CR3_TARGETS,
            EPT_VPID);

    /** What came after 2010: with Ivy Bridge, Haswell and Broadwell. */
    private static final int LATER = Vmcs.RDRAND_EXITING | Vmcs.ENABLE_INVPCID | Vmcs.RDSEED_EXITING;

    /** Nehalem (2008): EPT and VPIDs, but a guest has protection and paging on. */
    public static final VmxCapabilities NEHALEM =
            ALL.withSecondary(without(ALL.secondary, Vmcs.UNRESTRICTED_GUEST | LATER));

    /** Westmere (2010): unrestricted guests. */
    public static final VmxCapabilities WESTMERE = ALL.withSecondary(without(ALL.secondary, LATER));

    /** The first processors with VMX (2005): no secondary controls, no MSR bitmaps; the bits of the default settings are fixed. */
    public static final VmxCapabilities FIRST = new VmxCapabilities(
            REVISION | REGION_SIZE << 32 | WRITE_BACK << 50,
            without(ALL.pin, Vmcs.VIRTUAL_NMIS | Vmcs.ACTIVATE_PREEMPTION_TIMER),
            without(
                    ALL.processor | PROCESSOR_DEFAULT1,
                    Vmcs.NMI_WINDOW_EXITING
                            | Vmcs.MONITOR_TRAP_FLAG
                            | Vmcs.USE_MSR_BITMAPS
                            | Vmcs.ACTIVATE_SECONDARY_CONTROLS),
            0,
            without(
                    ALL.exit | EXIT_DEFAULT1,
                    Vmcs.SAVE_PAT
                            | Vmcs.LOAD_HOST_PAT
                            | Vmcs.SAVE_EFER
                            | Vmcs.LOAD_HOST_EFER
                            | Vmcs.SAVE_PREEMPTION_TIMER),
            without(ALL.entry | ENTRY_DEFAULT1, Vmcs.LOAD_GUEST_PAT | Vmcs.LOAD_GUEST_EFER),
            ACTIVITY_HLT | ACTIVITY_SHUTDOWN | CR3_TARGETS,
            0);

    private static long without(long group, int controls) {
        return group & ~((long) controls << 32);
    }

    private VmxCapabilities withSecondary(long group) {
        return new VmxCapabilities(basic, pin, processor, group, exit, entry, misc, eptVpid);
    }

    /** Of these controls, those that a group may have set. */
    public static int offered(long group, int controls) {
        return (int) (group >>> 32) & controls;
    }

    /** May a guest have protection and paging off? */
    public boolean hasUnrestrictedGuest() {
        return offered(secondary, Vmcs.UNRESTRICTED_GUEST) != 0;
    }

    private static long controls(int mustBeOne, int mayBeOne) {
        return mustBeOne & 0xFFFF_FFFFL | (long) (mustBeOne | mayBeOne) << 32;
    }

    /** Bits of a group of controls that must be 1. */
    static int required(long group) {
        return (int) group;
    }

    /** Does a group of controls have all the bits that must be 1, and none that may not be? */
    static boolean allows(long group, long controls) {
        return (~controls & required(group)) == 0 && (controls & ~(group >>> 32) & 0xFFFF_FFFFL) == 0;
    }

    /** SDM 3D, VMX-Fixed Bits in CR0. */
    boolean allowsCr0(long value, boolean unrestricted) {
        long fixed = unrestricted ? SystemState.NUMERIC_ERROR : CR0_FIXED;
        return (value & fixed) == fixed && (value & ~CR0_ALLOWED) == 0;
    }

    /** SDM 3D, VMX-Fixed Bits in CR4. */
    boolean allowsCr4(long value) {
        return (value & CR4_FIXED) == CR4_FIXED && (value & ~CR4_ALLOWED) == 0;
    }

    /** SDM 3D, Field Encoding in VMCS, with its notes: some fields exist only where a control can be set that uses them. */
    boolean hasField(VmcsField field) {
        return switch (field) {
            case VPID -> maySet(secondary, Vmcs.ENABLE_VPID);
            case EPT_POINTER,
                    GUEST_PHYSICAL_ADDR,
                    GUEST_IA32_PDPTE0,
                    GUEST_IA32_PDPTE1,
                    GUEST_IA32_PDPTE2,
                    GUEST_IA32_PDPTE3 -> maySet(secondary, Vmcs.ENABLE_EPT);
            case SECONDARY_VMEXEC_CONTROLS -> maySet(processor, Vmcs.ACTIVATE_SECONDARY_CONTROLS);
            case VIRTUAL_APIC_PAGE_ADDR, TPR_THRESHOLD -> maySet(processor, Vmcs.USE_TPR_SHADOW);
            case APIC_ACCESS_ADDR -> maySet(secondary, Vmcs.VIRTUALIZE_APIC_ACCESSES);
            case MSR_BITMAPS -> maySet(processor, Vmcs.USE_MSR_BITMAPS);
            case GUEST_PREEMPTION_TIMER_VALUE -> maySet(pin, Vmcs.ACTIVATE_PREEMPTION_TIMER);
            case GUEST_IA32_PAT -> maySet(entry, Vmcs.LOAD_GUEST_PAT) || maySet(exit, Vmcs.SAVE_PAT);
            case GUEST_IA32_EFER -> maySet(entry, Vmcs.LOAD_GUEST_EFER) || maySet(exit, Vmcs.SAVE_EFER);
            case HOST_IA32_PAT -> maySet(exit, Vmcs.LOAD_HOST_PAT);
            case HOST_IA32_EFER -> maySet(exit, Vmcs.LOAD_HOST_EFER);
            // Of controls that this processor does not have at all.
            case POSTED_INTERRUPT_VECTOR,
                    EPTP_INDEX,
                    GUEST_INTERRUPT_STATUS,
                    GUEST_PML_INDEX,
                    PML_ADDRESS,
                    POSTED_INTERRUPT_DESC_ADDR,
                    VMFUNC_CTRLS,
                    EOI_EXIT_BITMAP0,
                    EOI_EXIT_BITMAP1,
                    EOI_EXIT_BITMAP2,
                    EOI_EXIT_BITMAP3,
                    EPTP_LIST_ADDRESS,
                    VMREAD_BITMAP_ADDR,
                    VMWRITE_BITMAP_ADDR,
                    VE_EXCEPTION_INFO_ADDR,
                    XSS_EXITING_BITMAP,
                    TSC_MULTIPLIER,
                    GUEST_IA32_PERF_GLOBAL_CTRL,
                    GUEST_IA32_BNDCFGS,
                    HOST_IA32_PERF_GLOBAL_CTRL,
                    PAUSE_LOOP_EXITING_GAP,
                    PAUSE_LOOP_EXITING_WINDOW -> false;
            default -> true;
        };
    }

    private static boolean maySet(long group, int control) {
        return (group >>> 32 & control & 0xFFFF_FFFFL) != 0;
    }

    /** The highest index of any field, which bits 9:1 of an encoding give: SDM 3D, VMCS Enumeration. */
    private long highestIndex() {
        return Arrays.stream(VmcsField.values())
                .filter(this::hasField)
                .mapToLong(field -> field.encoding() >>> 1 & 0x1FF)
                .max()
                .orElseThrow();
    }

    /** Does the processor have these types of INVEPT? */
    boolean hasNestedInvalidation(long type) {
        return type == 1 && (eptVpid & 1 << 25) != 0 || type == 2 && (eptVpid & 1 << 26) != 0;
    }

    /** Does it have this type of INVVPID? */
    boolean hasProcessorInvalidation(long type) {
        return type >= 0 && type <= 3 && (eptVpid >>> 40 + type & 1) != 0;
    }

    /** Values of CR3 that need no exit, at most. */
    int cr3Targets() {
        return (int) (misc >>> 16) & 0x1FF;
    }

    /** May a guest be entered in this activity state (its number in the VMCS)? */
    boolean allowsActivity(long state) {
        return state == 0 || state <= 3 && (misc >>> 5 + state & 1) != 0;
    }

    /** What RDMSR says of these capabilities; empty where the number is of another register. */
    OptionalLong register(int number) {
        return switch (number) {
            case 0x480 -> OptionalLong.of(basic);
            case 0x481 -> OptionalLong.of(pin | PIN_DEFAULT1);
            case 0x482 -> OptionalLong.of(processor | PROCESSOR_DEFAULT1);
            case 0x483 -> OptionalLong.of(exit | EXIT_DEFAULT1);
            case 0x484 -> OptionalLong.of(entry | ENTRY_DEFAULT1);
            case 0x485 -> OptionalLong.of(misc);
            case 0x486 -> OptionalLong.of(CR0_FIXED);
            case 0x487 -> OptionalLong.of(CR0_ALLOWED);
            case 0x488 -> OptionalLong.of(CR4_FIXED);
            case 0x489 -> OptionalLong.of(CR4_ALLOWED);
            case 0x48A -> OptionalLong.of(highestIndex() << 1);
            case 0x48B -> OptionalLong.of(secondary);
            case 0x48C -> OptionalLong.of(eptVpid);
            case 0x48D -> OptionalLong.of(pin);
            case 0x48E -> OptionalLong.of(processor);
            case 0x48F -> OptionalLong.of(exit);
            case 0x490 -> OptionalLong.of(entry);
            default -> OptionalLong.empty();
        };
    }
}
