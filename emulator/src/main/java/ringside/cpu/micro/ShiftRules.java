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
 * RCL and RCR are rare and call their rows.
 */
final class ShiftRules {
    private static final int OVERFLOW_BIT = 11;

    // spotless:off
    static final Map<String, Rule> RULES = Map.of(
            "SHLD", ShiftRules::shiftLeftDouble,
            "SHRD", ShiftRules::shiftRightDouble,
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

    /** With 16 bits and a count above 16, which is undefined, the destination's own bits follow those of the source. */
    private static boolean shiftLeftDouble(Draft d) {
        int a = d.readToChange(0);
        int b = d.read(1);
        int count = count(d);
        int wide = d.bits == 16 ? aroundTwice(d, a, b) : a;
        int moved = d.make(SHIFT_LEFT, wide, count);
        int result = d.bits == 16
                ? d.makeWith(SHIFT_RIGHT, moved, 32)
                : d.make(OR, moved, d.make(SHIFT_RIGHT, d.makeWith(SHIFT_RIGHT, b, 1), rest(d, count)));
        d.write(0, result);
        whereItMoves(d, count, () -> {
            int top = d.bits == 16 ? 48 : d.bits;
            int carry = d.bit(d.make(SHIFT_RIGHT, wide, d.make(SUBTRACT, d.number(top), count)), 0);
            d.flags(FLAGS_OF_SHIFT, result, carry, d.make(XOR, carry, d.bit(result, d.bits - 1)));
        });
        return true;
    }

    private static boolean shiftRightDouble(Draft d) {
        int a = d.readToChange(0);
        int b = d.read(1);
        int count = count(d);
        int wide = d.bits == 16 ? aroundTwice(d, a, b) : a;
        int moved = d.make(SHIFT_RIGHT, wide, count);
        int result = d.bits == 16
                ? moved
                : d.make(OR, moved, d.make(SHIFT_LEFT, d.makeWith(SHIFT_LEFT, b, 1), rest(d, count)));
        d.write(0, result);
        whereItMoves(d, count, () -> {
            int carry = lastOut(d, SHIFT_RIGHT, wide, count);
            d.flags(FLAGS_OF_SHIFT, result, carry, topBitsDiffer(d, result));
        });
        return true;
    }

    /** Destination, source and destination again, 16 bits each. */
    private static int aroundTwice(Draft d, int a, int b) {
        return d.make(OR, d.make(OR, d.makeWith(SHIFT_LEFT, a, 32), d.makeWith(SHIFT_LEFT, b, 16)), a);
    }

    /** How far the source moves after a first bit, so that with a count of 0 nothing of it is left. */
    private static int rest(Draft d, int count) {
        return d.make(SUBTRACT, d.number(d.bits - 1), count);
    }

    /** The count is the last operand. */
    private static int countPosition(Draft d) {
        return d.decoded.form.operands().size() - 1;
    }

    private static int modulus(Draft d) {
        return d.bits == 64 ? 64 : 32;
    }

    private static int count(Draft d) {
        int ones = modulus(d) - 1;
        int last = countPosition(d);
        return d.isNumber(last) ? d.number(d.constant(last) & ones) : d.makeWith(AND, d.read(last), ones);
    }

    /** The flags, but for a count of 0; a count that stands in the instruction needs no question. */
    private static void whereItMoves(Draft d, int count, Runnable flags) {
        int last = countPosition(d);
        if (!d.isNumber(last)) {
            int still = d.skipIfZero(count);
            flags.run();
            d.skipTo(still);
        } else if (d.constant(last) % modulus(d) != 0) {
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
