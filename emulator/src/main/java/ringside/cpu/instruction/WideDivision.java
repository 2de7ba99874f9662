package ringside.cpu.instruction;

/** Division of 128 bits by 64. */
final class WideDivision {
    private static final long HALF = 0xFFFF_FFFFL;

    private WideDivision() {}

    /**
     * Schoolbook division with digits of 32 bits, all numbers unsigned.
     *
     * @param high the dividend's upper half, less than the divisor, so that the quotient has 64 bits
     */
    static long quotient(long high, long low, long divisor) {
        if (high == 0) {
            return Long.divideUnsigned(low, divisor);
        }
        int shift = Long.numberOfLeadingZeros(divisor);
        long d = divisor << shift;
        long top = shift == 0 ? high : high << shift | low >>> 64 - shift;
        long rest = low << shift;

        long first = digit(top, rest >>> 32, d);
        long middle = (top << 32 | rest >>> 32) - first * d;
        long second = digit(middle, rest & HALF, d);
        return first << 32 | second;
    }

    /** One digit of the quotient: guessed from the divisor's upper half, which is normalized, then at most twice too large. */
    private static long digit(long dividend, long next, long divisor) {
        long upper = divisor >>> 32;
        long guess = Long.divideUnsigned(dividend, upper);
        long rest = dividend - guess * upper;
        while (guess > HALF || Long.compareUnsigned(guess * (divisor & HALF), rest << 32 | next) > 0) {
            guess--;
            rest += upper;
            if (rest > HALF) {
                break;
            }
        }
        return guess;
    }
}
