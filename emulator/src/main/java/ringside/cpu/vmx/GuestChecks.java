package ringside.cpu.vmx;

import static ringside.cpu.vmx.EntryCheck.guest;
import static ringside.cpu.vmx.GuestStateArea.ACTIVE;
import static ringside.cpu.vmx.GuestStateArea.HLT;
import static ringside.cpu.vmx.GuestStateArea.MOV_SS_BLOCKING;
import static ringside.cpu.vmx.GuestStateArea.NMI_BLOCKING;
import static ringside.cpu.vmx.GuestStateArea.SHUTDOWN;
import static ringside.cpu.vmx.GuestStateArea.STI_BLOCKING;
import static ringside.cpu.vmx.VmcsField.*;

import java.util.List;
import ringside.cpu.Delivery.Kind;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.mmu.PaePaging;

/** SDM 3C, Checks on the Guest State Area, but for its segments: the entry fails with reason 33 where one does not hold. */
final class GuestChecks {
    private static final long RESERVED_FLAGS = ~0x3F_7FD7L;
    private static final long ALWAYS_SET = 2;
    private static final long PENDING_DEBUG = 0x500F;
    private static final long NO_LINK = -1L;
    private static final int MACHINE_CHECK = 18;
    private static final int OTHER_EVENT = 7;

    // spotless:off
    static final List<EntryCheck> ALL = List.of(
            // SDM 3C, Checks on Guest Control Registers, Debug Registers, and MSRs.
            guest("guest CR0 with the bits that VMX operation fixes; PE and PG are free in an unrestricted guest",
                    e -> e.capabilities().allowsCr0(e.get(GUEST_CR0), e.unrestricted())),
            guest("guest CR0.PE where CR0.PG is set",
                    e -> (e.get(GUEST_CR0) & SystemState.PAGING) == 0 || !e.realMode()),
            guest("guest CR4 with the bits that VMX operation fixes",
                    e -> e.capabilities().allowsCr4(e.get(GUEST_CR4))),
            guest("guest IA32_DEBUGCTL, if loaded, without reserved bits; this processor has none of the others",
                    e -> !e.vmcs().atEntry(Vmcs.LOAD_DEBUG_CONTROLS) || e.get(GUEST_IA32_DEBUGCTL) == 0),
            guest("CR0.PG and CR4.PAE in an IA-32e mode guest",
                    e -> !e.longModeGuest()
                            || e.paging() && (e.get(GUEST_CR4) & SystemState.PHYSICAL_ADDRESS_EXTENSION) != 0),
            guest("guest CR3 within the physical address width",
                    e -> ProposedEntry.isPhysical(e.get(GUEST_CR3))),
            guest("guest DR7, if loaded, of 32 bits",
                    e -> !e.vmcs().atEntry(Vmcs.LOAD_DEBUG_CONTROLS) || e.fits32Bits(GUEST_DR7)),
            guest("guest IA32_SYSENTER_ESP and IA32_SYSENTER_EIP canonical",
                    e -> e.isCanonical(GUEST_IA32_SYSENTER_ESP_MSR) && e.isCanonical(GUEST_IA32_SYSENTER_EIP_MSR)),
            guest("guest IA32_PAT, if loaded, of memory types",
                    e -> !e.vmcs().atEntry(Vmcs.LOAD_GUEST_PAT) || e.isPat(GUEST_IA32_PAT)),
            guest("guest IA32_EFER, if loaded, without reserved bits, LMA as the guest's mode, LME the same under paging",
                    e -> !e.vmcs().atEntry(Vmcs.LOAD_GUEST_EFER) || isGuestEfer(e)),

            // SDM 3C, Checks on Guest RIP and RFLAGS.
            guest("guest RIP of 32 bits outside 64-bit mode, of equal bits 63:48 in it",
                    e -> isCode64(e) ? hasEqualUpperBits(e.get(GUEST_RIP)) : e.fits32Bits(GUEST_RIP)),
            guest("reserved bits of guest RFLAGS 0, bit 1 set",
                    e -> (e.get(GUEST_RFLAGS) & RESERVED_FLAGS) == 0 && (e.get(GUEST_RFLAGS) & ALWAYS_SET) != 0),
            guest("guest RFLAGS.VM neither in IA-32e mode nor in real mode",
                    e -> !e.virtual8086() || !e.longModeGuest() && !e.realMode()),
            guest("guest RFLAGS.IF where an external interrupt is injected",
                    e -> !e.injects(Kind.EXTERNAL_INTERRUPT.type()) || interruptFlag(e)),

            // SDM 3C, Checks on Guest Non-Register State.
            guest("an activity state that IA32_VMX_MISC reports",
                    e -> e.capabilities().allowsActivity(e.get(GUEST_ACTIVITY_STATE))),
            guest("HLT only in ring 0",
                    e -> e.get(GUEST_ACTIVITY_STATE) != HLT || (e.get(GUEST_SS_ACCESS_RIGHTS) >>> 5 & 3) == 0),
            guest("the active state where STI or MOV SS blocks",
                    e -> (blocking(e) & (STI_BLOCKING | MOV_SS_BLOCKING)) == 0 || e.get(GUEST_ACTIVITY_STATE) == ACTIVE),
            guest("an injected event that the activity state can take",
                    e -> !e.injects() || takes(e)),
            guest("reserved bits of the interruptibility state 0; no SMI blocking",
                    e -> (blocking(e) & ~(STI_BLOCKING | MOV_SS_BLOCKING | NMI_BLOCKING)) == 0),
            guest("not both STI and MOV SS blocking",
                    e -> (blocking(e) & (STI_BLOCKING | MOV_SS_BLOCKING)) != (STI_BLOCKING | MOV_SS_BLOCKING)),
            guest("STI blocking only where RFLAGS.IF is set",
                    e -> (blocking(e) & STI_BLOCKING) == 0 || interruptFlag(e)),
            guest("neither STI nor MOV SS blocking where an external interrupt or NMI is injected",
                    e -> !e.injects(Kind.EXTERNAL_INTERRUPT.type()) && !e.injects(Kind.NON_MASKABLE_INTERRUPT.type())
                            || (blocking(e) & (STI_BLOCKING | MOV_SS_BLOCKING)) == 0),
            guest("no virtual-NMI blocking where an NMI is injected",
                    e -> !e.vmcs().pin(Vmcs.VIRTUAL_NMIS) || !e.injects(Kind.NON_MASKABLE_INTERRUPT.type())
                            || (blocking(e) & NMI_BLOCKING) == 0),
            guest("reserved bits of the pending debug exceptions 0",
                    e -> (e.get(GUEST_PENDING_DBG_EXCEPTIONS) & ~PENDING_DEBUG) == 0),
            guest("a pending single step exactly where RFLAGS.TF is set, where blocking or HLT holds it",
                    e -> !holdsDebugTrap(e) || singleStep(e) == trapFlag(e)),
            guest(EntryFailure.LINK_POINTER, "a VMCS link pointer of all ones, or to another VMCS",
                    e -> e.get(GUEST_LINK_POINTER) == NO_LINK || isOtherVmcs(e, e.get(GUEST_LINK_POINTER))),

            // SDM 3C, Checks on Guest Page-Directory-Pointer-Table Entries.
            guest(EntryFailure.POINTERS, "page-directory-pointer entries without reserved bits under PAE paging",
                    e -> !isPae(e) || arePointers(e)));
    // spotless:on

