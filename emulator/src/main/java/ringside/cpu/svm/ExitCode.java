package ringside.cpu.svm;

import static ringside.cpu.svm.VmcbField.*;

/**
 * Why a guest was left: APM 2, SVM Intercept Exit Codes. Some constants are families: control registers, debug registers and exceptions
 * have consecutive codes.
 */
public enum ExitCode {
    // spotless:off
    CR_READ(0x00, CR_READ_INTERCEPTS),
    CR_WRITE(0x10, CR_WRITE_INTERCEPTS),
    DR_READ(0x20, DR_READ_INTERCEPTS),
    DR_WRITE(0x30, DR_WRITE_INTERCEPTS),
    EXCP(0x40, EXCEPTION_INTERCEPTS),

    INTR(0x60, INTERCEPTS_60),
    NMI(0x61, INTERCEPTS_60),
    SMI(0x62, INTERCEPTS_60),
    INIT(0x63, INTERCEPTS_60),
    VINTR(0x64, INTERCEPTS_60),
    CR0_SEL_WRITE(0x65, INTERCEPTS_60),
    IDTR_READ(0x66, INTERCEPTS_60),
    GDTR_READ(0x67, INTERCEPTS_60),
    LDTR_READ(0x68, INTERCEPTS_60),
    TR_READ(0x69, INTERCEPTS_60),
    IDTR_WRITE(0x6A, INTERCEPTS_60),
    GDTR_WRITE(0x6B, INTERCEPTS_60),
    LDTR_WRITE(0x6C, INTERCEPTS_60),
    TR_WRITE(0x6D, INTERCEPTS_60),
    RDTSC(0x6E, INTERCEPTS_60),
    RDPMC(0x6F, INTERCEPTS_60),
    PUSHF(0x70, INTERCEPTS_60),
    POPF(0x71, INTERCEPTS_60),
    CPUID(0x72, INTERCEPTS_60),
    RSM(0x73, INTERCEPTS_60),
    IRET(0x74, INTERCEPTS_60),
    SWINT(0x75, INTERCEPTS_60),
    INVD(0x76, INTERCEPTS_60),
    PAUSE(0x77, INTERCEPTS_60),
    HLT(0x78, INTERCEPTS_60),
    INVLPG(0x79, INTERCEPTS_60),
    INVLPGA(0x7A, INTERCEPTS_60),
    IOIO(0x7B, INTERCEPTS_60),
    MSR(0x7C, INTERCEPTS_60),
    TASK_SWITCH(0x7D, INTERCEPTS_60),
    FERR_FREEZE(0x7E, INTERCEPTS_60),
    SHUTDOWN(0x7F, INTERCEPTS_60),

    VMRUN(0x80, INTERCEPTS_80),
    VMMCALL(0x81, INTERCEPTS_80),
    VMLOAD(0x82, INTERCEPTS_80),
    VMSAVE(0x83, INTERCEPTS_80),
    STGI(0x84, INTERCEPTS_80),
    CLGI(0x85, INTERCEPTS_80),
    SKINIT(0x86, INTERCEPTS_80),
    RDTSCP(0x87, INTERCEPTS_80),
    ICEBP(0x88, INTERCEPTS_80),
    WBINVD(0x89, INTERCEPTS_80),
    MONITOR(0x8A, INTERCEPTS_80),
    MWAIT(0x8B, INTERCEPTS_80),
    MWAIT_CONDITIONAL(0x8C, INTERCEPTS_80),
    XSETBV(0x8D, INTERCEPTS_80),

    INVPCID(0xA2, INTERCEPTS_A0),

    /** A fault in the nested tables. */
    NPF(0x400, EXITCODE),
    /** VMRUN has found a state that no guest may have. */
    INVALID(-1, EXITCODE);
    // spotless:on

    private final int number;
    private final VmcbField field;

    ExitCode(int number, VmcbField field) {
        this.number = number;
        this.field = field;
    }

    /** The code, or the first one of a family. */
    public int number() {
        return number;
    }

    /** Where the intercept bits are; {@link VmcbField#EXITCODE} for codes that have none. */
    VmcbField field() {
        return field;
    }

    /** The number of the intercept bit in its field. */
    int bit(int index) {
        return switch (this) {
            case CR_READ, CR_WRITE, DR_READ, DR_WRITE, EXCP -> index;
            default -> number & 0x1F;
        };
    }

    /** The manual's name without its VMEXIT_. */
    public String nameOf(int index) {
        return switch (this) {
            case CR_READ -> "CR" + index + "_READ";
            case CR_WRITE -> "CR" + index + "_WRITE";
            case DR_READ -> "DR" + index + "_READ";
            case DR_WRITE -> "DR" + index + "_WRITE";
            case EXCP -> "EXCP" + index;
            default -> name();
        };
    }
}
