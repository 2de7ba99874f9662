package ringside.monitor.kvm;

/**
 * What KVM_IOEVENTFD asks for: a write of this value to this place ends in the kernel, which signals an event to user space instead of
 * returning to it (KVM API documentation, KVM_IOEVENTFD, with KVM_IOEVENTFD_FLAG_DATAMATCH).
 *
 * @param address guest-physical
 * @param length bytes written
 */
record IoEvent(long address, int length, long value) {
    /** The argument of the call. */
    String text(boolean assign) {
        return "addr 0x" + Long.toHexString(address) + ", len " + length + ", datamatch " + value
                + (assign ? "" : ", deassign");
    }
}
