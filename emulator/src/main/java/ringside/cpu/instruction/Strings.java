package ringside.cpu.instruction;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RDI;
import static ringside.cpu.Registers.RSI;
import static ringside.cpu.SystemState.ES;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.REP;
import static ringside.isa.Attribute.REPE;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Step;

/** SDM 1, String Instructions: from DS:RSI, where a prefix may name another segment, and to ES:RDI. */
final class Strings {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("A4", "MOVSB",             INNOCUOUS, Strings::moveBytes, REP),
            row("A5", "MOVSW|MOVSD|MOVSQ", INNOCUOUS, Strings::move, REP),
            row("A6", "CMPSB",             INNOCUOUS, Strings::compareBytes, REPE),
            row("A7", "CMPSW|CMPSD|CMPSQ", INNOCUOUS, Strings::compare, REPE),
            row("AA", "STOSB",             INNOCUOUS, Strings::storeBytes, REP),
            row("AB", "STOSW|STOSD|STOSQ", INNOCUOUS, Strings::store, REP),
            row("AC", "LODSB",             INNOCUOUS, Strings::loadBytes, REP),
            row("AD", "LODSW|LODSD|LODSQ", INNOCUOUS, Strings::load, REP),
            row("AE", "SCASB",             INNOCUOUS, Strings::scanBytes, REPE),
            row("AF", "SCASW|SCASD|SCASQ", INNOCUOUS, Strings::scan, REPE));
    // spotless:on

    private Strings() {}

    private static void moveBytes(Cpu cpu, Step step) {
        move(cpu, step, 1);
    }

    private static void move(Cpu cpu, Step step) {
        move(cpu, step, step.size);
    }

    private static void move(Cpu cpu, Step step, int size) {
        if (Repetition.isOver(cpu, step)) {
            return;
        }
        cpu.write(ES, destination(cpu, step), size, readSource(cpu, step, size));
        Repetition.advance(cpu, step, RSI, size);
        Repetition.advance(cpu, step, RDI, size);
        Repetition.count(cpu, step);
    }

    private static void compareBytes(Cpu cpu, Step step) {
        compare(cpu, step, 1);
    }

    private static void compare(Cpu cpu, Step step) {
        compare(cpu, step, step.size);
    }

    private static void compare(Cpu cpu, Step step, int size) {
        if (Repetition.isOver(cpu, step)) {
            return;
        }
        long a = readSource(cpu, step, size);
        long b = cpu.read(ES, destination(cpu, step), size);
        Repetition.advance(cpu, step, RSI, size);
        Repetition.advance(cpu, step, RDI, size);
        cpu.registers.subtracted(a, b, a - b, size * 8);
        Repetition.countWhile(cpu, step);
    }

    private static void storeBytes(Cpu cpu, Step step) {
        store(cpu, step, 1);
    }

    private static void store(Cpu cpu, Step step) {
        store(cpu, step, step.size);
    }

    private static void store(Cpu cpu, Step step, int size) {
        if (Repetition.isOver(cpu, step)) {
            return;
        }
        cpu.write(ES, destination(cpu, step), size, cpu.registers.get(RAX, size));
        Repetition.advance(cpu, step, RDI, size);
        Repetition.count(cpu, step);
    }

    private static void loadBytes(Cpu cpu, Step step) {
        load(cpu, step, 1);
    }

    private static void load(Cpu cpu, Step step) {
        load(cpu, step, step.size);
    }

    private static void load(Cpu cpu, Step step, int size) {
        if (Repetition.isOver(cpu, step)) {
            return;
        }
        cpu.registers.set(RAX, size, readSource(cpu, step, size));
        Repetition.advance(cpu, step, RSI, size);
        Repetition.count(cpu, step);
    }

    private static void scanBytes(Cpu cpu, Step step) {
        scan(cpu, step, 1);
    }

    private static void scan(Cpu cpu, Step step) {
        scan(cpu, step, step.size);
    }

    private static void scan(Cpu cpu, Step step, int size) {
        if (Repetition.isOver(cpu, step)) {
            return;
        }
        long a = cpu.registers.get(RAX, size);
        long b = cpu.read(ES, destination(cpu, step), size);
        Repetition.advance(cpu, step, RDI, size);
        cpu.registers.subtracted(a, b, a - b, size * 8);
        Repetition.countWhile(cpu, step);
    }

    private static long readSource(Cpu cpu, Step step, int size) {
        return cpu.read(step.sourceSegment(), cpu.registers.get(RSI) & step.addressMask, size);
    }

    private static long destination(Cpu cpu, Step step) {
        return cpu.registers.get(RDI) & step.addressMask;
    }
}
