package ringside.cpu.vmx;

import ringside.memory.PhysicalMemory;

/**
 * A VMCS region in memory (SDM 3C, Format of the VMCS Region): a revision identifier, the VMX-abort indicator, and data in a layout that is
 * the processor's own business. Here that is the launch state, and from byte 16 the fields, eight bytes each, in the order of {@link
 * VmcsField}.
 *
 * @param memory of the host
 * @param address of the region, on a page
 */
record VmcsRegion(PhysicalMemory memory, long address) {
    /** In place of a region: the VMCS pointer where there is none. */
    static final long NONE = -1;

    private static final int ABORT = 4;
    private static final int LAUNCHED = 8;
    private static final int FIELDS = 16;

    /** Bits 30:0 are the identifier; bit 31 is set in a shadow VMCS. */
    int revision() {
        return (int) HostMemory.read(memory, address, 4);
    }

    /** Is this a region of this processor's format, and no shadow VMCS? */
    boolean isOrdinary() {
        return revision() == VmxCapabilities.REVISION;
    }

    void abort(int indicator) {
        HostMemory.write(memory, address + ABORT, 4, indicator);
    }

    boolean isLaunched() {
        return HostMemory.read(memory, address + LAUNCHED, 1) != 0;
    }

    void launched(boolean launched) {
        HostMemory.write(memory, address + LAUNCHED, 1, launched ? 1 : 0);
    }

    /** From memory into the processor. */
    void load(Vmcs vmcs) {
        for (VmcsField field : VmcsField.values()) {
            vmcs.write(field, HostMemory.read(memory, place(field), 8));
        }
    }

    /** From the processor into memory. */
    void store(Vmcs vmcs) {
        for (VmcsField field : VmcsField.values()) {
            HostMemory.write(memory, place(field), 8, vmcs.read(field));
        }
    }

    private long place(VmcsField field) {
        return address + FIELDS + 8L * field.ordinal();
    }
}
