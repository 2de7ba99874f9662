package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.ALIAS;
import static ringside.isa.Attribute.I64;
import static ringside.isa.Attribute.LOCK;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Step;

/** SDM 1, Binary Arithmetic Instructions: addition, subtraction, comparison. */
final class Arithmetic {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("04 ib",          "ADD AL, imm8",                 INNOCUOUS, Arithmetic::add),
            row("05 iw|id|id",    "ADD AX|EAX|RAX, imm16|32|32",  INNOCUOUS, Arithmetic::add),
            row("80 /0 ib",       "ADD r/m8, imm8",               INNOCUOUS, Arithmetic::add, LOCK),
            row("81 /0 iw|id|id", "ADD r/m16|32|64, imm16|32|32", INNOCUOUS, Arithmetic::add, LOCK),
            row("83 /0 ib",       "ADD r/m16|32|64, imm8",        INNOCUOUS, Arithmetic::add, LOCK),
            row("00 /r",          "ADD r/m8, r8",                 INNOCUOUS, Arithmetic::add, LOCK),
            row("01 /r",          "ADD r/m16|32|64, r16|32|64",   INNOCUOUS, Arithmetic::add, LOCK),
            row("02 /r",          "ADD r8, r/m8",                 INNOCUOUS, Arithmetic::add),
            row("03 /r",          "ADD r16|32|64, r/m16|32|64",   INNOCUOUS, Arithmetic::add),
            row("82 /0 ib",       "ADD r/m8, imm8",               INNOCUOUS, Arithmetic::add, I64, ALIAS, LOCK),
            row("14 ib",          "ADC AL, imm8",                 INNOCUOUS, Arithmetic::addWithCarry),
            row("15 iw|id|id",    "ADC AX|EAX|RAX, imm16|32|32",  INNOCUOUS, Arithmetic::addWithCarry),
            row("80 /2 ib",       "ADC r/m8, imm8",               INNOCUOUS, Arithmetic::addWithCarry, LOCK),
            row("81 /2 iw|id|id", "ADC r/m16|32|64, imm16|32|32", INNOCUOUS, Arithmetic::addWithCarry, LOCK),
            row("83 /2 ib",       "ADC r/m16|32|64, imm8",        INNOCUOUS, Arithmetic::addWithCarry, LOCK),
            row("10 /r",          "ADC r/m8, r8",                 INNOCUOUS, Arithmetic::addWithCarry, LOCK),
            row("11 /r",          "ADC r/m16|32|64, r16|32|64",   INNOCUOUS, Arithmetic::addWithCarry, LOCK),
            row("12 /r",          "ADC r8, r/m8",                 INNOCUOUS, Arithmetic::addWithCarry),
            row("13 /r",          "ADC r16|32|64, r/m16|32|64",   INNOCUOUS, Arithmetic::addWithCarry),
            row("82 /2 ib",       "ADC r/m8, imm8",               INNOCUOUS, Arithmetic::addWithCarry, I64, ALIAS, LOCK),
            row("2C ib",          "SUB AL, imm8",                 INNOCUOUS, Arithmetic::subtract),
            row("2D iw|id|id",    "SUB AX|EAX|RAX, imm16|32|32",  INNOCUOUS, Arithmetic::subtract),
            row("80 /5 ib",       "SUB r/m8, imm8",               INNOCUOUS, Arithmetic::subtract, LOCK),
            row("81 /5 iw|id|id", "SUB r/m16|32|64, imm16|32|32", INNOCUOUS, Arithmetic::subtract, LOCK),
            row("83 /5 ib",       "SUB r/m16|32|64, imm8",        INNOCUOUS, Arithmetic::subtract, LOCK),
            row("28 /r",          "SUB r/m8, r8",                 INNOCUOUS, Arithmetic::subtract, LOCK),
            row("29 /r",          "SUB r/m16|32|64, r16|32|64",   INNOCUOUS, Arithmetic::subtract, LOCK),
            row("2A /r",          "SUB r8, r/m8",                 INNOCUOUS, Arithmetic::subtract),
            row("2B /r",          "SUB r16|32|64, r/m16|32|64",   INNOCUOUS, Arithmetic::subtract),
            row("82 /5 ib",       "SUB r/m8, imm8",               INNOCUOUS, Arithmetic::subtract, I64, ALIAS, LOCK),
            row("1C ib",          "SBB AL, imm8",                 INNOCUOUS, Arithmetic::subtractWithBorrow),
            row("1D iw|id|id",    "SBB AX|EAX|RAX, imm16|32|32",  INNOCUOUS, Arithmetic::subtractWithBorrow),
            row("80 /3 ib",       "SBB r/m8, imm8",               INNOCUOUS, Arithmetic::subtractWithBorrow, LOCK),
            row("81 /3 iw|id|id", "SBB r/m16|32|64, imm16|32|32", INNOCUOUS, Arithmetic::subtractWithBorrow, LOCK),
            row("83 /3 ib",       "SBB r/m16|32|64, imm8",        INNOCUOUS, Arithmetic::subtractWithBorrow, LOCK),
            row("18 /r",          "SBB r/m8, r8",                 INNOCUOUS, Arithmetic::subtractWithBorrow, LOCK),
            row("19 /r",          "SBB r/m16|32|64, r16|32|64",   INNOCUOUS, Arithmetic::subtractWithBorrow, LOCK),
            row("1A /r",          "SBB r8, r/m8",                 INNOCUOUS, Arithmetic::subtractWithBorrow),
            row("1B /r",          "SBB r16|32|64, r/m16|32|64",   INNOCUOUS, Arithmetic::subtractWithBorrow),
            row("82 /3 ib",       "SBB r/m8, imm8",               INNOCUOUS, Arithmetic::subtractWithBorrow, I64, ALIAS, LOCK),
            row("3C ib",          "CMP AL, imm8",                 INNOCUOUS, Arithmetic::compare),
            row("3D iw|id|id",    "CMP AX|EAX|RAX, imm16|32|32",  INNOCUOUS, Arithmetic::compare),
            row("80 /7 ib",       "CMP r/m8, imm8",               INNOCUOUS, Arithmetic::compare),
            row("81 /7 iw|id|id", "CMP r/m16|32|64, imm16|32|32", INNOCUOUS, Arithmetic::compare),
            row("83 /7 ib",       "CMP r/m16|32|64, imm8",        INNOCUOUS, Arithmetic::compare),
            row("38 /r",          "CMP r/m8, r8",                 INNOCUOUS, Arithmetic::compare),
            row("39 /r",          "CMP r/m16|32|64, r16|32|64",   INNOCUOUS, Arithmetic::compare),
            row("3A /r",          "CMP r8, r/m8",                 INNOCUOUS, Arithmetic::compare),
            row("3B /r",          "CMP r16|32|64, r/m16|32|64",   INNOCUOUS, Arithmetic::compare),
            row("82 /7 ib",       "CMP r/m8, imm8",               INNOCUOUS, Arithmetic::compare, I64, ALIAS),
            row("FE /0",          "INC r/m8",                     INNOCUOUS, Arithmetic::increment, LOCK),
            row("FF /0",          "INC r/m16|32|64",              INNOCUOUS, Arithmetic::increment, LOCK),
            row("40+r",           "INC r16|32",                   INNOCUOUS, Arithmetic::increment, I64),
            row("FE /1",          "DEC r/m8",                     INNOCUOUS, Arithmetic::decrement, LOCK),
            row("FF /1",          "DEC r/m16|32|64",              INNOCUOUS, Arithmetic::decrement, LOCK),
            row("48+r",           "DEC r16|32",                   INNOCUOUS, Arithmetic::decrement, I64),
            row("F6 /3",          "NEG r/m8",                     INNOCUOUS, Arithmetic::negate, LOCK),
            row("F7 /3",          "NEG r/m16|32|64",              INNOCUOUS, Arithmetic::negate, LOCK));
    // spotless:on

    private Arithmetic() {}

    private static void add(Cpu cpu, Step step) {
        long a = step.readFirst(cpu);
        long b = step.readSecond(cpu);
        long sum = a + b;
        step.writeFirst(cpu, sum);
        cpu.registers.added(a, b, sum, step.bits);
    }

    private static void addWithCarry(Cpu cpu, Step step) {
        long a = step.readFirst(cpu);
        long b = step.readSecond(cpu);
        long sum = a + b + cpu.registers.carryBit();
        step.writeFirst(cpu, sum);
        cpu.registers.added(a, b, sum, step.bits);
    }

    private static void subtract(Cpu cpu, Step step) {
        long a = step.readFirst(cpu);
        long b = step.readSecond(cpu);
        long difference = a - b;
        step.writeFirst(cpu, difference);
        cpu.registers.subtracted(a, b, difference, step.bits);
    }

    private static void subtractWithBorrow(Cpu cpu, Step step) {
        long a = step.readFirst(cpu);
        long b = step.readSecond(cpu);
        long difference = a - b - cpu.registers.carryBit();
        step.writeFirst(cpu, difference);
        cpu.registers.subtracted(a, b, difference, step.bits);
    }

    private static void compare(Cpu cpu, Step step) {
        long a = step.first.read(cpu);
        long b = step.readSecond(cpu);
        cpu.registers.subtracted(a, b, a - b, step.bits);
    }

    private static void increment(Cpu cpu, Step step) {
        long a = step.readFirst(cpu);
        long carry = cpu.registers.carryBit();
        step.writeFirst(cpu, a + 1);
        cpu.registers.added(a, 1, a + 1, step.bits);
        cpu.registers.keepCarry(carry);
    }

    private static void decrement(Cpu cpu, Step step) {
        long a = step.readFirst(cpu);
        long carry = cpu.registers.carryBit();
        step.writeFirst(cpu, a - 1);
        cpu.registers.subtracted(a, 1, a - 1, step.bits);
        cpu.registers.keepCarry(carry);
    }

    private static void negate(Cpu cpu, Step step) {
        long a = step.first.readForWrite(cpu);
        step.first.write(cpu, -a);
        cpu.registers.subtracted(0, a, -a, step.bits);
    }
}
