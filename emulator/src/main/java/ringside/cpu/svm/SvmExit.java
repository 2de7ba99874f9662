package ringside.cpu.svm;

import ringside.cpu.Exit;

/** A #VMEXIT: the processor leaves guest mode. What it reports is in the exit code and two words besides (APM 2, #VMEXIT). */
public final class SvmExit extends Exit {
    private static final long serialVersionUID = 1;

    private final ExitCode code;
    private final int index;
    private final long info1;
    private final long info2;

    private SvmExit(ExitCode code, int index, long info1, long info2) {
        this.code = code;
        this.index = index;
        this.info1 = info1;
        this.info2 = info2;
    }

    public static SvmExit of(ExitCode code) {
        return new SvmExit(code, 0, 0, 0);
    }

    public static SvmExit of(ExitCode code, long info1, long info2) {
        return new SvmExit(code, 0, info1, info2);
    }

    /** @param index register number or vector, where the code is a family's */
    static SvmExit of(ExitCode code, int index, long info1, long info2) {
        return new SvmExit(code, index, info1, info2);
    }

    /** The same as a processor reports it that leaves decoding to its monitor. */
    SvmExit withoutDecodeAssists() {
        return switch (code) {
            case CR_READ, CR_WRITE, CR0_SEL_WRITE, DR_READ, DR_WRITE, INVLPG, SWINT -> new SvmExit(code, index, 0, 0);
            case IOIO -> new SvmExit(code, index, info1 & ~(7L << 10), info2);
            default -> this;
        };
    }

    public ExitCode code() {
        return code;
    }

    /** Register number or vector; 0 where the code is no family. */
    public int index() {
        return index;
    }

    /** EXITCODE: -1 where VMRUN has failed. */
    public int number() {
        return code.number() + index;
    }

    /** The manual's name without its VMEXIT_. */
    public String reason() {
        return code.nameOf(index);
    }

    /** EXITINFO1. */
    public long info1() {
        return info1;
    }

    /** EXITINFO2. */
    public long info2() {
        return info2;
    }

    /** Did an instruction cause it, so that the address of the next one is reported (nRIP)? */
    boolean isInstruction() {
        return switch (code) {
            case INTR, NMI, SMI, INIT, VINTR, EXCP, SHUTDOWN, FERR_FREEZE, NPF, INVALID, TASK_SWITCH -> false;
            default -> true;
        };
    }
}
