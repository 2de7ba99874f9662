package ringside.cpu.vmx;

/**
 * A VM entry that did not come to run the guest.
 *
 * @param kind what was wrong, and so how the failure is reported
 * @param qualification exit qualification of the kinds that are reported like an exit; else 0
 * @param rule what the manual asks for and the VMCS does not have
 */
public record EntryFailure(Kind kind, long qualification, String rule) {
    /** SDM 3C, VM Entries: how far the entry came. */
    public enum Kind {
        /** VMfail with VM-instruction error 7: VM entry with invalid control fields. */
        CONTROLS(7, true),
        /** VMfail with VM-instruction error 8: VM entry with invalid host-state fields. */
        HOST_STATE(8, true),
        /** The host's state is loaded, as by an exit of reason 33 with bit 31 set. */
        GUEST_STATE(ExitReason.INVALID_GUEST_STATE.number(), false),
        /** As an exit of reason 34 with bit 31 set; the qualification counts the entries of the MSR area, from 1. */
        MSR_LOADING(ExitReason.MSR_LOADING.number(), false);

        private final int number;
        private final boolean ofInstruction;

        Kind(int number, boolean ofInstruction) {
            this.number = number;
            this.ofInstruction = ofInstruction;
        }

        /** VM-instruction error or basic exit reason. */
        public int number() {
            return number;
        }

        /** Does VMLAUNCH or VMRESUME fail, so that the next instruction follows? */
        public boolean isOfInstruction() {
            return ofInstruction;
        }
    }

    // Qualifications of invalid guest state: SDM 3C, VM-Entry Failures During or After Loading Guest State.
    static final long POINTERS = 2;
    static final long LINK_POINTER = 4;
}
