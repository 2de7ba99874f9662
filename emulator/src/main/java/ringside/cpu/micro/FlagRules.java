package ringside.cpu.micro;

import static ringside.cpu.Registers.ADJUST;
import static ringside.cpu.Registers.CARRY;
import static ringside.cpu.Registers.DIRECTION;
import static ringside.cpu.Registers.PARITY;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.SIGN;
import static ringside.cpu.Registers.ZERO;
import static ringside.cpu.micro.MicroOperation.Kind.AND;
import static ringside.cpu.micro.MicroOperation.Kind.EQUAL;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_LOGIC;
import static ringside.cpu.micro.MicroOperation.Kind.HIGHEST_BIT;
import static ringside.cpu.micro.MicroOperation.Kind.LOWEST_BIT;
import static ringside.cpu.micro.MicroOperation.Kind.OR;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_ARITHMETIC;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_LEFT;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_RIGHT;
import static ringside.cpu.micro.MicroOperation.Kind.SIGN_EXTEND;
import static ringside.cpu.micro.MicroOperation.Kind.XOR;
import static ringside.cpu.micro.MicroOperation.Kind.ZERO_EXTEND;

import java.util.Map;
import ringside.cpu.micro.MicroOperation.Kind;

/** SDM 1, Flag Control Instructions that every ring may use, and the bit tests and scans. */
final class FlagRules {
    private static final int LOW_FLAGS = SIGN | ZERO | ADJUST | PARITY | CARRY;

    /** Condition codes of the manual: NC. */
    private static final int NO_CARRY = 3;

    private static final int BITS_OF_AH = 8;

    // spotless:off
    static final Map<String, Rule> RULES = Map.ofEntries(
            Map.entry("CLC",  d -> put(d, d.number(0), CARRY)),
            Map.entry("STC",  d -> put(d, d.number(CARRY), CARRY)),
            Map.entry("CMC",  d -> put(d, d.condition(NO_CARRY), CARRY)),
            Map.entry("CLD",  d -> put(d, d.number(0), DIRECTION)),
            Map.entry("STD",  d -> put(d, d.number(DIRECTION), DIRECTION)),
            Map.entry("LAHF", FlagRules::loadFlags),
            Map.entry("SAHF", FlagRules::storeFlags),
            Map.entry("BSF",  d -> scan(d, LOWEST_BIT)),
            Map.entry("BSR",  d -> scan(d, HIGHEST_BIT)),
            Map.entry("BT",   FlagRules::testBit),
            Map.entry("BTS",  d -> changeBit(d, OR)),
            Map.entry("BTR",  d -> changeBit(d, AND)),
            Map.entry("BTC",  d -> changeBit(d, XOR)));
    // spotless:on

    private FlagRules() {}

    private static boolean put(Draft d, int value, int mask) {
        d.putFlags(value, mask);
        return true;
    }

    /** Bit 1 is always set. */
    private static boolean loadFlags(Draft d) {
        int low = d.makeWith(OR, d.makeWith(AND, d.make(FLAGS, 0), LOW_FLAGS), 2);
        int kept = d.makeWith(AND, d.get(RAX, 64), ~0xFF00L);
        d.put(RAX, 64, d.make(OR, kept, d.makeWith(SHIFT_LEFT, low, BITS_OF_AH)));
        return true;
    }

    private static boolean storeFlags(Draft d) {
        return put(d, d.makeWith(SHIFT_RIGHT, d.get(RAX, 16), BITS_OF_AH), LOW_FLAGS);
    }

    private static boolean testBit(Draft d) {
        int number = d.read(1);
        int value = reachesFar(d) ? d.load(d.segment(), stringAddress(d, number), d.bits) : d.read(0);
        putCarry(d, value, within(d, number));
        return true;
    }

    private static boolean changeBit(Draft d, Kind kind) {
        int number = d.read(1);
        boolean far = reachesFar(d);
        int at = far ? stringAddress(d, number) : 0;
        int value = far ? d.loadToChange(d.segment(), at, d.bits) : d.readToChange(0);
        int position = within(d, number);
        int bit = d.make(SHIFT_LEFT, d.number(1), position);
        int changed = d.make(kind, value, kind == AND ? d.makeWith(XOR, bit, -1) : bit);
        if (far) {
            d.store(d.segment(), at, d.bits, changed);
        } else {
            d.write(0, changed);
        }
        putCarry(d, value, position);
        return true;
    }

    /** Without a bit to find, the destination stays as it is, and the zero flag alone says so. */
    private static boolean scan(Draft d, Kind kind) {
        int value = d.read(1);
        int nothing = d.skipIfZero(value);
        int index = d.make(kind, value);
        d.write(0, index);
        d.flags(FLAGS_OF_LOGIC, index, 0, 0);
        d.putFlags(d.number(0), ZERO);
        d.skipTo(nothing);
        int found = d.skipIfZero(d.make(EQUAL, value, d.number(0)));
        d.putFlags(d.number(ZERO), ZERO);
        d.skipTo(found);
        return true;
    }

    /** With a register as bit number, memory is a string of bits that reaches as far as the signed number says. */
    private static boolean reachesFar(Draft d) {
        return d.isMemory(0) && !d.isNumber(1);
    }

    private static int stringAddress(Draft d, int number) {
        int signed = d.bits == 64 ? number : d.sized(SIGN_EXTEND, number, d.bits);
        int operands = d.makeWith(SHIFT_ARITHMETIC, signed, Integer.numberOfTrailingZeros(d.bits));
        int bytes = d.makeWith(SHIFT_LEFT, operands, Integer.numberOfTrailingZeros(d.bits / 8));
        int sum = d.make(Kind.ADD, d.address(), bytes);
        int size = d.decoded.addressSize;
        return size == 64 ? sum : d.sized(ZERO_EXTEND, sum, size);
    }

    private static int within(Draft d, int number) {
        return d.makeWith(AND, number, d.bits - 1L);
    }

    /** CF alone changes. */
    private static void putCarry(Draft d, int value, int position) {
        d.putFlags(d.makeWith(AND, d.make(SHIFT_RIGHT, value, position), 1), CARRY);
    }
}
