package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.ALIAS;
import static ringside.isa.Attribute.I64;
import static ringside.isa.Attribute.LOCK;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Step;

/** SDM 1, Logical Instructions, with TEST and SETcc. */
final class Logic {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("24 ib",          "AND AL, imm8",                  INNOCUOUS, Logic::and),
            row("25 iw|id|id",    "AND AX|EAX|RAX, imm16|32|32",   INNOCUOUS, Logic::and),
            row("80 /4 ib",       "AND r/m8, imm8",                INNOCUOUS, Logic::and, LOCK),
            row("81 /4 iw|id|id", "AND r/m16|32|64, imm16|32|32",  INNOCUOUS, Logic::and, LOCK),
            row("83 /4 ib",       "AND r/m16|32|64, imm8",         INNOCUOUS, Logic::and, LOCK),
            row("20 /r",          "AND r/m8, r8",                  INNOCUOUS, Logic::and, LOCK),
            row("21 /r",          "AND r/m16|32|64, r16|32|64",    INNOCUOUS, Logic::and, LOCK),
            row("22 /r",          "AND r8, r/m8",                  INNOCUOUS, Logic::and),
            row("23 /r",          "AND r16|32|64, r/m16|32|64",    INNOCUOUS, Logic::and),
            row("82 /4 ib",       "AND r/m8, imm8",                INNOCUOUS, Logic::and, I64, ALIAS, LOCK),
            row("0C ib",          "OR AL, imm8",                   INNOCUOUS, Logic::or),
            row("0D iw|id|id",    "OR AX|EAX|RAX, imm16|32|32",    INNOCUOUS, Logic::or),
            row("80 /1 ib",       "OR r/m8, imm8",                 INNOCUOUS, Logic::or, LOCK),
            row("81 /1 iw|id|id", "OR r/m16|32|64, imm16|32|32",   INNOCUOUS, Logic::or, LOCK),
            row("83 /1 ib",       "OR r/m16|32|64, imm8",          INNOCUOUS, Logic::or, LOCK),
            row("08 /r",          "OR r/m8, r8",                   INNOCUOUS, Logic::or, LOCK),
            row("09 /r",          "OR r/m16|32|64, r16|32|64",     INNOCUOUS, Logic::or, LOCK),
            row("0A /r",          "OR r8, r/m8",                   INNOCUOUS, Logic::or),
            row("0B /r",          "OR r16|32|64, r/m16|32|64",     INNOCUOUS, Logic::or),
            row("82 /1 ib",       "OR r/m8, imm8",                 INNOCUOUS, Logic::or, I64, ALIAS, LOCK),
            row("34 ib",          "XOR AL, imm8",                  INNOCUOUS, Logic::exclusiveOr),
            row("35 iw|id|id",    "XOR AX|EAX|RAX, imm16|32|32",   INNOCUOUS, Logic::exclusiveOr),
            row("80 /6 ib",       "XOR r/m8, imm8",                INNOCUOUS, Logic::exclusiveOr, LOCK),
            row("81 /6 iw|id|id", "XOR r/m16|32|64, imm16|32|32",  INNOCUOUS, Logic::exclusiveOr, LOCK),
            row("83 /6 ib",       "XOR r/m16|32|64, imm8",         INNOCUOUS, Logic::exclusiveOr, LOCK),
            row("30 /r",          "XOR r/m8, r8",                  INNOCUOUS, Logic::exclusiveOr, LOCK),
            row("31 /r",          "XOR r/m16|32|64, r16|32|64",    INNOCUOUS, Logic::exclusiveOr, LOCK),
            row("32 /r",          "XOR r8, r/m8",                  INNOCUOUS, Logic::exclusiveOr),
            row("33 /r",          "XOR r16|32|64, r/m16|32|64",    INNOCUOUS, Logic::exclusiveOr),
            row("82 /6 ib",       "XOR r/m8, imm8",                INNOCUOUS, Logic::exclusiveOr, I64, ALIAS, LOCK),
            row("F6 /2",          "NOT r/m8",                      INNOCUOUS, Logic::not, LOCK),
            row("F7 /2",          "NOT r/m16|32|64",               INNOCUOUS, Logic::not, LOCK),
            row("A8 ib",          "TEST AL, imm8",                 INNOCUOUS, Logic::test),
            row("A9 iw|id|id",    "TEST AX|EAX|RAX, imm16|32|32",  INNOCUOUS, Logic::test),
            row("F6 /0 ib",       "TEST r/m8, imm8",               INNOCUOUS, Logic::test),
            row("F7 /0 iw|id|id", "TEST r/m16|32|64, imm16|32|32", INNOCUOUS, Logic::test),
            row("84 /r",          "TEST r/m8, r8",                 INNOCUOUS, Logic::test),
            row("85 /r",          "TEST r/m16|32|64, r16|32|64",   INNOCUOUS, Logic::test),
            row("F6 /1 ib",       "TEST r/m8, imm8",               INNOCUOUS, Logic::test, ALIAS),
            row("F7 /1 iw|id|id", "TEST r/m16|32|64, imm16|32|32", INNOCUOUS, Logic::test, ALIAS),
            row("0F 90+cc /r",    "SETcc r/m8",                    INNOCUOUS, Logic::setIf));
    // spotless:on

    private Logic() {}

    private static void and(Cpu cpu, Step step) {
        long result = step.readFirst(cpu) & step.readSecond(cpu);
        step.writeFirst(cpu, result);
        cpu.registers.combined(result, step.bits);
    }

    private static void or(Cpu cpu, Step step) {
        long result = step.readFirst(cpu) | step.readSecond(cpu);
        step.writeFirst(cpu, result);
        cpu.registers.combined(result, step.bits);
    }

    private static void exclusiveOr(Cpu cpu, Step step) {
        long result = step.readFirst(cpu) ^ step.readSecond(cpu);
        step.writeFirst(cpu, result);
        cpu.registers.combined(result, step.bits);
    }

    private static void not(Cpu cpu, Step step) {
        step.writeFirst(cpu, ~step.readFirst(cpu));
    }

    private static void test(Cpu cpu, Step step) {
        cpu.registers.combined(step.first.read(cpu) & step.readSecond(cpu), step.bits);
    }

    private static void setIf(Cpu cpu, Step step) {
        step.first.write(cpu, cpu.registers.condition(step.condition) ? 1 : 0);
    }
}
