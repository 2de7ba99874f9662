package ringside.cpu.micro;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.micro.MicroOperation.Kind.ADD;
import static ringside.cpu.micro.MicroOperation.Kind.AND;
import static ringside.cpu.micro.MicroOperation.Kind.EQUAL;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_DIFFERENCE;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_LOGIC;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_SHIFT;
import static ringside.cpu.micro.MicroOperation.Kind.FLAGS_OF_SUM;
import static ringside.cpu.micro.MicroOperation.Kind.KEEP_CARRY;
import static ringside.cpu.micro.MicroOperation.Kind.MULTIPLY;
import static ringside.cpu.micro.MicroOperation.Kind.MULTIPLY_HIGH;
import static ringside.cpu.micro.MicroOperation.Kind.MULTIPLY_HIGH_SIGNED;
import static ringside.cpu.micro.MicroOperation.Kind.OR;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_ARITHMETIC;
import static ringside.cpu.micro.MicroOperation.Kind.SHIFT_RIGHT;
import static ringside.cpu.micro.MicroOperation.Kind.SIGN_EXTEND;
import static ringside.cpu.micro.MicroOperation.Kind.SUBTRACT;
import static ringside.cpu.micro.MicroOperation.Kind.XOR;

import java.util.Map;
import ringside.cpu.micro.MicroOperation.Kind;

/** SDM 1, Binary Arithmetic Instructions and Logical Instructions, with SETcc and multiplication; divisions call their row. */
final class ArithmeticRules {
    /** Condition codes of the manual: C. */
    private static final int CARRY = 2;

    // spotless:off
    static final Map<String, Rule> RULES = Map.ofEntries(
            Map.entry("ADD",   d -> add(d, false)),
            Map.entry("ADC",   d -> add(d, true)),
            Map.entry("SUB",   d -> subtract(d, false)),
            Map.entry("SBB",   d -> subtract(d, true)),
            Map.entry("CMP",   ArithmeticRules::compare),
            Map.entry("INC",   d -> count(d, ADD, FLAGS_OF_SUM)),
            Map.entry("DEC",   d -> count(d, SUBTRACT, FLAGS_OF_DIFFERENCE)),
            Map.entry("NEG",   ArithmeticRules::negate),
            Map.entry("AND",   d -> combine(d, AND)),
            Map.entry("OR",    d -> combine(d, OR)),
            Map.entry("XOR",   d -> combine(d, XOR)),
            Map.entry("NOT",   ArithmeticRules::not),
            Map.entry("TEST",  ArithmeticRules::test),
            Map.entry("SETcc", ArithmeticRules::setIf),
            Map.entry("MUL",   ArithmeticRules::multiply),
            Map.entry("IMUL",  ArithmeticRules::multiplySigned));
    // spotless:on

    private ArithmeticRules() {}

    private static boolean add(Draft d, boolean withCarry) {
        int a = d.readToChange(0);
        int b = d.read(1);
        int sum = d.make(ADD, a, b);
        int all = withCarry ? d.make(ADD, sum, d.condition(CARRY)) : sum;
        d.write(0, all);
        d.flags(FLAGS_OF_SUM, a, b, all);
        return true;
    }

    private static boolean subtract(Draft d, boolean withBorrow) {
        int a = d.readToChange(0);
        int b = d.read(1);
        int difference = d.make(SUBTRACT, a, b);
        int all = withBorrow ? d.make(SUBTRACT, difference, d.condition(CARRY)) : difference;
        d.write(0, all);
        d.flags(FLAGS_OF_DIFFERENCE, a, b, all);
        return true;
    }

    private static boolean compare(Draft d) {
        int a = d.read(0);
        int b = d.read(1);
        d.flags(FLAGS_OF_DIFFERENCE, a, b, d.make(SUBTRACT, a, b));
        return true;
    }

    private static boolean count(Draft d, Kind kind, Kind flags) {
        int a = d.readToChange(0);
        int one = d.number(1);
        int result = d.make(kind, a, one);
        int carry = d.condition(CARRY);
        d.write(0, result);
        d.flags(flags, a, one, result);
        d.perform(KEEP_CARRY, carry);
        return true;
    }

    private static boolean negate(Draft d) {
        int a = d.readToChange(0);
        int zero = d.number(0);
        int result = d.make(SUBTRACT, zero, a);
        d.write(0, result);
        d.flags(FLAGS_OF_DIFFERENCE, zero, a, result);
        return true;
    }

    private static boolean combine(Draft d, Kind kind) {
        int a = d.readToChange(0);
        int result = d.make(kind, a, d.read(1));
        d.write(0, result);
        d.flags(FLAGS_OF_LOGIC, result, 0, 0);
        return true;
    }

    private static boolean not(Draft d) {
        d.write(0, d.makeWith(XOR, d.readToChange(0), -1));
        return true;
    }

    private static boolean test(Draft d) {
        int a = d.read(0);
        d.flags(FLAGS_OF_LOGIC, d.make(AND, a, d.read(1)), 0, 0);
        return true;
    }

    private static boolean setIf(Draft d) {
        d.write(0, d.condition(d.decoded.form.encoding().opcode() & 0xF));
        return true;
    }

    /** CF and OF: the upper half of the product is not empty. */
    private static boolean multiply(Draft d) {
        int bits = d.bits;
        int a = d.get(RAX, bits);
        int b = d.read(0);
        int low = d.make(MULTIPLY, a, b);
        int high = bits == 64 ? d.make(MULTIPLY_HIGH, a, b) : d.makeWith(SHIFT_RIGHT, low, bits);
        putProduct(d, low, high);
        d.flags(FLAGS_OF_SHIFT, low, high, high);
        return true;
    }

    private static boolean multiplySigned(Draft d) {
        int operands = d.decoded.form.operands().size();
        int a = signed(d, operands == 1 ? d.get(RAX, d.bits) : d.read(operands - 2));
        int b = signed(d, d.read(operands - 1));
        int low = d.make(MULTIPLY, a, b);
        // CF and OF: the product is not what its low half says, as a signed number.
        int fits;
        if (d.bits == 64) {
            int high = d.make(MULTIPLY_HIGH_SIGNED, a, b);
            putSignedProduct(d, operands, low, high);
            fits = d.make(EQUAL, high, d.makeWith(SHIFT_ARITHMETIC, low, 63));
        } else {
            putSignedProduct(d, operands, low, low);
            fits = d.make(EQUAL, low, signed(d, low));
        }
        int over = d.makeWith(XOR, fits, 1);
        d.flags(FLAGS_OF_SHIFT, low, over, over);
        return true;
    }

    private static int signed(Draft d, int a) {
        return d.bits == 64 ? a : d.sized(SIGN_EXTEND, a, d.bits);
    }

    /** @param wide the upper half with 64 bits; the whole product with fewer */
    private static void putSignedProduct(Draft d, int operands, int low, int wide) {
        if (operands > 1) {
            d.write(0, low);
        } else if (d.bits == 8 || d.bits == 64) {
            putProduct(d, low, wide);
        } else {
            putProduct(d, low, d.makeWith(SHIFT_RIGHT, wide, d.bits));
        }
    }

    /** AX, DX:AX, EDX:EAX or RDX:RAX. */
    private static void putProduct(Draft d, int low, int high) {
        if (d.bits == 8) {
            d.put(RAX, 16, low);
        } else {
            d.put(RAX, d.bits, low);
            d.put(RDX, d.bits, high);
        }
    }
}
