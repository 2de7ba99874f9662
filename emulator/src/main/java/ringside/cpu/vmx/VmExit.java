package ringside.cpu.vmx;

import ringside.cpu.Exit;
import ringside.cpu.Fault;

/** The processor leaves VMX non-root operation: the reason, and what it reports beside it (SDM 3C, Recording VM-Exit Information). */
public final class VmExit extends Exit {
    private static final long serialVersionUID = 1;

    private final ExitReason reason;
    private final long qualification;
    private final long physicalAddress;
    private final long linearAddress;
    private final long interruptionInformation;
    private final int errorCode;
    private final int instructionLength;
    private final int instructionInformation;

    private VmExit(
            ExitReason reason,
            long qualification,
            long physicalAddress,
            long linearAddress,
            long interruptionInformation,
            int errorCode,
            int instructionLength,
            int instructionInformation) {
        this.reason = reason;
        this.qualification = qualification;
        this.physicalAddress = physicalAddress;
        this.linearAddress = linearAddress;
        this.interruptionInformation = interruptionInformation;
        this.errorCode = errorCode;
        this.instructionLength = instructionLength;
        this.instructionInformation = instructionInformation;
    }

    public static VmExit of(ExitReason reason, long qualification) {
        return new VmExit(reason, qualification, 0, 0, 0, 0, 0, 0);
    }

    /** INS, OUTS and INVLPG report a linear address too. */
    public static VmExit of(ExitReason reason, long qualification, long linearAddress) {
        return new VmExit(reason, qualification, 0, linearAddress, 0, 0, 0, 0);
    }

    public static VmExit nested(ExitReason reason, long qualification, long physical, long linear) {
        return new VmExit(reason, qualification, physical, linear, 0, 0, 0, 0);
    }

    /**
     * @param information VM-exit interruption information, SDM 3C, Information for VM Exits Due to Vectored Events
     */
    public static VmExit exception(long qualification, long information, int errorCode) {
        return new VmExit(ExitReason.EXCEPTION_OR_NMI, qualification, 0, 0, information, errorCode, 0, 0);
    }

    /** An external interrupt that the processor has acknowledged already. */
    static VmExit acknowledged(long information) {
        return new VmExit(ExitReason.EXTERNAL_INTERRUPT, 0, 0, 0, information, 0, 0, 0);
    }

    /**
     * The same exit, caused by an instruction.
     *
     * @param length of the instruction, in bytes
     * @param information VM-exit instruction information
     */
    VmExit by(int length, int information) {
        return new VmExit(
                reason,
                qualification,
                physicalAddress,
                linearAddress,
                interruptionInformation,
                errorCode,
                length,
                information);
    }

    /** SDM 3C, Exit Qualification for EPT Violations, bit 12. */
    @Override
    public boolean tellsOfUnblocking() {
        return reason == ExitReason.EPT_VIOLATION;
    }

    @Override
    public VmExit unblocking() {
        return nested(reason, qualification | 1 << 12, physicalAddress, linearAddress);
    }

    /** SDM 3C, Exit Qualification for APIC-Access VM Exits: the type of an access that the delivery of an event makes. */
    VmExit duringDelivery() {
        if (reason != ExitReason.APIC_ACCESS) {
            return this;
        }
        boolean guestPhysical = qualification >>> 12 == ApicAccessPage.GUEST_PHYSICAL;
        long type = guestPhysical ? ApicAccessPage.GUEST_PHYSICAL_IN_DELIVERY : ApicAccessPage.IN_DELIVERY;
        return of(reason, qualification & 0xFFF | type << 12);
    }

    /** Is it of an access to memory, so that no breakpoint hits the instruction again? SDM 3C, Saving RIP, RSP, RFLAGS, and SSP: RF. */
    boolean isOfAccess() {
        return reason == ExitReason.EPT_VIOLATION
                || reason == ExitReason.EPT_MISCONFIGURATION
                || reason == ExitReason.APIC_ACCESS;
    }

    /** Was it a hardware exception #DB, whose traps are reported by the exit and wait no longer? */
    boolean isDebugException() {
        return reason == ExitReason.EXCEPTION_OR_NMI && (interruptionInformation & 0xFF) == Fault.DEBUG;
    }

    public ExitReason reason() {
        return reason;
    }

    public long qualification() {
        return qualification;
    }

    /** Guest-physical address of EPT exits. */
    public long physicalAddress() {
        return physicalAddress;
    }

    public long linearAddress() {
        return linearAddress;
    }

    public long interruptionInformation() {
        return interruptionInformation;
    }

    public int errorCode() {
        return errorCode;
    }

    /** In bytes; 0 where no instruction caused the exit. */
    int instructionLength() {
        return instructionLength;
    }

    int instructionInformation() {
        return instructionInformation;
    }
}
