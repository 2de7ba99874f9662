package ringside.cpu.vmx;

/** Basic exit reasons: SDM 3D, VMX Basic Exit Reasons. Those of features that this processor does not have are left out. */
public enum ExitReason {
    EXCEPTION_OR_NMI(0),
    EXTERNAL_INTERRUPT(1),
    TRIPLE_FAULT(2),
    INIT(3),
    INTERRUPT_WINDOW(7),
    NMI_WINDOW(8),
    TASK_SWITCH(9),
    CPUID(10),
    HLT(12),
    INVD(13),
    INVLPG(14),
    RDPMC(15),
    RDTSC(16),
    VMCALL(18),
    VMCLEAR(19),
    VMLAUNCH(20),
    VMPTRLD(21),
    VMPTRST(22),
    VMREAD(23),
    VMRESUME(24),
    VMWRITE(25),
    VMXOFF(26),
    VMXON(27),
    CR_ACCESS(28),
    MOV_DR(29),
    IO_INSTRUCTION(30),
    RDMSR(31),
    WRMSR(32),
    /** VM-entry failure due to invalid guest state; no exit in the strict sense, as the guest never ran. */
    INVALID_GUEST_STATE(33),
    /** VM-entry failure due to MSR loading. */
    MSR_LOADING(34),
    MWAIT(36),
    MONITOR_TRAP_FLAG(37),
    MONITOR(39),
    PAUSE(40),
    TPR_BELOW_THRESHOLD(43),
    APIC_ACCESS(44),
    GDTR_IDTR_ACCESS(46),
    LDTR_TR_ACCESS(47),
    EPT_VIOLATION(48),
    EPT_MISCONFIGURATION(49),
    INVEPT(50),
    RDTSCP(51),
    PREEMPTION_TIMER(52),
    INVVPID(53),
    WBINVD(54),
    XSETBV(55),
    RDRAND(57),
    INVPCID(58),
    RDSEED(61);

    private final int number;

    ExitReason(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }
}
