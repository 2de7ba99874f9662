package ringside.cpu.svm;

import ringside.cpu.Exit;

/** A #VMEXIT: the processor leaves guest mode. What it reports is in the exit code and two words besides (APM 2, #VMEXIT). */
public final class SvmExit extends Exit {
    private static final long serialVersionUID = 1;

    private final ExitCode code;
    private final int index;
    private final long info1;
    private final long info2;
    private final long nextRip;

    private SvmExit(ExitCode code, int index, long info1, long info2, long nextRip) {
        this.code = code;
        this.index = index;
        this.info1 = info1;
        this.info2 = info2;
        this.nextRip = nextRip;
    }

    public static SvmExit of(ExitCode code) {
        return new SvmExit(code, 0, 0, 0, 0);
    }

    public static SvmExit of(ExitCode code, long info1, long info2) {
        return new SvmExit(code, 0, info1, info2, 0);
    }

    /** @param index register number or vector, where the code is a family's */
    static SvmExit of(ExitCode code, int index, long info1, long info2) {
        return new SvmExit(code, index, info1, info2, 0);
    }

    /** The same as a processor reports it that leaves decoding to its monitor. */
    SvmExit withoutDecodeAssists() {
        return switch (code) {
            case CR_READ, CR_WRITE, CR0_SEL_WRITE, DR_READ, DR_WRITE, INVLPG, SWINT ->
                new SvmExit(code, index, 0, 0, nextRip);
            case IOIO -> new SvmExit(code, index, info1 & ~(7L << 10), info2, nextRip);
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

    /** The same, of an instruction behind which the next one is at {@code next}. */
    SvmExit before(long next) {
        return new SvmExit(code, index, info1, info2, next);
    }

    /** nRIP, where an instruction caused it; else 0 (APM 2, State Saved on Exit). */
    long nextRip() {
        return nextRip;
    }
}
