package ringside.cpu;

import java.util.Arrays;
import java.util.List;

/**
 * The registers that belong to anyone: the general registers, the instruction pointer, and the flags that every ring may change (SDM
 * 1, Basic Program Execution Registers). What privilege protects is in {@link SystemState}.
 *
 * <p>The arithmetic flags are kept as the last result and its carries, and worked out when somebody asks: most are never asked for.
 */
public final class Registers {
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;

    /** Index in {@link #general} that always holds 0: an absent base or index register. */
    public static final int NONE = 16;

    public static final int CARRY = 1;
    public static final int PARITY = 1 << 2;
    public static final int ADJUST = 1 << 4;
    public static final int ZERO = 1 << 6;
    public static final int SIGN = 1 << 7;
    public static final int TRAP = 1 << 8;
    public static final int DIRECTION = 1 << 10;
    public static final int OVERFLOW = 1 << 11;
    public static final int NESTED_TASK = 1 << 14;
    public static final int ALIGNMENT_CHECK = 1 << 18;
    public static final int IDENTIFICATION = 1 << 21;

    public static final int ARITHMETIC = CARRY | PARITY | ADJUST | ZERO | SIGN | OVERFLOW;

    /** All flags kept here. */
    public static final int UNPRIVILEGED =
            ARITHMETIC | TRAP | DIRECTION | NESTED_TASK | ALIGNMENT_CHECK | IDENTIFICATION;

    /** RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 … R15, and a constant 0. An array, because every instruction indexes it. */
    final long[] general = new long[17];

    /** What the x87 unit and SSE hold. */
    public final FloatingPoint floating = new FloatingPoint();

    private long rip;

    /** Guest time after the last iteration of a repeated instruction that was not its last one; -1 before the first. */
    long iterated = -1;

    /** Flags as bits; the arithmetic ones count only where {@link #lazy} is 0. */
    private int flags;

    /** The last arithmetic result, sign-extended from its width. */
    private long result;

    /** Carry (or borrow) out of every bit position. */
    private long carries;

    /** Width of the last result in bits, 0 where the flags are in {@link #flags}; bit 8 inverts the carry flag. */
    private int lazy;

    public long get(int register) {
        return general[register];
    }

    /** Writes all 64 bits. */
    public void set(int register, long value) {
        general[register] = value;
    }

    /** Writes the low bits as the processor does: 32 bits clear the upper half, 8 and 16 bits keep the rest. */
    public void set(int register, int bytes, long value) {
        switch (bytes) {
            case 8 -> general[register] = value;
            case 4 -> general[register] = value & 0xFFFF_FFFFL;
            case 2 -> general[register] = general[register] & ~0xFFFFL | value & 0xFFFFL;
            case 1 -> general[register] = general[register] & ~0xFFL | value & 0xFFL;
            default -> throw new IllegalArgumentException("no register of " + bytes + " bytes");
        }
    }

    /** The low bits, zero-extended. */
    public long get(int register, int bytes) {
        long value = general[register];
        return switch (bytes) {
            case 8 -> value;
            case 4 -> value & 0xFFFF_FFFFL;
            case 2 -> value & 0xFFFFL;
            case 1 -> value & 0xFFL;
            default -> throw new IllegalArgumentException("no register of " + bytes + " bytes");
        };
    }

    public long rip() {
        return rip;
    }

    public void rip(long value) {
        rip = value;
    }

    // Arithmetic flags.

    /**
     * Flags of an addition.
     *
     * @param sum a + b + carry in; only its low {@code bits} count
     * @param bits 8, 16, 32 or 64
     */
    public void added(long a, long b, long sum, int bits) {
        result = sum << 64 - bits >> 64 - bits;
        carries = a & b | (a | b) & ~sum;
        lazy = bits;
    }

    /** Flags of a subtraction {@code a - b - borrow}; see {@link #added}. */
    public void subtracted(long a, long b, long difference, int bits) {
        result = difference << 64 - bits >> 64 - bits;
        carries = ~a & b | (~a | b) & difference;
        lazy = bits;
    }

    /** Flags of AND, OR, XOR and TEST: CF, OF and AF are clear (AF is undefined; processors clear it). */
    public void combined(long value, int bits) {
        result = value << 64 - bits >> 64 - bits;
        carries = 0;
        lazy = bits;
    }

