package ringside.cpu.vmx;

import ringside.cpu.Exit;

/** The processor leaves VMX non-root operation: the reason, and what it reports beside it (SDM 3C, Recording VM-Exit Information). */
public final class VmExit extends Exit {
    private static final long serialVersionUID = 1;

    private static final int PRIVILEGED_SOFTWARE_EXCEPTION = 5;
    private static final int SOFTWARE_EXCEPTION = 6;

    private final ExitReason reason;
    private final long qualification;
    private final long physicalAddress;
    private final long linearAddress;
    private final long interruptionInformation;
    private final int errorCode;

    private VmExit(
            ExitReason reason,
            long qualification,
            long physicalAddress,
            long linearAddress,
            long interruptionInformation,
            int errorCode) {
        this.reason = reason;
        this.qualification = qualification;
        this.physicalAddress = physicalAddress;
        this.linearAddress = linearAddress;
        this.interruptionInformation = interruptionInformation;
        this.errorCode = errorCode;
    }

    public static VmExit of(ExitReason reason, long qualification) {
        return new VmExit(reason, qualification, 0, 0, 0, 0);
    }

    /** INS, OUTS and INVLPG report a linear address too. */
    public static VmExit of(ExitReason reason, long qualification, long linearAddress) {
        return new VmExit(reason, qualification, 0, linearAddress, 0, 0);
    }

    public static VmExit nested(ExitReason reason, long qualification, long physical, long linear) {
        return new VmExit(reason, qualification, physical, linear, 0, 0);
    }

    /**
     * @param information VM-exit interruption information, SDM 3C, Information for VM Exits Due to Vectored Events
     */
    public static VmExit exception(long qualification, long information, int errorCode) {
        return new VmExit(ExitReason.EXCEPTION_OR_NMI, qualification, 0, 0, information, errorCode);
    }

    /** Did an instruction cause it, so that its length is reported? */
    public boolean isInstruction() {
        return switch (reason) {
            case CPUID,
                    HLT,
                    INVD,
                    INVLPG,
                    RDPMC,
                    RDTSC,
                    CR_ACCESS,
                    MOV_DR,
                    IO_INSTRUCTION,
                    RDMSR,
                    WRMSR,
                    PAUSE,
                    WBINVD,
                    TASK_SWITCH,
                    GDTR_IDTR_ACCESS,
                    LDTR_TR_ACCESS -> true;
            case EXCEPTION_OR_NMI -> {
                long type = interruptionInformation >>> 8 & 7;
                yield type == SOFTWARE_EXCEPTION || type == PRIVILEGED_SOFTWARE_EXCEPTION;
            }
            case EXTERNAL_INTERRUPT, TRIPLE_FAULT, INTERRUPT_WINDOW, EPT_VIOLATION, EPT_MISCONFIGURATION -> false;
        };
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
}
