package ringside.cpu.instruction;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;

/**
 * SDM 1, Multiply and Divide Instructions. After a multiplication SF, ZF and PF, which are undefined, follow the low half of the
 * product; divisions leave all flags alone.
 */
final class Multiplication {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("F6 /4",          "MUL r/m8",                                 INNOCUOUS, Multiplication::multiply),
            row("F7 /4",          "MUL r/m16|32|64",                          INNOCUOUS, Multiplication::multiply),
            row("F6 /5",          "IMUL r/m8",                                INNOCUOUS, Multiplication::multiplySigned),
            row("F7 /5",          "IMUL r/m16|32|64",                         INNOCUOUS, Multiplication::multiplySigned),
            row("F6 /6",          "DIV r/m8",                                 INNOCUOUS, Multiplication::divide),
            row("F7 /6",          "DIV r/m16|32|64",                          INNOCUOUS, Multiplication::divide),
            row("F6 /7",          "IDIV r/m8",                                INNOCUOUS, Multiplication::divideSigned),
            row("F7 /7",          "IDIV r/m16|32|64",                         INNOCUOUS, Multiplication::divideSigned),
            row("0F AF /r",       "IMUL r16|32|64, r/m16|32|64",              INNOCUOUS, Multiplication::multiplySignedInto),
            row("6B /r ib",       "IMUL r16|32|64, r/m16|32|64, imm8",        INNOCUOUS, Multiplication::multiplySignedImmediate),
            row("69 /r iw|id|id", "IMUL r16|32|64, r/m16|32|64, imm16|32|32", INNOCUOUS, Multiplication::multiplySignedImmediate));
    // spotless:on

    private Multiplication() {}

    private static void multiply(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        int bits = step.bits;
        long a = r.get(RAX, step.size);
        long b = step.first.read(cpu);
        long low = a * b;
        long high = bits == 64 ? unsignedHigh(a, b) : low >>> bits;
        setProduct(r, step, low, high);
        setFlags(r, low, high == 0, bits);
    }

    private static void multiplySigned(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        int bits = step.bits;
        long a = signed(r.get(RAX), bits);
        long b = signed(step.first.read(cpu), bits);
        long low = a * b;
        setProduct(r, step, low, bits == 64 ? Math.multiplyHigh(a, b) : low >> bits);
        setSignedFlags(cpu, a, b, bits);
    }

    private static void multiplySignedInto(Cpu cpu, Step step) {
        multiplySigned(cpu, step, step.first.read(cpu), step.second.read(cpu));
    }

    private static void multiplySignedImmediate(Cpu cpu, Step step) {
        multiplySigned(cpu, step, step.second.read(cpu), step.third.read(cpu));
    }

    private static void multiplySigned(Cpu cpu, Step step, long first, long second) {
        long a = signed(first, step.bits);
        long b = signed(second, step.bits);
        step.first.write(cpu, a * b);
        setSignedFlags(cpu, a, b, step.bits);
    }

    /** CF and OF: the product does not fit into one operand. */
    private static void setSignedFlags(Cpu cpu, long a, long b, int bits) {
        long low = a * b;
        boolean fits = bits == 64 ? Math.multiplyHigh(a, b) == low >> 63 : signed(low, bits) == low;
        setFlags(cpu.registers, low, fits, bits);
    }

    private static void setFlags(Registers r, long low, boolean fits, int bits) {
        int over = fits ? 0 : 1;
        r.shifted(low, over, over, bits);
    }

    /** AX, DX:AX, EDX:EAX or RDX:RAX. */
    private static void setProduct(Registers r, Step step, long low, long high) {
        if (step.size == 1) {
            r.set(RAX, 2, low);
        } else {
            r.set(RAX, step.size, low);
            r.set(RDX, step.size, high);
        }
    }

    private static void divide(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        int bits = step.bits;
        long divisor = step.first.read(cpu);
        long high = high(r, step);
        long low = r.get(RAX, step.size);
        // A quotient too large for the operand: SDM 2, DIV. It also covers a divisor of 0.
        if (Long.compareUnsigned(high, divisor) >= 0) {
            throw Fault.divideError();
        }
        if (bits == 64) {
            long quotient = WideDivision.quotient(high, low, divisor);
            setQuotient(r, step, quotient, low - quotient * divisor);
        } else {
            long dividend = high << bits | low;
            setQuotient(r, step, Long.divideUnsigned(dividend, divisor), Long.remainderUnsigned(dividend, divisor));
        }
    }

    private static void divideSigned(Cpu cpu, Step step) {
        Registers r = cpu.registers;
        int bits = step.bits;
        long divisor = signed(step.first.read(cpu), bits);
        long high = signed(high(r, step), bits);
        long low = r.get(RAX, step.size);
        if (bits == 64) {
            divideWideSigned(r, step, high, low, divisor);
            return;
        }
        long dividend = high << bits | low;
        if (divisor == 0 || divisor == -1 && dividend == Long.MIN_VALUE) {
            throw Fault.divideError();
        }
        long quotient = dividend / divisor;
        if (signed(quotient, bits) != quotient) {
            throw Fault.divideError();
        }
        setQuotient(r, step, quotient, dividend % divisor);
    }

    /** Divides the amounts and puts the signs back: the remainder has the dividend's. */
    private static void divideWideSigned(Registers r, Step step, long high, long low, long divisor) {
        boolean negative = high < 0;
        long amountLow = negative ? -low : low;
        long amountHigh = negative ? ~high + (low == 0 ? 1 : 0) : high;
        long amount = Math.abs(divisor);
        if (Long.compareUnsigned(amountHigh, amount) >= 0) {
            throw Fault.divideError();
        }
        long quotient = WideDivision.quotient(amountHigh, amountLow, amount);
        long remainder = amountLow - quotient * amount;
        boolean opposite = negative != divisor < 0;
        // The most negative quotient has no positive counterpart.
        if (quotient < 0 && !(opposite && quotient == Long.MIN_VALUE)) {
            throw Fault.divideError();
        }
        setQuotient(r, step, opposite ? -quotient : quotient, negative ? -remainder : remainder);
    }

    /** The upper half of the dividend: AH, DX, EDX or RDX. */
    private static long high(Registers r, Step step) {
        return step.size == 1 ? r.get(RAX, 2) >>> 8 : r.get(RDX, step.size);
    }

    private static void setQuotient(Registers r, Step step, long quotient, long remainder) {
        if (step.size == 1) {
            r.set(RAX, 2, quotient & 0xFF | remainder << 8);
        } else {
            r.set(RAX, step.size, quotient);
            r.set(RDX, step.size, remainder);
        }
    }

    private static long signed(long value, int bits) {
        return value << 64 - bits >> 64 - bits;
    }

    /** The upper 64 bits of an unsigned product. */
    private static long unsignedHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    }
}
