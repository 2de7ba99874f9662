package ringside.cpu.vmx;

/** Basic exit reasons: SDM 3D, VMX Basic Exit Reasons. */
public enum ExitReason {
    EXCEPTION_OR_NMI(0),
    EXTERNAL_INTERRUPT(1),
    TRIPLE_FAULT(2),
    INTERRUPT_WINDOW(7),
    TASK_SWITCH(9),
    CPUID(10),
    HLT(12),
    INVD(13),
    INVLPG(14),
    RDPMC(15),
    RDTSC(16),
    CR_ACCESS(28),
    MOV_DR(29),
    IO_INSTRUCTION(30),
    RDMSR(31),
    WRMSR(32),
    PAUSE(40),
    GDTR_IDTR_ACCESS(46),
    LDTR_TR_ACCESS(47),
    EPT_VIOLATION(48),
    EPT_MISCONFIGURATION(49),
    WBINVD(54);

    private final int number;

    ExitReason(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }
}
