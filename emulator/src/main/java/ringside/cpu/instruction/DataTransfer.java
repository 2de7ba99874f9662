package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Step;

/** SDM 1, Data Transfer Instructions. */
final class DataTransfer {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("88 /r",          "MOV r/m8, r8",                    INNOCUOUS, DataTransfer::move),
            row("89 /r",          "MOV r/m16|32|64, r16|32|64",      INNOCUOUS, DataTransfer::move),
            row("8A /r",          "MOV r8, r/m8",                    INNOCUOUS, DataTransfer::move),
            row("8B /r",          "MOV r16|32|64, r/m16|32|64",      INNOCUOUS, DataTransfer::move));
    // spotless:on

    private DataTransfer() {}

    private static void move(Cpu cpu, Step step) {
        step.first.write(cpu, step.second.read(cpu));
    }
}
