package ringside.cpu.instruction;

import static ringside.cpu.Registers.CARRY;
import static ringside.cpu.Registers.ZERO;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.LOCK;
import static ringside.isa.Attribute.UNSIGNED;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.Step;

/**
 * SDM 1, Bit and Byte Instructions. With a register as bit number, memory is a string of bits that reaches as far as the signed number
 * says; with an immediate, the number is taken modulo the operand size.
 */
final class Bits {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("0F A3 /r",    "BT r/m16|32|64, r16|32|64",  INNOCUOUS, Bits::test),
            row("0F BA /4 ib", "BT r/m16|32|64, imm8",       INNOCUOUS, Bits::testImmediate, UNSIGNED),
            row("0F AB /r",    "BTS r/m16|32|64, r16|32|64", INNOCUOUS, Bits::testAndSet, LOCK),
            row("0F BA /5 ib", "BTS r/m16|32|64, imm8",      INNOCUOUS, Bits::testAndSetImmediate, LOCK, UNSIGNED),
            row("0F B3 /r",    "BTR r/m16|32|64, r16|32|64", INNOCUOUS, Bits::testAndReset, LOCK),
            row("0F BA /6 ib", "BTR r/m16|32|64, imm8",      INNOCUOUS, Bits::testAndResetImmediate, LOCK, UNSIGNED),
            row("0F BB /r",    "BTC r/m16|32|64, r16|32|64", INNOCUOUS, Bits::testAndComplement, LOCK),
            row("0F BA /7 ib", "BTC r/m16|32|64, imm8",      INNOCUOUS, Bits::testAndComplementImmediate, LOCK, UNSIGNED),
            row("0F BC /r",    "BSF r16|32|64, r/m16|32|64", INNOCUOUS, Bits::scanForward),
            row("0F BD /r",    "BSR r16|32|64, r/m16|32|64", INNOCUOUS, Bits::scanReverse));
    // spotless:on

    private Bits() {}

    private static void testImmediate(Cpu cpu, Step step) {
        setCarry(cpu, step.first.read(cpu), number(cpu, step));
    }

    private static void testAndSetImmediate(Cpu cpu, Step step) {
        long value = step.first.readForWrite(cpu);
        int number = number(cpu, step);
        step.first.write(cpu, value | 1L << number);
        setCarry(cpu, value, number);
    }

    private static void testAndResetImmediate(Cpu cpu, Step step) {
        long value = step.first.readForWrite(cpu);
        int number = number(cpu, step);
        step.first.write(cpu, value & ~(1L << number));
        setCarry(cpu, value, number);
    }

    private static void testAndComplementImmediate(Cpu cpu, Step step) {
        long value = step.first.readForWrite(cpu);
        int number = number(cpu, step);
        step.first.write(cpu, value ^ 1L << number);
        setCarry(cpu, value, number);
    }

    private static void test(Cpu cpu, Step step) {
        if (!step.first.isMemory()) {
            testImmediate(cpu, step);
            return;
        }
        setCarry(cpu, cpu.read(step.first.segment(), stringOffset(cpu, step), step.size), number(cpu, step));
    }

    private static void testAndSet(Cpu cpu, Step step) {
        if (!step.first.isMemory()) {
            testAndSetImmediate(cpu, step);
            return;
        }
        int number = number(cpu, step);
        long value = readString(cpu, step);
        writeString(cpu, step, value | 1L << number);
        setCarry(cpu, value, number);
    }

    private static void testAndReset(Cpu cpu, Step step) {
        if (!step.first.isMemory()) {
            testAndResetImmediate(cpu, step);
            return;
        }
        int number = number(cpu, step);
        long value = readString(cpu, step);
        writeString(cpu, step, value & ~(1L << number));
        setCarry(cpu, value, number);
    }

    private static void testAndComplement(Cpu cpu, Step step) {
        if (!step.first.isMemory()) {
            testAndComplementImmediate(cpu, step);
            return;
        }
        int number = number(cpu, step);
        long value = readString(cpu, step);
        writeString(cpu, step, value ^ 1L << number);
        setCarry(cpu, value, number);
    }

    /** The bit's number inside the operand. */
    private static int number(Cpu cpu, Step step) {
        return (int) step.second.read(cpu) & step.bits - 1;
    }

    private static long readString(Cpu cpu, Step step) {
        return cpu.readForWrite(step.first.segment(), stringOffset(cpu, step), step.size);
    }

    private static void writeString(Cpu cpu, Step step, long value) {
        cpu.write(step.first.segment(), stringOffset(cpu, step), step.size, value);
    }

    /** Where the operand with the bit lies: SDM 2, BT, a whole number of operands before or after the address. */
    private static long stringOffset(Cpu cpu, Step step) {
        int bits = step.bits;
        long number = step.second.read(cpu) << 64 - bits >> 64 - bits;
        long operands = number >> Integer.numberOfTrailingZeros(bits);
        return step.first.offset(cpu) + operands * step.size & step.addressMask;
    }

    /** CF alone changes; OF, SF, AF and PF, which are undefined, stay. */
    private static void setCarry(Cpu cpu, long value, int number) {
        cpu.registers.flag(CARRY, (value >>> number & 1) != 0);
    }

    /** BSF. */
    private static void scanForward(Cpu cpu, Step step) {
        long value = step.second.read(cpu);
        setIndex(cpu, step, value, Long.numberOfTrailingZeros(value));
    }

    /** BSR. */
    private static void scanReverse(Cpu cpu, Step step) {
        long value = step.second.read(cpu);
        setIndex(cpu, step, value, 63 - Long.numberOfLeadingZeros(value));
    }

    /** Without a bit to find, the destination stays as it is. */
    private static void setIndex(Cpu cpu, Step step, long value, int index) {
        Registers r = cpu.registers;
        if (value == 0) {
            r.flag(ZERO, true);
            return;
        }
        step.first.write(cpu, index);
        r.combined(index, step.bits);
        r.flag(ZERO, false);
    }
}
