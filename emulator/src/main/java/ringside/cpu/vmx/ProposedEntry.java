package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.*;

import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.memory.PhysicalMemory;
import ringside.mmu.Paging;

/**
 * A VM entry that is being asked for, as the checks see it: the VMCS and what the processor can do.
 *
 * @param vmcs what it is asked by
 * @param pointer physical address of the VMCS, or -1 where it lies in no memory
 * @param capabilities what the processor's VMX offers
 * @param memory the host's physical memory
 * @param longModeHost whether the processor that enters is in IA-32e mode
 */
record ProposedEntry(
        Vmcs vmcs, long pointer, VmxCapabilities capabilities, PhysicalMemory memory, boolean longModeHost) {
    private static final long PROTECTION_AND_PAGING = SystemState.PROTECTION_ENABLE | SystemState.PAGING;

    long get(VmcsField field) {
        return vmcs.read(field);
    }

    // What the guest would be.

    boolean unrestricted() {
        return vmcs.secondary(Vmcs.UNRESTRICTED_GUEST);
    }

    boolean longModeGuest() {
        return vmcs.atEntry(Vmcs.IA32E_MODE_GUEST);
    }

    boolean longModeHostAfterwards() {
        return vmcs.atExit(Vmcs.HOST_ADDRESS_SPACE_SIZE);
    }

    boolean virtual8086() {
        return (get(GUEST_RFLAGS) & SystemState.VIRTUAL_8086) != 0;
    }

    boolean realMode() {
        return (get(GUEST_CR0) & SystemState.PROTECTION_ENABLE) == 0;
    }

    boolean paging() {
        return (get(GUEST_CR0) & PROTECTION_AND_PAGING) == PROTECTION_AND_PAGING;
    }

    // The event to inject.

    boolean injects() {
        return vmcs.injects();
    }

    boolean injects(int type) {
        return injects() && eventType() == type;
    }

    int eventType() {
        return (int) get(VMENTRY_INTERRUPTION_INFO) >>> 8 & 7;
    }

    int eventVector() {
        return (int) get(VMENTRY_INTERRUPTION_INFO) & 0xFF;
    }

    // Forms of addresses.

    static boolean isPhysical(long address) {
        return address >>> Paging.PHYSICAL_BITS == 0;
    }

    boolean isPage(VmcsField field) {
        return (get(field) & 0xFFF) == 0 && isPhysical(get(field));
    }

    boolean isCanonical(VmcsField field) {
        return Cpu.isCanonical(get(field));
    }

    boolean fits32Bits(VmcsField field) {
        return get(field) >>> 32 == 0;
    }

    /** An MSR area: aligned to 16 bytes, and its last byte within the physical address width. */
    boolean isMsrArea(VmcsField address, VmcsField count) {
        long first = get(address);
        long last = first + get(count) * 16 - 1;
        return get(count) == 0 || (first & 0xF) == 0 && isPhysical(first) && isPhysical(last);
    }

    /** SDM 3A, IA32_PAT MSR: each byte is one of the memory types 0, 1, 4, 5, 6, 7. */
    boolean isPat(VmcsField field) {
        for (int i = 0; i < 64; i += 8) {
            long type = get(field) >>> i & 0xFF;
            if (type > 7 || type == 2 || type == 3) {
                return false;
            }
        }
        return true;
    }

    /** The bits of IA32_EFER that this processor has. */
    static boolean isEfer(long efer) {
        return (efer
                        & ~(SystemState.SYSCALL_ENABLE
                                | SystemState.LONG_MODE_ENABLE
                                | SystemState.LONG_MODE_ACTIVE
                                | SystemState.NO_EXECUTE_ENABLE))
                == 0;
    }

    /** Eight bytes of the host's memory; ones where there is none. */
    long readPhysical(long address) {
        return HostMemory.read(memory, address, 8);
    }
}
