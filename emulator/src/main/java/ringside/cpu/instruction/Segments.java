package ringside.cpu.instruction;

import static ringside.cpu.SystemState.DS;
import static ringside.cpu.SystemState.ES;
import static ringside.cpu.SystemState.FS;
import static ringside.cpu.SystemState.GS;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.D64;
import static ringside.isa.Attribute.I64;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SegmentLoads;
import ringside.cpu.Step;
import ringside.cpu.SystemState;

/** SDM 1, Segment Register Instructions. */
final class Segments {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("8C /r",    "MOV r16|32|64/m16, Sreg",       SENSITIVE, Segments::store),
            row("8E /r",    "MOV Sreg, r/m16",               SENSITIVE, Segments::load),
            row("0E",       "PUSH CS",                       SENSITIVE, Segments::push, I64),
            row("16",       "PUSH SS",                       SENSITIVE, Segments::push, I64),
            row("1E",       "PUSH DS",                       SENSITIVE, Segments::push, I64),
            row("06",       "PUSH ES",                       SENSITIVE, Segments::push, I64),
            row("0F A0",    "PUSH FS",                       SENSITIVE, Segments::push, D64),
            row("0F A8",    "PUSH GS",                       SENSITIVE, Segments::push, D64),
            row("1F",       "POP DS",                        SENSITIVE, Segments::pop, I64),
            row("07",       "POP ES",                        SENSITIVE, Segments::pop, I64),
            row("17",       "POP SS",                        SENSITIVE, Segments::pop, I64),
            row("0F A1",    "POP FS",                        SENSITIVE, Segments::pop, D64),
            row("0F A9",    "POP GS",                        SENSITIVE, Segments::pop, D64),
            row("C5 /r",    "LDS r16|32, m16:16|32",         SENSITIVE, (cpu, step) -> loadFar(cpu, step, DS), I64),
            row("C4 /r",    "LES r16|32, m16:16|32",         SENSITIVE, (cpu, step) -> loadFar(cpu, step, ES), I64),
            row("0F B2 /r", "LSS r16|32|64, m16:16|32|64",   SENSITIVE, (cpu, step) -> loadFar(cpu, step, SS)),
            row("0F B4 /r", "LFS r16|32|64, m16:16|32|64",   SENSITIVE, (cpu, step) -> loadFar(cpu, step, FS)),
            row("0F B5 /r", "LGS r16|32|64, m16:16|32|64",   SENSITIVE, (cpu, step) -> loadFar(cpu, step, GS)));
    // spotless:on

    private Segments() {}

    private static void store(Cpu cpu, Step step) {
        cpu.admit(step);
        step.first.write(cpu, step.second.read(cpu));
    }

    private static void load(Cpu cpu, Step step) {
        cpu.admit(step);
        int segment = step.first.segment();
        SegmentLoads.load(cpu, segment, (int) step.second.read(cpu));
        shadowIfStack(cpu, segment);
    }

    /** SDM 2, PUSH: with a 32-bit operand only the low half is written, as recent processors do; 64 bits are written in full. */
    private static void push(Cpu cpu, Step step) {
        cpu.admit(step);
        long to = cpu.stackPointer() - step.size & cpu.stackMask();
        cpu.write(SS, to, step.size == 4 ? 2 : step.size, step.first.read(cpu));
        cpu.stackPointer(to);
    }

    /** The stack pointer moves by the width that SS had before. */
    private static void pop(Cpu cpu, Step step) {
        cpu.admit(step);
        int segment = step.first.segment();
        int selector = (int) cpu.peekStack(0, step.size) & 0xFFFF;
        long moved = cpu.withStackPointer(cpu.stackPointer() + step.size);
        SegmentLoads.load(cpu, segment, selector);
        cpu.registers.set(Registers.RSP, moved);
        shadowIfStack(cpu, segment);
    }

    /** SDM 3A, Masking Exceptions and Interrupts When Switching Stacks. LSS needs no shadow: it loads the pointer too. */
    private static void shadowIfStack(Cpu cpu, int segment) {
        if (segment == SS) {
            cpu.system.shadow = SystemState.Shadow.MOV_SS;
            cpu.system.shadowTime = cpu.clock.now() + 1;
            cpu.attend();
        }
    }

    private static void loadFar(Cpu cpu, Step step, int segment) {
        cpu.admit(step);
        int from = step.second.segment();
        long at = step.second.offset(cpu);
        long offset = cpu.read(from, at, step.size);
        int selector = (int) cpu.read(from, at + step.size & step.addressMask, 2);
        SegmentLoads.load(cpu, segment, selector);
        step.first.write(cpu, offset);
    }
}