    /**
     * Flags of a shift: CF and OF are given, SF, ZF and PF follow from the result, AF is clear (undefined; processors clear it).
     *
     * @param carry 0 or 1: what is shifted out is a matter of chance, and a number needs no branch
     * @param overflow 0 or 1
     */
    public void shifted(long value, long carry, long overflow, int bits) {
        result = value << 64 - bits >> 64 - bits;
        carries = carry << bits - 1 | (carry ^ overflow) << bits - 2;
        lazy = bits;
    }

    /** CF and OF become 0 or 1 as they are told, the others stay those of the last result: rotations. */
    public void rotated(long carry, long overflow) {
        if (lazy == 0) {
            flags = flags & ~(CARRY | OVERFLOW) | (carry != 0 ? CARRY : 0) | (overflow != 0 ? OVERFLOW : 0);
        } else {
            lazy &= 0xFF;
            carries = carries & ~(3L << lazy - 2) | (carry << 1 | carry ^ overflow) << lazy - 2;
        }
    }

    /** After {@link #added} or {@link #subtracted}: the carry flag becomes 0 or 1 as it is told, the others stay: INC and DEC. */
    public void keepCarry(long carry) {
        lazy = lazy & 0xFF | (int) (carries >>> lazy - 1 ^ carry) << 8 & 0x100;
    }

    /** The carry flag as a number: 0 or 1. */
    public long carryBit() {
        return lazy == 0 ? flags & CARRY : (carries >>> lazy - 1 ^ lazy >>> 8) & 1;
    }

    public boolean carry() {
        return carryBit() != 0;
    }

    public boolean zero() {
        return lazy == 0 ? (flags & ZERO) != 0 : result == 0;
    }

    public boolean sign() {
        return lazy == 0 ? (flags & SIGN) != 0 : result < 0;
    }

    public boolean overflow() {
        return lazy == 0 ? (flags & OVERFLOW) != 0 : ((carries >>> lazy - 1 ^ carries >>> lazy - 2) & 1) != 0;
    }

    public boolean parity() {
        return lazy == 0 ? (flags & PARITY) != 0 : evenParity(result);
    }

    public boolean adjust() {
        return lazy == 0 ? (flags & ADJUST) != 0 : (carries & 8) != 0;
    }

    /**
     * SDM 1, EFLAGS Condition Codes: what Jcc, SETcc and CMOVcc ask.
     *
     * @param code 0 to 15, the low four bits of the opcode
     */
    public boolean condition(int code) {
        boolean even = switch (code >> 1) {
            case 0 -> overflow();
            case 1 -> carry();
            case 2 -> zero();
            case 3 -> carry() || zero();
            case 4 -> sign();
            case 5 -> parity();
            case 6 -> sign() != overflow();
            case 7 -> zero() || sign() != overflow();
            default -> throw new IllegalArgumentException("no condition " + code);
        };
        return even == ((code & 1) == 0);
    }

    /** True where the low byte has an even number of ones. */
    public static boolean evenParity(long value) {
        return (Long.bitCount(value & 0xFF) & 1) == 0;
    }

    public boolean direction() {
        return (flags & DIRECTION) != 0;
    }

    public boolean trap() {
        return (flags & TRAP) != 0;
    }

    /** All flags of this class, as RFLAGS bits. */
    public int flags() {
        if (lazy != 0) {
            int bits = (carry() ? CARRY : 0)
                    | (parity() ? PARITY : 0)
                    | (adjust() ? ADJUST : 0)
                    | (zero() ? ZERO : 0)
                    | (sign() ? SIGN : 0)
                    | (overflow() ? OVERFLOW : 0);
            flags = flags & ~ARITHMETIC | bits;
            lazy = 0;
        }
        return flags;
    }

    /** Replaces the flags under {@code mask}, others stay. Whoever may set TF tells the processor: {@link Cpu#attend}. */
    public void flags(int value, int mask) {
        flags = flags() & ~mask | value & mask & UNPRIVILEGED;
    }

    /** Sets or clears one flag. */
    public void flag(int bit, boolean value) {
        flags(value ? bit : 0, bit);
    }

    /** Content of all registers; flags as bits. */
    public record State(List<Long> general, long rip, long iterated, int flags, FloatingPoint.State floating) {
        public State {
            general = List.copyOf(general);
        }
    }

    public State save() {
        return new State(Arrays.stream(general, 0, 16).boxed().toList(), rip, iterated, flags(), floating.save());
    }

    public void restore(State state) {
        for (int i = 0; i < 16; i++) {
            general[i] = state.general.get(i);
        }
        rip = state.rip;
        iterated = state.iterated;
        lazy = 0;
        flags = state.flags;
        floating.restore(state.floating);
    }
}
