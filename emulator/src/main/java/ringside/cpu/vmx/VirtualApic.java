package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.APIC_ACCESS_ADDR;
import static ringside.cpu.vmx.VmcsField.TPR_THRESHOLD;
import static ringside.cpu.vmx.VmcsField.VIRTUAL_APIC_PAGE_ADDR;

import ringside.memory.PhysicalMemory;

/**
 * The task priority that a guest has in memory instead of in the local APIC: VTPR on the virtual-APIC page, and the threshold below which it
 * leaves the guest (SDM 3C, Virtual APIC State; TPR Virtualization).
 */
final class VirtualApic {
    /** Offset of VTPR, of 32 bits, on the virtual-APIC page. */
    static final int TASK_PRIORITY = 0x80;

    private static final int CLASS_SHIFT = 4;
    private static final long PAGE = 0xFFF;

    private final Vmcs vmcs;
    private final PhysicalMemory host;

    /** VTPR is compared with its threshold at the next boundary: it has been written, or the guest has been entered. */
    private boolean written;

    /** @param host the physical memory where the virtual-APIC page is */
    VirtualApic(Vmcs vmcs, PhysicalMemory host) {
        this.vmcs = vmcs;
        this.host = host;
    }

    /** Does the guest have a task priority of its own? */
    boolean isShadowed() {
        return vmcs.primary(Vmcs.USE_TPR_SHADOW);
    }

    /** Is one page of physical memory the local APIC's to the guest? */
    boolean hasAccessPage() {
        return vmcs.secondary(Vmcs.VIRTUALIZE_APIC_ACCESSES);
    }

    /** Is this physical address on the APIC-access page? */
    boolean isAccessPage(long physical) {
        return hasAccessPage() && ((physical ^ vmcs.read(APIC_ACCESS_ADDR)) & ~PAGE) == 0;
    }

    /** The class of the task priority, 0 to 15: what MOV from CR8 reads. */
    int priorityClass() {
        return priorityClass(vmcs, host);
    }

    static int priorityClass(Vmcs vmcs, PhysicalMemory host) {
        return (int) HostMemory.read(host, vmcs.read(VIRTUAL_APIC_PAGE_ADDR) + TASK_PRIORITY, 1) >>> CLASS_SHIFT;
    }

    /** SDM 3C, Virtualizing CR8-Based TPR Accesses: MOV to CR8 clears what is not the class. */
    void priorityClass(long priority) {
        write(priority << CLASS_SHIFT);
    }

    /** A part of VTPR. @param offset of its first byte, 0 to 3 */
    long read(int offset, int size) {
        return HostMemory.read(host, vmcs.read(VIRTUAL_APIC_PAGE_ADDR) + TASK_PRIORITY + offset, size);
    }

    /** Writes VTPR, of which 8 bits stay; the threshold is looked at once the instruction or the delivery is complete. */
    void write(long value) {
        HostMemory.write(host, vmcs.read(VIRTUAL_APIC_PAGE_ADDR) + TASK_PRIORITY, 4, value & 0xFF);
        written = true;
    }

    private boolean isBelowThreshold() {
        return priorityClass() < (vmcs.read(TPR_THRESHOLD) & 0xF);
    }

    /** SDM 3C, VM Exits Induced by the TPR Threshold: an entry without the access page would have failed instead. */
    void entered() {
        written = isShadowed() && hasAccessPage();
    }

    /** SDM 3C, APIC-Write Emulation; TPR Virtualization. @throws VmExit where the priority is below the threshold now */
    void complete() {
        if (written) {
            written = false;
            if (isBelowThreshold()) {
                throw VmExit.of(ExitReason.TPR_BELOW_THRESHOLD, 0);
            }
        }
    }

    /** The guest has been left: what an operation has written that did not become complete has no more consequences. */
    void left() {
        written = false;
    }

    boolean save() {
        return written;
    }

    void restore(boolean wasWritten) {
        written = wasWritten;
    }
}
