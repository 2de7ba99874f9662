package ringside.cpu;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The guest's own error: an exception that the architecture defines, to be delivered to whoever receives this processor's events
 * (SDM 3A, Exception and Interrupt Reference).
 */
public final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;

    public static final int DIVIDE_ERROR = 0;
    public static final int DEBUG = 1;
    public static final int NON_MASKABLE = 2;
    public static final int BREAKPOINT = 3;
    public static final int OVERFLOW = 4;
    public static final int BOUND_RANGE = 5;
    public static final int INVALID_OPCODE = 6;
    public static final int DEVICE_NOT_AVAILABLE = 7;
    public static final int DOUBLE_FAULT = 8;
    public static final int INVALID_TSS = 10;
    public static final int SEGMENT_NOT_PRESENT = 11;
    public static final int STACK = 12;
    public static final int GENERAL_PROTECTION = 13;
    public static final int PAGE_FAULT = 14;
    public static final int FLOATING_POINT = 16;
    public static final int ALIGNMENT_CHECK = 17;

    /** AMD's #SX. */
    public static final int SECURITY = 30;

    private static final int NO_CODE = -1;

    private static final String[] NAMES = {
        "DIVIDE_ERROR",
        "DEBUG",
        "NMI",
        "BREAKPOINT",
        "OVERFLOW",
        "BOUND_RANGE",
        "INVALID_OPCODE",
        "DEVICE_NOT_AVAILABLE",
        "DOUBLE_FAULT",
        "COPROCESSOR_SEGMENT_OVERRUN",
        "INVALID_TSS",
        "SEGMENT_NOT_PRESENT",
        "STACK_SEGMENT",
        "GENERAL_PROTECTION",
        "PAGE_FAULT",
        "VECTOR_15",
        "FLOATING_POINT",
        "ALIGNMENT_CHECK",
        "MACHINE_CHECK",
        "SIMD_FLOATING_POINT"
    };

    private final int vector;
    private final int errorCode;
    private final long address;
    private final transient @Nullable Delivery during;
    private final boolean unblocking;

    private Fault(int vector, int errorCode, long address) {
        this(vector, errorCode, address, null, false);
    }

    private Fault(int vector, int errorCode, long address, @Nullable Delivery during, boolean unblocking) {
        super(null, null, false, false);
        this.vector = vector;
        this.errorCode = errorCode;
        this.address = address;
        this.during = during;
        this.unblocking = unblocking;
    }

    /** The same fault, of an IRET that has ended the blocking of NMIs before it. */
    public Fault unblocking() {
        return new Fault(vector, errorCode, address, during, true);
    }

    /** Has the IRET that raised it ended the blocking of NMIs? */
    public boolean isUnblocking() {
        return unblocking;
    }

    /**
     * What a software interrupt meets outside ring 0 where only the gates of INT3 and INTO may be used from there (SDM 3A, Software Interrupt
     * Generation): theirs goes through, as a fault that says enough; INT n faults at its gate.
     */
    public static Fault ofSoftware(EventReceiver.Software kind, int vector) {
        return switch (kind) {
            case INT3 -> of(BREAKPOINT);
            case INTO -> of(OVERFLOW);
            case INT1 -> debug();
            case INT_N -> generalProtection(vector * 8 + 2);
        };
    }

    /**
     * The same fault, met while an event was being delivered. Its error code says so where the event was external to the program (SDM 3A,
     * Error Code: EXT).
     */
    Fault during(Delivery event) {
        boolean hasSelector = switch (vector) {
            case INVALID_TSS, SEGMENT_NOT_PRESENT, STACK, GENERAL_PROTECTION -> true;
            default -> false;
        };
        return new Fault(vector, hasSelector && !event.isSoftware() ? errorCode | 1 : errorCode, address, event, false);
    }

    /** The event whose delivery caused this fault. */
    public Optional<Delivery> during() {
        return Optional.ofNullable(during);
    }

    /** The manual's name of an exception's vector, in upper case. */
    public static String name(int vector) {
        return vector < NAMES.length ? NAMES[vector] : "VECTOR_" + vector;
    }

    /** An exception without an error code. */
    public static Fault of(int vector) {
        return new Fault(vector, NO_CODE, 0);
    }

    public static Fault of(int vector, int errorCode) {
        return new Fault(vector, errorCode, 0);
    }

    public static Fault divideError() {
        return of(DIVIDE_ERROR);
    }

    public static Fault invalidOpcode() {
        return of(INVALID_OPCODE);
    }

    /** #NM: the x87 unit is not there for this task, or not at all. */
    public static Fault deviceNotAvailable() {
        return of(DEVICE_NOT_AVAILABLE);
    }

    /** #GP with error code 0 or a selector's index. */
    public static Fault generalProtection(int errorCode) {
        return of(GENERAL_PROTECTION, errorCode);
    }

    public static Fault stack(int errorCode) {
        return of(STACK, errorCode);
    }

    public static Fault notPresent(int errorCode) {
        return of(SEGMENT_NOT_PRESENT, errorCode);
    }

    public static Fault invalidTss(int errorCode) {
        return of(INVALID_TSS, errorCode);
    }

    public static Fault alignmentCheck() {
        return of(ALIGNMENT_CHECK, 0);
    }

    /**
     * #PF.
     *
     * @param address the linear address, for CR2
     * @param errorCode as in SDM 3A, Interrupt 14
     */
    public static Fault page(long address, int errorCode) {
        return new Fault(PAGE_FAULT, errorCode, address);
    }

    /** #DB after an instruction (single step, data breakpoint) or before one (instruction breakpoint, general detect). */
    public static Fault debug() {
        return of(DEBUG);
    }

    public int vector() {
        return vector;
    }

    public boolean hasErrorCode() {
        return errorCode != NO_CODE;
    }

    /** Meaningful only where {@link #hasErrorCode}. */
    public int errorCode() {
        return errorCode;
    }

    /** The faulting linear address of #PF. */
    public long address() {
        return address;
    }

    @Override
    public String getMessage() {
        return "vector " + vector + (hasErrorCode() ? " error code 0x" + Integer.toHexString(errorCode) : "");
    }
}
