package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.LOCK;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Step;

/** SDM 1, Binary Arithmetic Instructions: addition, subtraction, comparison. */
final class Arithmetic {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("00 /r",          "ADD r/m8, r8",                    INNOCUOUS, Arithmetic::add, LOCK),
            row("01 /r",          "ADD r/m16|32|64, r16|32|64",      INNOCUOUS, Arithmetic::add, LOCK),
            row("02 /r",          "ADD r8, r/m8",                    INNOCUOUS, Arithmetic::add),
            row("03 /r",          "ADD r16|32|64, r/m16|32|64",      INNOCUOUS, Arithmetic::add),
            row("04 ib",          "ADD AL, imm8",                    INNOCUOUS, Arithmetic::add),
            row("05 iw|id|id",    "ADD AX|EAX|RAX, imm16|32|32",     INNOCUOUS, Arithmetic::add),
            row("80 /0 ib",       "ADD r/m8, imm8",                  INNOCUOUS, Arithmetic::add, LOCK),
            row("81 /0 iw|id|id", "ADD r/m16|32|64, imm16|32|32",    INNOCUOUS, Arithmetic::add, LOCK),
            row("83 /0 ib",       "ADD r/m16|32|64, imm8",           INNOCUOUS, Arithmetic::add, LOCK));
    // spotless:on

    private Arithmetic() {}

    private static void add(Cpu cpu, Step step) {
        long a = step.first.readForWrite(cpu);
        long b = step.second.read(cpu);
        long sum = a + b;
        step.first.write(cpu, sum);
        cpu.registers.added(a, b, sum, step.bits);
    }
}
