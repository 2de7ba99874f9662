package ringside.cpu.instruction;

import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.I64;
import static ringside.isa.Attribute.UNSIGNED;
import static ringside.isa.Trait.INNOCUOUS;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.EventReceiver.Software;
import ringside.cpu.Fault;
import ringside.cpu.Step;

/** SDM 1, Software Interrupt Instructions; the way back is in {@link InterruptReturns}. */
final class Interrupts {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("CC",    "INT3",                          SENSITIVE, Interrupts::breakpoint),
            row("F1",    "INT1",                          SENSITIVE, Interrupts::debug),
            row("CD ib", "INT imm8",                      SENSITIVE, Interrupts::interrupt, UNSIGNED),
            row("CE",    "INTO",                          SENSITIVE, Interrupts::ifOverflow, I64),
            row("62 /r", "BOUND r16|32, m16&16|m32&32",   INNOCUOUS, Interrupts::bound, I64));
    // spotless:on

    private Interrupts() {}

    private static void breakpoint(Cpu cpu, Step step) {
        cpu.admit(step);
        cpu.events().software(cpu, Fault.BREAKPOINT, Software.INT3);
    }

    private static void debug(Cpu cpu, Step step) {
        cpu.admit(step);
        cpu.events().software(cpu, Fault.DEBUG, Software.INT1);
    }

    private static void interrupt(Cpu cpu, Step step) {
        cpu.admit(step);
        cpu.events().software(cpu, (int) step.decoded.immediate, Software.INT_N);
    }

    private static void ifOverflow(Cpu cpu, Step step) {
        cpu.admit(step);
        if (cpu.registers.overflow()) {
            cpu.events().software(cpu, Fault.OVERFLOW, Software.INTO);
        }
    }

    /** The lower bound comes first in memory; both are signed. */
    private static void bound(Cpu cpu, Step step) {
        int segment = step.second.segment();
        long offset = step.second.offset(cpu);
        long lower = signed(cpu.read(segment, offset, step.size), step);
        long upper = signed(cpu.read(segment, offset + step.size & step.addressMask, step.size), step);
        long index = signed(step.first.read(cpu), step);
        if (index < lower || index > upper) {
            throw Fault.of(Fault.BOUND_RANGE);
        }
    }

    private static long signed(long value, Step step) {
        return value << 64 - step.bits >> 64 - step.bits;
    }
}
