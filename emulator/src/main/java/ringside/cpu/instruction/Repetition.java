package ringside.cpu.instruction;

import static ringside.cpu.Registers.RCX;

import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.Step;

/**
 * What string instructions have in common: index registers that move on, and a count (SDM 2, REP). One step is one iteration; while
 * more remain, RIP goes back to the instruction, so that interrupts and debug traps find their place between iterations.
 */
final class Repetition {
    private Repetition() {}

    /** True where a repeated instruction begins with a count of zero, and so is done. */
    static boolean isOver(Cpu cpu, Step step) {
        return step.repeats() && (cpu.registers.get(RCX) & step.addressMask) == 0;
    }

    /** Moves an index register by one element, down where DF is set; only as many bits as an address has. */
    static void advance(Cpu cpu, Step step, int register, int size) {
        Registers r = cpu.registers;
        set(r, register, step, r.get(register) + (r.direction() ? -size : size));
    }

    /** One iteration of a plain REP is done. */
    static void count(Cpu cpu, Step step) {
        if (step.repeats()) {
            long left = cpu.registers.get(RCX) - 1 & step.addressMask;
            set(cpu.registers, RCX, step, left);
            if (left != 0) {
                cpu.iterateAgain();
            }
        }
    }

    /** One iteration of REPE or REPNE is done; the zero flag decides too. */
    static void countWhile(Cpu cpu, Step step) {
        if (step.repeats()) {
            long left = cpu.registers.get(RCX) - 1 & step.addressMask;
            set(cpu.registers, RCX, step, left);
            if (left != 0 && cpu.registers.zero() == (step.decoded.repeat == REPE)) {
                cpu.iterateAgain();
            }
        }
    }

    private static final int REPE = 0xF3;

    private static void set(Registers r, int register, Step step, long value) {
        if (step.addressMask == 0xFFFF) {
            r.set(register, 2, value);
        } else {
            r.set(register, value & step.addressMask);
        }
    }
}
