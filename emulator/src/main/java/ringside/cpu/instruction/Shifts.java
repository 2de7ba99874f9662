package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.ALIAS;
import static ringside.isa.Attribute.UNSIGNED;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Step;

/**
 * SDM 1, Shift and Rotate Instructions. Counts are taken modulo 32, or 64 with 64-bit operands; a count of 0 changes no flag, but 32
 * bits still clear the upper half. OF, which is defined only for a count of 1, is worked out in the same way for all counts.
 */
final class Shifts {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("D0 /0",       "ROL r/m8, 1",                       INNOCUOUS, Shifts::rotateLeft),
            row("D2 /0",       "ROL r/m8, CL",                      INNOCUOUS, Shifts::rotateLeft),
            row("C0 /0 ib",    "ROL r/m8, imm8",                    INNOCUOUS, Shifts::rotateLeft, UNSIGNED),
            row("D1 /0",       "ROL r/m16|32|64, 1",                INNOCUOUS, Shifts::rotateLeft),
            row("D3 /0",       "ROL r/m16|32|64, CL",               INNOCUOUS, Shifts::rotateLeft),
            row("C1 /0 ib",    "ROL r/m16|32|64, imm8",             INNOCUOUS, Shifts::rotateLeft, UNSIGNED),
            row("D0 /1",       "ROR r/m8, 1",                       INNOCUOUS, Shifts::rotateRight),
            row("D2 /1",       "ROR r/m8, CL",                      INNOCUOUS, Shifts::rotateRight),
            row("C0 /1 ib",    "ROR r/m8, imm8",                    INNOCUOUS, Shifts::rotateRight, UNSIGNED),
            row("D1 /1",       "ROR r/m16|32|64, 1",                INNOCUOUS, Shifts::rotateRight),
            row("D3 /1",       "ROR r/m16|32|64, CL",               INNOCUOUS, Shifts::rotateRight),
            row("C1 /1 ib",    "ROR r/m16|32|64, imm8",             INNOCUOUS, Shifts::rotateRight, UNSIGNED),
            row("D0 /2",       "RCL r/m8, 1",                       INNOCUOUS, Shifts::rotateThroughCarryLeft),
            row("D2 /2",       "RCL r/m8, CL",                      INNOCUOUS, Shifts::rotateThroughCarryLeft),
            row("C0 /2 ib",    "RCL r/m8, imm8",                    INNOCUOUS, Shifts::rotateThroughCarryLeft, UNSIGNED),
            row("D1 /2",       "RCL r/m16|32|64, 1",                INNOCUOUS, Shifts::rotateThroughCarryLeft),
            row("D3 /2",       "RCL r/m16|32|64, CL",               INNOCUOUS, Shifts::rotateThroughCarryLeft),
            row("C1 /2 ib",    "RCL r/m16|32|64, imm8",             INNOCUOUS, Shifts::rotateThroughCarryLeft, UNSIGNED),
            row("D0 /3",       "RCR r/m8, 1",                       INNOCUOUS, Shifts::rotateThroughCarryRight),
            row("D2 /3",       "RCR r/m8, CL",                      INNOCUOUS, Shifts::rotateThroughCarryRight),
            row("C0 /3 ib",    "RCR r/m8, imm8",                    INNOCUOUS, Shifts::rotateThroughCarryRight, UNSIGNED),
            row("D1 /3",       "RCR r/m16|32|64, 1",                INNOCUOUS, Shifts::rotateThroughCarryRight),
            row("D3 /3",       "RCR r/m16|32|64, CL",               INNOCUOUS, Shifts::rotateThroughCarryRight),
            row("C1 /3 ib",    "RCR r/m16|32|64, imm8",             INNOCUOUS, Shifts::rotateThroughCarryRight, UNSIGNED),
            row("D0 /4",       "SHL r/m8, 1",                       INNOCUOUS, Shifts::shiftLeft),
            row("D2 /4",       "SHL r/m8, CL",                      INNOCUOUS, Shifts::shiftLeft),
            row("C0 /4 ib",    "SHL r/m8, imm8",                    INNOCUOUS, Shifts::shiftLeft, UNSIGNED),
            row("D1 /4",       "SHL r/m16|32|64, 1",                INNOCUOUS, Shifts::shiftLeft),
            row("D3 /4",       "SHL r/m16|32|64, CL",               INNOCUOUS, Shifts::shiftLeft),
            row("C1 /4 ib",    "SHL r/m16|32|64, imm8",             INNOCUOUS, Shifts::shiftLeft, UNSIGNED),
            row("D0 /5",       "SHR r/m8, 1",                       INNOCUOUS, Shifts::shiftRight),
            row("D2 /5",       "SHR r/m8, CL",                      INNOCUOUS, Shifts::shiftRight),
            row("C0 /5 ib",    "SHR r/m8, imm8",                    INNOCUOUS, Shifts::shiftRight, UNSIGNED),
            row("D1 /5",       "SHR r/m16|32|64, 1",                INNOCUOUS, Shifts::shiftRight),
            row("D3 /5",       "SHR r/m16|32|64, CL",               INNOCUOUS, Shifts::shiftRight),
            row("C1 /5 ib",    "SHR r/m16|32|64, imm8",             INNOCUOUS, Shifts::shiftRight, UNSIGNED),
            row("D0 /7",       "SAR r/m8, 1",                       INNOCUOUS, Shifts::shiftArithmeticRight),
            row("D2 /7",       "SAR r/m8, CL",                      INNOCUOUS, Shifts::shiftArithmeticRight),
            row("C0 /7 ib",    "SAR r/m8, imm8",                    INNOCUOUS, Shifts::shiftArithmeticRight, UNSIGNED),
            row("D1 /7",       "SAR r/m16|32|64, 1",                INNOCUOUS, Shifts::shiftArithmeticRight),
            row("D3 /7",       "SAR r/m16|32|64, CL",               INNOCUOUS, Shifts::shiftArithmeticRight),
            row("C1 /7 ib",    "SAR r/m16|32|64, imm8",             INNOCUOUS, Shifts::shiftArithmeticRight, UNSIGNED),
            row("D0 /6",       "SHL r/m8, 1",                       INNOCUOUS, Shifts::shiftLeft, ALIAS),
            row("D2 /6",       "SHL r/m8, CL",                      INNOCUOUS, Shifts::shiftLeft, ALIAS),
            row("C0 /6 ib",    "SHL r/m8, imm8",                    INNOCUOUS, Shifts::shiftLeft, UNSIGNED, ALIAS),
            row("D1 /6",       "SHL r/m16|32|64, 1",                INNOCUOUS, Shifts::shiftLeft, ALIAS),
            row("D3 /6",       "SHL r/m16|32|64, CL",               INNOCUOUS, Shifts::shiftLeft, ALIAS),
            row("C1 /6 ib",    "SHL r/m16|32|64, imm8",             INNOCUOUS, Shifts::shiftLeft, UNSIGNED, ALIAS),
            row("0F A4 /r ib", "SHLD r/m16|32|64, r16|32|64, imm8", INNOCUOUS, Shifts::shiftLeftDouble, UNSIGNED),
            row("0F A5 /r",    "SHLD r/m16|32|64, r16|32|64, CL",   INNOCUOUS, Shifts::shiftLeftDouble),
            row("0F AC /r ib", "SHRD r/m16|32|64, r16|32|64, imm8", INNOCUOUS, Shifts::shiftRightDouble, UNSIGNED),
            row("0F AD /r",    "SHRD r/m16|32|64, r16|32|64, CL",   INNOCUOUS, Shifts::shiftRightDouble));
    // spotless:on

    private Shifts() {}

    private static void shiftLeft(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu);
        int count = count(cpu, step);
        long result = a << count;
        step.writeFirst(cpu, result);
        if (count != 0) {
            long carry = (bits == 64 ? a >>> -count : result >>> bits) & 1;
            cpu.registers.shifted(result, carry, carry ^ bit(result, bits - 1), bits);
        }
    }

    private static void shiftRight(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu);
        int count = count(cpu, step);
        long result = a >>> count;
        step.writeFirst(cpu, result);
        if (count != 0) {
            cpu.registers.shifted(result, bit(a, count - 1), topBitsDiffer(result, bits), bits);
        }
    }

    private static void shiftArithmeticRight(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu) << 64 - bits >> 64 - bits;
        int count = count(cpu, step);
        long result = a >> count;
        step.writeFirst(cpu, result);
        if (count != 0) {
            cpu.registers.shifted(result, bit(a, count - 1), 0, bits);
        }
    }

    private static void rotateLeft(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu);
        int count = count(cpu, step);
        int turn = count & bits - 1;
        long result = turn == 0 ? a : a << turn | a >>> bits - turn;
        step.writeFirst(cpu, result);
        if (count != 0) {
            long carry = bit(result, 0);
            cpu.registers.rotated(carry, carry ^ bit(result, bits - 1));
        }
    }

    private static void rotateRight(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu);
        int count = count(cpu, step);
        int turn = count & bits - 1;
        long result = turn == 0 ? a : a >>> turn | a << bits - turn;
        step.writeFirst(cpu, result);
        if (count != 0) {
            cpu.registers.rotated(bit(result, bits - 1), topBitsDiffer(result, bits));
        }
    }

    private static void rotateThroughCarryLeft(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu);
        int count = countThroughCarry(cpu, step);
        if (count == 0) {
            step.writeFirst(cpu, a);
            return;
        }
        long carryIn = cpu.registers.carryBit();
        long around = count == 1 ? 0 : a >>> bits + 1 - count;
        long result = (count == 64 ? 0 : a << count) | carryIn << count - 1 | around;
        step.writeFirst(cpu, result);
        long carry = bit(a, bits - count);
        cpu.registers.rotated(carry, carry ^ bit(result, bits - 1));
    }

    private static void rotateThroughCarryRight(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu);
        int count = countThroughCarry(cpu, step);
        if (count == 0) {
            step.writeFirst(cpu, a);
            return;
        }
        long carryIn = cpu.registers.carryBit();
        long around = count == 1 ? 0 : a << bits + 1 - count;
        long result = a >>> count | carryIn << bits - count | around;
        step.writeFirst(cpu, result);
        cpu.registers.rotated(bit(a, count - 1), topBitsDiffer(result, bits));
    }

    /** With 16 bits and a count above 16, which is undefined, the destination's own bits follow those of the source. */
    private static void shiftLeftDouble(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu);
        long b = step.second.read(cpu);
        int count = doubleCount(cpu, step);
        if (count == 0) {
            step.writeFirst(cpu, a);
            return;
        }
        long result = bits == 16 ? (a << 32 | b << 16 | a) << count >>> 32 : a << count | b >>> bits - count;
        long carry = bits == 16 ? bit(a << 32 | b << 16 | a, 48 - count) : bit(a, bits - count);
        step.writeFirst(cpu, result);
        cpu.registers.shifted(result, carry, carry ^ bit(result, bits - 1), bits);
    }

    private static void shiftRightDouble(Cpu cpu, Step step) {
        int bits = step.bits;
        long a = step.readFirst(cpu);
        long b = step.second.read(cpu);
        int count = doubleCount(cpu, step);
        if (count == 0) {
            step.writeFirst(cpu, a);
            return;
        }
        long result = bits == 16 ? (a << 32 | b << 16 | a) >>> count : a >>> count | b << bits - count;
        long carry = bits == 16 ? bit(b << 16 | a, count - 1) : bit(a, count - 1);
        step.writeFirst(cpu, result);
        cpu.registers.shifted(result, carry, topBitsDiffer(result, bits), bits);
    }

    private static int count(Cpu cpu, Step step) {
        return (int) step.second.read(cpu) & (step.bits == 64 ? 63 : 31);
    }

    private static int doubleCount(Cpu cpu, Step step) {
        return (int) step.third.read(cpu) & (step.bits == 64 ? 63 : 31);
    }

    /** RCL and RCR turn one bit more than the operand has. */
    private static int countThroughCarry(Cpu cpu, Step step) {
        int count = count(cpu, step);
        return step.bits < 32 ? count % (step.bits + 1) : count;
    }

    private static long bit(long value, int number) {
        return value >>> number & 1;
    }

    private static long topBitsDiffer(long value, int bits) {
        return bit(value, bits - 1) ^ bit(value, bits - 2);
    }
}
