package ringside.isa;

/** The bytes are not an instruction. Carries no stack trace: a guest may cause it at every step. */
public final class UndefinedInstruction extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What is wrong with the bytes. */
    public enum Reason {
        /** No row of the table has them, or LOCK stands where it must not: #UD. */
        UNDEFINED,
        /** The instruction does not end within 15 bytes: #GP(0). */
        TOO_LONG
    }

    private final Reason reason;
    private final int length;

    UndefinedInstruction(Reason reason, int length) {
        super(reason.name(), null, false, false);
        this.reason = reason;
        this.length = length;
    }

    /** What is wrong. */
    public Reason reason() {
        return reason;
    }

    /** How many bytes were read, 1 to 15. */
    public int length() {
        return length;
    }
}
