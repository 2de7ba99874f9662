package ringside.cpu.vmx;

import static ringside.cpu.vmx.EntryCheck.controls;
import static ringside.cpu.vmx.VmcsField.*;
import static ringside.cpu.vmx.VmxCapabilities.allows;

import java.util.List;
import ringside.cpu.Delivery.Kind;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;

/** SDM 3C, Checks on VMX Controls: VMLAUNCH and VMRESUME fail with error 7 where one does not hold. */
final class ControlChecks {
    private static final int OTHER_EVENT = 7;
    private static final int RESERVED_TYPE = 1;

    // spotless:off
    static final List<EntryCheck> ALL = List.of(
            // SDM 3C, VM-Execution Control Fields.
            controls("pin-based controls as IA32_VMX_TRUE_PINBASED_CTLS allows",
                    e -> allows(e.capabilities().pin(), e.get(PIN_BASED_EXEC_CONTROLS))),
            controls("primary processor-based controls as IA32_VMX_TRUE_PROCBASED_CTLS allows",
                    e -> allows(e.capabilities().processor(), e.get(PROCESSOR_BASED_VMEXEC_CONTROLS))),
            controls("secondary processor-based controls, if in use, as IA32_VMX_PROCBASED_CTLS2 allows",
                    e -> !e.vmcs().primary(Vmcs.ACTIVATE_SECONDARY_CONTROLS)
                            || allows(e.capabilities().secondary(), e.get(SECONDARY_VMEXEC_CONTROLS))),
            controls("no more CR3-target values than IA32_VMX_MISC allows",
                    e -> e.get(CR3_TARGET_COUNT) <= e.capabilities().cr3Targets()),
            controls("I/O bitmaps, if used, on pages",
                    e -> !e.vmcs().primary(Vmcs.USE_IO_BITMAPS) || e.isPage(IO_BITMAP_A) && e.isPage(IO_BITMAP_B)),
            controls("MSR bitmaps, if used, on a page",
                    e -> !e.vmcs().primary(Vmcs.USE_MSR_BITMAPS) || e.isPage(MSR_BITMAPS)),
            controls("the virtual-APIC page, with a TPR shadow, on a page",
                    e -> !e.vmcs().primary(Vmcs.USE_TPR_SHADOW) || e.isPage(VIRTUAL_APIC_PAGE_ADDR)),
            controls("bits 31:4 of the TPR threshold, with a TPR shadow, are 0",
                    e -> !e.vmcs().primary(Vmcs.USE_TPR_SHADOW) || e.get(TPR_THRESHOLD) >>> 4 == 0),
            controls("a TPR threshold not above VTPR, with a TPR shadow and no virtualized APIC accesses",
                    e -> !e.vmcs().primary(Vmcs.USE_TPR_SHADOW) || e.vmcs().secondary(Vmcs.VIRTUALIZE_APIC_ACCESSES)
                            || e.get(TPR_THRESHOLD) <= VirtualApic.priorityClass(e.vmcs(), e.memory())),
            controls("the APIC-access page, if APIC accesses are virtualized, on a page",
                    e -> !e.vmcs().secondary(Vmcs.VIRTUALIZE_APIC_ACCESSES) || e.isPage(APIC_ACCESS_ADDR)),
            controls("virtual NMIs only with NMI exiting",
                    e -> e.vmcs().pin(Vmcs.NMI_EXITING) || !e.vmcs().pin(Vmcs.VIRTUAL_NMIS)),
            controls("NMI-window exiting only with virtual NMIs",
                    e -> e.vmcs().pin(Vmcs.VIRTUAL_NMIS) || !e.vmcs().primary(Vmcs.NMI_WINDOW_EXITING)),
            controls("a VPID other than 0, if VPIDs are enabled",
                    e -> !e.vmcs().secondary(Vmcs.ENABLE_VPID) || e.get(VPID) != 0),
            controls("a valid EPT pointer, if EPT is enabled",
                    e -> !e.vmcs().secondary(Vmcs.ENABLE_EPT) || ExtendedPaging.isPointer(e.get(EPT_POINTER))),
            controls("an unrestricted guest only with EPT",
                    e -> !e.vmcs().secondary(Vmcs.UNRESTRICTED_GUEST) || e.vmcs().secondary(Vmcs.ENABLE_EPT)),

            // SDM 3C, VM-Exit Control Fields.
            controls("VM-exit controls as IA32_VMX_TRUE_EXIT_CTLS allows",
                    e -> allows(e.capabilities().exit(), e.get(VMEXIT_CONTROLS))),
            controls("the preemption timer is saved only if it is activated",
                    e -> e.vmcs().pin(Vmcs.ACTIVATE_PREEMPTION_TIMER) || !e.vmcs().atExit(Vmcs.SAVE_PREEMPTION_TIMER)),
            controls("VM-exit MSR-store area aligned, within the physical address width",
                    e -> e.isMsrArea(VMEXIT_MSR_STORE_ADDR, VMEXIT_MSR_STORE_COUNT)),
            controls("VM-exit MSR-load area aligned, within the physical address width",
                    e -> e.isMsrArea(VMEXIT_MSR_LOAD_ADDR, VMEXIT_MSR_LOAD_COUNT)),

            // SDM 3C, VM-Entry Control Fields.
            controls("VM-entry controls as IA32_VMX_TRUE_ENTRY_CTLS allows",
                    e -> allows(e.capabilities().entry(), e.get(VMENTRY_CONTROLS))),
            controls("VM-entry MSR-load area aligned, within the physical address width",
                    e -> e.isMsrArea(VMENTRY_MSR_LOAD_ADDR, VMENTRY_MSR_LOAD_COUNT)),
            controls("an injected event of a type that exists",
                    e -> !e.injects(RESERVED_TYPE)),
            controls("an injected event with the vector that its type has",
                    e -> !e.injects() || hasVectorOfType(e.eventType(), e.eventVector())),
            controls("an injected event with an error code exactly where the exception has one",
                    e -> !e.injects() || deliversErrorCode(e) == hasErrorCode(e)),
            controls("bits 30:12 of the VM-entry interruption information are 0",
                    e -> !e.injects() || (e.get(VMENTRY_INTERRUPTION_INFO) & 0x7FFF_F000) == 0),
            controls("bits 31:16 of an injected error code are 0",
                    e -> !e.injects() || !deliversErrorCode(e) || e.get(VMENTRY_EXCEPTION_ERR_CODE) >>> 16 == 0),
            controls("the injected event of an instruction with a length of 1 to 15",
                    e -> !e.injects() || !isOfInstruction(e.eventType()) || isLength(e.get(VMENTRY_INSTRUCTION_LENGTH))));
    // spotless:on