    private GuestChecks() {}

    private static boolean isGuestEfer(ProposedEntry e) {
        long efer = e.get(GUEST_IA32_EFER);
        boolean active = (efer & SystemState.LONG_MODE_ACTIVE) != 0;
        boolean enabled = (efer & SystemState.LONG_MODE_ENABLE) != 0;
        return ProposedEntry.isEfer(efer)
                && active == e.longModeGuest()
                && (enabled == active || (e.get(GUEST_CR0) & SystemState.PAGING) == 0);
    }

    private static boolean isCode64(ProposedEntry e) {
        return e.longModeGuest() && (e.get(GUEST_CS_ACCESS_RIGHTS) & ringside.mmu.SegmentRegister.LONG) != 0;
    }

    /** An address that the end of the lower half leads to passes, though it is not canonical. */
    private static boolean hasEqualUpperBits(long rip) {
        return rip >> 48 == 0 || rip >> 48 == -1;
    }

    private static boolean interruptFlag(ProposedEntry e) {
        return (e.get(GUEST_RFLAGS) & SystemState.INTERRUPT) != 0;
    }

    private static boolean trapFlag(ProposedEntry e) {
        return (e.get(GUEST_RFLAGS) & Registers.TRAP) != 0;
    }

    private static boolean singleStep(ProposedEntry e) {
        return (e.get(GUEST_PENDING_DBG_EXCEPTIONS) & SystemState.DR6_SINGLE_STEP) != 0;
    }

    private static int blocking(ProposedEntry e) {
        return (int) e.get(GUEST_INTERRUPTIBILITY_STATE);
    }

    private static boolean holdsDebugTrap(ProposedEntry e) {
        return (blocking(e) & (STI_BLOCKING | MOV_SS_BLOCKING)) != 0 || e.get(GUEST_ACTIVITY_STATE) == HLT;
    }

    private static boolean takes(ProposedEntry e) {
        int type = e.eventType();
        boolean nmi = type == Kind.NON_MASKABLE_INTERRUPT.type();
        boolean exception = type == Kind.HARDWARE_EXCEPTION.type();
        boolean machineCheck = exception && e.eventVector() == MACHINE_CHECK;
        return switch ((int) e.get(GUEST_ACTIVITY_STATE)) {
            case ACTIVE -> true;
            case HLT ->
                type == Kind.EXTERNAL_INTERRUPT.type()
                        || nmi
                        || machineCheck
                        || exception && e.eventVector() == Fault.DEBUG
                        || type == OTHER_EVENT;
            case SHUTDOWN -> nmi || machineCheck;
            default -> false;
        };
    }

    private static boolean isOtherVmcs(ProposedEntry e, long pointer) {
        return (pointer & 0xFFF) == 0
                && ProposedEntry.isPhysical(pointer)
                && (int) e.readPhysical(pointer) == VmxCapabilities.REVISION
                && pointer != e.pointer();
    }

    private static boolean isPae(ProposedEntry e) {
        return e.paging() && !e.longModeGuest() && (e.get(GUEST_CR4) & SystemState.PHYSICAL_ADDRESS_EXTENSION) != 0;
    }

    /** With EPT they are in the VMCS, else in memory where CR3 points to. */
    private static boolean arePointers(ProposedEntry e) {
        VmcsField[] fields = {GUEST_IA32_PDPTE0, GUEST_IA32_PDPTE1, GUEST_IA32_PDPTE2, GUEST_IA32_PDPTE3};
        boolean nested = e.vmcs().secondary(Vmcs.ENABLE_EPT);
        long table = e.get(GUEST_CR3) & 0xFFFF_FFE0L;
        for (int i = 0; i < fields.length; i++) {
            if (PaePaging.isInvalidPointer(nested ? e.get(fields[i]) : e.readPhysical(table + i * 8L))) {
                return false;
            }
        }
        return true;
    }
}
