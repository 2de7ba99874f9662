package ringside.cpu;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the x87 unit and SSE hold: control, status and tag words, MXCSR, the 80-bit and the 128-bit registers (SDM 1, x87 FPU Execution
 * Environment, and SSE Programming Environment). This processor keeps that state, saves it and restores it; it does no arithmetic with it.
 *
 * <p>Plain storage: what instructions do with it stands in their chapters.
 */
public final class FloatingPoint {
    /** SDM 1, x87 FPU Control Word: the six exception masks, and what can be set beside them. */
    private static final int EXCEPTIONS = 0x3F;

    private static final int CONTROL_BITS = 0x1F3F;
    private static final int CONTROL_FIXED = 0x40;

    /** After power-up: every exception unmasked. SDM 3A, Processor State After Reset. */
    private static final int CONTROL_AFTER_RESET = 0x40;

    /** After FNINIT: every exception masked, 64 bits of precision. */
    private static final int CONTROL_AFTER_INIT = 0x37F;

    /** SDM 1, x87 FPU Status Word: an unmasked exception is pending. */
    private static final int ERROR_SUMMARY = 1 << 7;

    private static final int BUSY = 1 << 15;

    /** MXCSR after power-up: every exception masked. */
    public static final int MXCSR_AFTER_RESET = 0x1F80;

    /** SDM 1, MXCSR Control and Status Register: the bits that can be set. */
    public static final int MXCSR_MASK = 0xFFFF;

    private int control = CONTROL_AFTER_RESET;
    private int status;

    /** A bit for each physical register: it is not empty. */
    private int tags = 0xFF;

    private int opcode;
    private long instructionPointer;
    private long dataPointer;
    private int mxcsr = MXCSR_AFTER_RESET;

    /** R0 to R7: the significand, then sign and exponent. */
    private final long[] registers = new long[16];

    /** XMM0 to XMM15, the low half first. */
    private final long[] vectors = new long[32];

    /** What was saved last, until something changes: most guests never touch this state. */
    private @Nullable State saved;

    /** FNINIT; the registers keep their contents and are empty. */
    public void initialize() {
        saved = null;
        control = CONTROL_AFTER_INIT;
        status = 0;
        tags = 0;
        opcode = 0;
        instructionPointer = 0;
        dataPointer = 0;
    }

    public int control() {
        return control;
    }

    /** FLDCW; an exception that is flagged and no longer masked becomes pending. */
    public void control(int value) {
        saved = null;
        control = value & CONTROL_BITS | CONTROL_FIXED;
        summarize();
    }

    public int status() {
        return status;
    }

    /** Replaces the status word; whether an exception is pending follows from the rest. */
    public void status(int value) {
        saved = null;
        status = value & 0xFFFF;
        summarize();
    }

    private void summarize() {
        boolean pending = (status & ~control & EXCEPTIONS) != 0;
        status = status & ~(ERROR_SUMMARY | BUSY) | (pending ? ERROR_SUMMARY | BUSY : 0);
    }

    /** Does an unmasked exception wait for the next instruction that looks? */
    public boolean isPending() {
        return (status & ERROR_SUMMARY) != 0;
    }

    public int tags() {
        return tags;
    }

    public int opcode() {
        return opcode;
    }

    public long instructionPointer() {
        return instructionPointer;
    }

    public long dataPointer() {
        return dataPointer;
    }

    /** What is remembered of the last instruction, and which registers are not empty. */
    public void environment(int newTags, int newOpcode, long newInstructionPointer, long newDataPointer) {
        saved = null;
        tags = newTags & 0xFF;
        opcode = newOpcode & 0x7FF;
        instructionPointer = newInstructionPointer;
        dataPointer = newDataPointer;
    }

    public int mxcsr() {
        return mxcsr;
    }

    public void mxcsr(int value) {
        saved = null;
        mxcsr = value;
    }

    private int physical(int place) {
        return status + (place << 11) >>> 11 & 7;
    }

    /** The significand of ST(i). */
    public long significand(int place) {
        return registers[2 * physical(place)];
    }

    /** Sign and exponent of ST(i), 16 bits. */
    public long exponent(int place) {
        return registers[2 * physical(place) + 1];
    }

    /** Replaces ST(i). */
    public void register(int place, long significand, long exponent) {
        saved = null;
        registers[2 * physical(place)] = significand;
        registers[2 * physical(place) + 1] = exponent & 0xFFFF;
    }

    /** Half of an XMM register: 2 n for the low half of XMMn, 2 n + 1 for the high one. */
    public long vector(int half) {
        return vectors[half];
    }

    public void vector(int half, long value) {
        saved = null;
        vectors[half] = value;
    }

    /** SDM 1, XSAVE-Managed State, XINUSE: is the x87 state another than its initial one? */
    public boolean isFloatingInUse() {
        return control != CONTROL_AFTER_INIT
                || status != 0
                || tags != 0
                || opcode != 0
                || instructionPointer != 0
                || dataPointer != 0
                || hasNonZero(registers);
    }

    /** Likewise for SSE: is any XMM register not zero? MXCSR does not count. */
    public boolean isVectorInUse() {
        return hasNonZero(vectors);
    }

    private static boolean hasNonZero(long[] words) {
        for (long word : words) {
            if (word != 0) {
                return true;
            }
        }
        return false;
    }

    /** Everything above as a value. */
    public record State(
            int control,
            int status,
            int tags,
            int opcode,
            long instructionPointer,
            long dataPointer,
            int mxcsr,
            List<Long> registers,
            List<Long> vectors) {
        public State {
            registers = List.copyOf(registers);
            vectors = List.copyOf(vectors);
        }
    }

    public State save() {
        State state = saved;
        if (state == null) {
            state = new State(
                    control,
                    status,
                    tags,
                    opcode,
                    instructionPointer,
                    dataPointer,
                    mxcsr,
                    Arrays.stream(registers).boxed().toList(),
                    Arrays.stream(vectors).boxed().toList());
            saved = state;
        }
        return state;
    }

    public void restore(State state) {
        if (state == saved) {
            return;
        }
        control = state.control;
        status = state.status;
        tags = state.tags;
        opcode = state.opcode;
        instructionPointer = state.instructionPointer;
        dataPointer = state.dataPointer;
        mxcsr = state.mxcsr;
        for (int i = 0; i < registers.length; i++) {
            registers[i] = state.registers.get(i);
        }
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = state.vectors.get(i);
        }
        saved = state;
    }
}