    private ControlChecks() {}

    private static boolean hasVectorOfType(int type, int vector) {
        if (type == Kind.NON_MASKABLE_INTERRUPT.type()) {
            return vector == Fault.NON_MASKABLE;
        }
        if (type == Kind.HARDWARE_EXCEPTION.type()) {
            return vector <= 31;
        }
        return type != OTHER_EVENT || vector == 0;
    }

    private static boolean deliversErrorCode(ProposedEntry e) {
        return (e.get(VMENTRY_INTERRUPTION_INFO) & Vmcs.ERROR_CODE_VALID) != 0;
    }

    /** #DF, #TS, #NP, #SS, #GP, #PF and #AC have one, outside real mode. */
    private static boolean hasErrorCode(ProposedEntry e) {
        if (e.unrestricted() && (e.get(GUEST_CR0) & SystemState.PROTECTION_ENABLE) == 0
                || e.eventType() != Kind.HARDWARE_EXCEPTION.type()) {
            return false;
        }
        return switch (e.eventVector()) {
            case Fault.DOUBLE_FAULT,
                    Fault.INVALID_TSS,
                    Fault.SEGMENT_NOT_PRESENT,
                    Fault.STACK,
                    Fault.GENERAL_PROTECTION,
                    Fault.PAGE_FAULT,
                    Fault.ALIGNMENT_CHECK -> true;
            default -> false;
        };
    }

    private static boolean isOfInstruction(int type) {
        return type >= Kind.SOFTWARE_INTERRUPT.type() && type < OTHER_EVENT;
    }

    private static boolean isLength(long length) {
        return length >= 1 && length <= 15;
    }
}
