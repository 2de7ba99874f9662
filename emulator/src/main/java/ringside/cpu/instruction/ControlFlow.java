package ringside.cpu.instruction;

import static ringside.cpu.Registers.RCX;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.BY_ADDRESS;
import static ringside.isa.Attribute.F64;
import static ringside.isa.Attribute.UNSIGNED;
import static ringside.isa.Trait.INNOCUOUS;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Step;

/** SDM 1, Control Transfer Instructions: those that stay in their code segment. The target is judged before anything changes. */
final class ControlFlow {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("E8 cw|cd|cd",       "CALL rel16|32|32",         INNOCUOUS, ControlFlow::callRelative, F64),
            row("FF /2",             "CALL r/m16|32|64",         INNOCUOUS, ControlFlow::callIndirect, F64),
            row("EB cb",             "JMP rel8",                 INNOCUOUS, ControlFlow::jumpRelative, F64),
            row("E9 cw|cd|cd",       "JMP rel16|32|32",          INNOCUOUS, ControlFlow::jumpRelative, F64),
            row("FF /4",             "JMP r/m16|32|64",          INNOCUOUS, ControlFlow::jumpIndirect, F64),
            row("C3",                "RET",                      INNOCUOUS, ControlFlow::returnNear, F64),
            row("C2 iw",             "RET imm16",                INNOCUOUS, ControlFlow::returnNear, F64, UNSIGNED),
            row("70+cc cb",          "Jcc rel8",                 INNOCUOUS, ControlFlow::jumpIf, F64),
            row("0F 80+cc cw|cd|cd", "Jcc rel16|32|32",          INNOCUOUS, ControlFlow::jumpIf, F64),
            row("E3 cb",             "JCXZ|JECXZ|JRCXZ rel8",    INNOCUOUS, ControlFlow::jumpIfCounterIsZero, F64, BY_ADDRESS),
            row("E0 cb",             "LOOPNE rel8",              INNOCUOUS, ControlFlow::loopIfNotZero, F64),
            row("E1 cb",             "LOOPE rel8",               INNOCUOUS, ControlFlow::loopIfZero, F64),
            row("E2 cb",             "LOOP rel8",                INNOCUOUS, ControlFlow::loop, F64));
    // spotless:on

    private ControlFlow() {}

    private static void jumpRelative(Cpu cpu, Step step) {
        jump(cpu, step, cpu.registers.rip() + step.decoded.immediate);
    }

    private static void jumpIf(Cpu cpu, Step step) {
        if (cpu.registers.condition(step.condition)) {
            jumpRelative(cpu, step);
        }
    }

    private static void jumpIndirect(Cpu cpu, Step step) {
        jump(cpu, step, step.first.read(cpu));
    }

    private static void jump(Cpu cpu, Step step, long target) {
        cpu.registers.rip(cpu.checkTarget(target, step.bits));
    }

    private static void callRelative(Cpu cpu, Step step) {
        call(cpu, step, cpu.registers.rip() + step.decoded.immediate);
    }

    private static void callIndirect(Cpu cpu, Step step) {
        call(cpu, step, step.first.read(cpu));
    }

    /** SDM 2A, CALL: outside 64-bit mode the target is judged before the stack, in 64-bit mode after it. */
    private static void call(Cpu cpu, Step step, long target) {
        if (cpu.is64Bit() && !Cpu.isCanonical(target)) {
            cpu.probeWrite(SS, cpu.stackPointer() - step.size, step.size);
        }
        long judged = cpu.checkTarget(target, step.bits);
        cpu.push(step.size, cpu.registers.rip());
        cpu.registers.rip(judged);
    }

    /** The immediate is 0 where the instruction has none. */
    private static void returnNear(Cpu cpu, Step step) {
        long target = cpu.checkTarget(cpu.peekStack(0, step.size), step.bits);
        cpu.stackPointer(cpu.stackPointer() + step.size + step.decoded.immediate);
        cpu.registers.rip(target);
    }

    private static void jumpIfCounterIsZero(Cpu cpu, Step step) {
        if ((cpu.registers.get(RCX) & step.addressMask) == 0) {
            jumpRelative(cpu, step);
        }
    }

    private static void loop(Cpu cpu, Step step) {
        countDown(cpu, step, true);
    }

    private static void loopIfZero(Cpu cpu, Step step) {
        countDown(cpu, step, cpu.registers.zero());
    }

    private static void loopIfNotZero(Cpu cpu, Step step) {
        countDown(cpu, step, !cpu.registers.zero());
    }

    /** The address size says which part of RCX counts. */
    private static void countDown(Cpu cpu, Step step, boolean condition) {
        long count = cpu.registers.get(RCX) - 1 & step.addressMask;
        if (condition && count != 0) {
            jumpRelative(cpu, step);
        }
        cpu.registers.set(RCX, step.decoded.addressSize / 8, count);
    }
}
