package ringside.cpu.micro;

import static ringside.cpu.Registers.CARRY;
import static ringside.cpu.Registers.OVERFLOW;
import static ringside.cpu.micro.MicroOperation.Kind.ADD;
import static ringside.cpu.micro.MicroOperation.Kind.AND;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_SHIFT;
import static ringside.cpu.micro.MicroOperation.Kind.OR;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_ARITHMETIC;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_LEFT;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_RIGHT;
import static ringside.cpu.micro.MicroOperation.Kind.SIGN_EXTEND;
import static ringside.cpu.micro.MicroOperation.Kind.SUBTRACT;
import static ringside.cpu.micro.MicroOperation.Kind.XOR;

import java.util.Map;
import ringside.cpu.micro.MicroOperation.Kind;

/**
 * SDM 1, Shift and Rotate Instructions. Counts are taken modulo 32, or 64 with 64-bit operands; the result is written whatever the count.
 * RCL, RCR, SHLD and SHRD are rare and call their rows.
 */
final class ShiftRules {
    private static final int OVERFLOW_BIT = 11;

    // spotless:off
    static final Map<String, Rule> RULES = Map.of(
            "SHL", ShiftRules::shiftLeft,
            "SHR", ShiftRules::shiftRight,
            "SAR", ShiftRules::shiftArithmeticRight,
            "ROL", ShiftRules::rotateLeft,
            "ROR", ShiftRules::rotateRight);
    // spotless:on

    private ShiftRules() {}

    private static boolean shiftLeft(Draft d) {
        int a = d.readToChange(0);
        int count = count(d);
        int result = d.make(SHIFT_LEFT, a, count);
        d.write(0, result);
        whereItMoves(d, count, () -> {
            int carry = d.bits == 64
                    ? d.bit(d.make(SHIFT_RIGHT, a, d.make(SUBTRACT, d.number(64), count)), 0)
                    : d.bit(result, d.bits);
            d.flags(FLAGS_OF_SHIFT, result, carry, d.make(XOR, carry, d.bit(result, d.bits - 1)));
        });
        return true;
    }

    private static boolean shiftRight(Draft d) {
        int a = d.readToChange(0);
        int count = count(d);
        int result = d.make(SHIFT_RIGHT, a, count);
        d.write(0, result);
        whereItMoves(d, count, () -> {
            int carry = lastOut(d, SHIFT_RIGHT, a, count);
            d.flags(FLAGS_OF_SHIFT, result, carry, topBitsDiffer(d, result));
        });
        return true;
    }

    private static boolean shiftArithmeticRight(Draft d) {
        int unsigned = d.readToChange(0);
        int a = d.bits == 64 ? unsigned : d.sized(SIGN_EXTEND, unsigned, d.bits);
        int count = count(d);
        int result = d.make(SHIFT_ARITHMETIC, a, count);
        d.write(0, result);
        whereItMoves(d, count, () -> {
            int carry = lastOut(d, SHIFT_ARITHMETIC, a, count);
            d.flags(FLAGS_OF_SHIFT, result, carry, d.number(0));
        });
        return true;
    }

    private static boolean rotateLeft(Draft d) {
        int a = d.readToChange(0);
        int count = count(d);
        int result = turned(d, SHIFT_LEFT, SHIFT_RIGHT, a, count);
        d.write(0, result);
        whereItMoves(d, count, () -> {
            int carry = d.bit(result, 0);
            putRotated(d, carry, d.make(XOR, carry, d.bit(result, d.bits - 1)));
        });
        return true;
    }

    private static boolean rotateRight(Draft d) {
        int a = d.readToChange(0);
        int count = count(d);
        int result = turned(d, SHIFT_RIGHT, SHIFT_LEFT, a, count);
        d.write(0, result);
        whereItMoves(d, count, () -> putRotated(d, d.bit(result, d.bits - 1), topBitsDiffer(d, result)));
        return true;
    }

    private static int modulus(Draft d) {
        return d.bits == 64 ? 64 : 32;
    }

    private static int count(Draft d) {
        int ones = modulus(d) - 1;
        return d.isNumber(1) ? d.number(d.constant(1) & ones) : d.makeWith(AND, d.read(1), ones);
    }

    /** The flags, but for a count of 0; a count that stands in the instruction needs no question. */
    private static void whereItMoves(Draft d, int count, Runnable flags) {
        if (!d.isNumber(1)) {
            int still = d.skipIfZero(count);
            flags.run();
            d.skipTo(still);
        } else if (d.constant(1) % modulus(d) != 0) {
            flags.run();
        }
    }

    /** What leaves at one end comes back at the other; where the turn is 0 nothing comes back, or with 64 bits the same. */
    private static int turned(Draft d, Kind out, Kind back, int a, int count) {
        int turn = d.makeWith(AND, count, d.bits - 1L);
        int rest = d.make(SUBTRACT, d.number(d.bits), turn);
        return d.make(OR, d.make(out, a, turn), d.make(back, a, rest));
    }

    /** The last bit that a shift to the right has pushed out. */
    private static int lastOut(Draft d, Kind shift, int a, int count) {
        return d.bit(d.make(shift, a, d.makeWith(ADD, count, -1)), 0);
    }

    private static int topBitsDiffer(Draft d, int a) {
        return d.make(XOR, d.bit(a, d.bits - 1), d.bit(a, d.bits - 2));
    }

    /** Rotations change CF and OF alone. */
    private static void putRotated(Draft d, int carry, int overflow) {
        d.putFlags(d.make(OR, carry, d.makeWith(SHIFT_LEFT, overflow, OVERFLOW_BIT)), CARRY | OVERFLOW);
    }
}
