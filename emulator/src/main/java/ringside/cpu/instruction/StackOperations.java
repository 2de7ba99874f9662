package ringside.cpu.instruction;

import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBP;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDI;
import static ringside.cpu.Registers.RDX;
import static ringside.cpu.Registers.RSI;
import static ringside.cpu.Registers.RSP;
import static ringside.cpu.SystemState.INTERRUPT;
import static ringside.cpu.SystemState.IOPL;
import static ringside.cpu.SystemState.RESUME;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.SystemState.VIRTUAL_8086;
import static ringside.cpu.SystemState.VIRTUAL_INTERRUPT;
import static ringside.cpu.SystemState.VIRTUAL_INTERRUPT_PENDING;
import static ringside.cpu.SystemState.VME;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.D64;
import static ringside.isa.Attribute.I64;
import static ringside.isa.Attribute.UNSIGNED;
import static ringside.isa.Trait.INNOCUOUS;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.Step;
import ringside.cpu.SystemState;

/** SDM 1, Procedure Stack: pushing and popping. Segment registers are pushed and popped in {@link Segments}. */
final class StackOperations {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("50+r",        "PUSH r16|32|64",      INNOCUOUS, StackOperations::push, D64),
            row("FF /6",       "PUSH r/m16|32|64",    INNOCUOUS, StackOperations::push, D64),
            row("6A ib",       "PUSH imm8",           INNOCUOUS, StackOperations::push, D64),
            row("68 iw|id|id", "PUSH imm16|32|32",    INNOCUOUS, StackOperations::push, D64),
            row("58+r",        "POP r16|32|64",       INNOCUOUS, StackOperations::pop, D64),
            row("8F /0",       "POP r/m16|32|64",     INNOCUOUS, StackOperations::pop, D64),
            row("60",          "PUSHA|PUSHAD",        INNOCUOUS, StackOperations::pushAll, I64),
            row("61",          "POPA|POPAD",          INNOCUOUS, StackOperations::popAll, I64),
            row("9C",          "PUSHF|PUSHFD|PUSHFQ", SENSITIVE, StackOperations::pushFlags, D64),
            row("9D",          "POPF|POPFD|POPFQ",    SENSITIVE, StackOperations::popFlags, D64),
            row("C8 iw ib",    "ENTER imm16, imm8",   INNOCUOUS, StackOperations::enter, D64, UNSIGNED),
            row("C9",          "LEAVE",               INNOCUOUS, StackOperations::leave, D64));
    // spotless:on

    private StackOperations() {}

    private static void push(Cpu cpu, Step step) {
        cpu.push(step.size, step.first.read(cpu));
    }

    /** SDM 2, POP: an address with RSP is worked out after the pop, and POP RSP leaves what was popped. */
    private static void pop(Cpu cpu, Step step) {
        if (!step.first.isMemory()) {
            step.first.write(cpu, cpu.pop(step.size));
            return;
        }
        long value = cpu.peekStack(0, step.size);
        long before = cpu.registers.get(RSP);
        cpu.stackPointer(before + step.size);
        long after = cpu.registers.get(RSP);
        long offset = step.first.offset(cpu);
        cpu.registers.set(RSP, before);
        cpu.write(step.first.segment(), offset, step.size, value);
        cpu.registers.set(RSP, after);
    }

    private static void pushAll(Cpu cpu, Step step) {
        int size = step.size;
        Registers r = cpu.registers;
        for (int i = 1; i <= 8; i++) {
            probe(cpu, cpu.stackPointer() - (long) i * size, size);
        }
        long stackPointer = r.get(RSP);
        cpu.push(size, r.get(RAX));
        cpu.push(size, r.get(RCX));
        cpu.push(size, r.get(RDX));
        cpu.push(size, r.get(RBX));
        cpu.push(size, stackPointer);
        cpu.push(size, r.get(RBP));
        cpu.push(size, r.get(RSI));
        cpu.push(size, r.get(RDI));
    }

    private static void probe(Cpu cpu, long offset, int size) {
        cpu.probeWrite(SS, offset & cpu.stackMask(), size);
    }

    /** The stack pointer's own image is skipped. */
    private static void popAll(Cpu cpu, Step step) {
        int size = step.size;
        Registers r = cpu.registers;
        long di = cpu.peekStack(0, size);
        long si = cpu.peekStack(size, size);
        long bp = cpu.peekStack(2L * size, size);
        long bx = cpu.peekStack(4L * size, size);
        long dx = cpu.peekStack(5L * size, size);
        long cx = cpu.peekStack(6L * size, size);
        long ax = cpu.peekStack(7L * size, size);
        r.set(RDI, size, di);
        r.set(RSI, size, si);
        r.set(RBP, size, bp);
        r.set(RBX, size, bx);
        r.set(RDX, size, dx);
        r.set(RCX, size, cx);
        r.set(RAX, size, ax);
        cpu.stackPointer(cpu.stackPointer() + 8L * size);
    }

    private static void pushFlags(Cpu cpu, Step step) {
        cpu.admit(step);
        SystemState s = cpu.system;
        long image = cpu.flags() & ~(VIRTUAL_8086 | RESUME);
        if (isVirtualized(cpu, step)) {
            image = image & ~INTERRUPT | IOPL | ((s.flags & VIRTUAL_INTERRUPT) != 0 ? INTERRUPT : 0);
        }
        cpu.push(step.size, image);
    }

    /**
     * SDM 2, POPF: what may change depends on ring and I/O privilege level, and what may not change stays without a fault: the hole in
     * the architecture that Popek and Goldberg's theorem finds.
     */
    private static void popFlags(Cpu cpu, Step step) {
        cpu.admit(step);
        SystemState s = cpu.system;
        boolean virtualized = isVirtualized(cpu, step);
        long value = cpu.peekStack(0, step.size);
        int mask = Registers.UNPRIVILEGED | RESUME;
        if (virtualized) {
            boolean enables = (value & INTERRUPT) != 0;
            if ((value & Registers.TRAP) != 0 || enables && (s.flags & VIRTUAL_INTERRUPT_PENDING) != 0) {
                throw Fault.generalProtection(0);
            }
            value = value & 0xFFFF | (enables ? VIRTUAL_INTERRUPT : 0);
            mask = mask & (0xFFFF | RESUME) | VIRTUAL_INTERRUPT;
        } else {
            mask |= (s.cpl <= s.iopl() ? INTERRUPT : 0) | (s.cpl == 0 ? IOPL : 0);
            mask &= step.size == 2 ? 0xFFFF | RESUME : -1;
        }
        cpu.stackPointer(cpu.stackPointer() + step.size);
        cpu.flags(value & ~RESUME, mask);
    }

    /**
     * Do PUSHF and POPF show VIF in the place of IF? SDM 3B, Virtual-8086 Mode Extensions: with 16 bits, where CR4.VME is set.
     *
     * @throws Fault #GP(0) in virtual-8086 mode below IOPL 3, where it is not so
     */
    private static boolean isVirtualized(Cpu cpu, Step step) {
        SystemState s = cpu.system;
        if (!s.virtual8086() || s.iopl() == 3) {
            return false;
        }
        if (step.size != 2 || (s.cr4 & VME) == 0) {
            throw Fault.generalProtection(0);
        }
        return true;
    }

    /** SDM 2, ENTER. Its last check is whether the new top of the stack could be written. */
    private static void enter(Cpu cpu, Step step) {
        int size = step.size;
        int level = (int) step.second.read(cpu) & 31;
        int pushes = level == 0 ? 1 : level + 1;
        long top = cpu.stackPointer();
        long base = cpu.registers.get(RBP);
        long newTop = top - (long) pushes * size - step.first.read(cpu) & cpu.stackMask();
        for (int i = 1; i <= pushes; i++) {
            probe(cpu, top - (long) i * size, size);
        }
        for (int i = 1; i < level; i++) {
            display(cpu, base, i, size);
        }
        probe(cpu, newTop, size);

        cpu.push(size, base);
        long frame = cpu.registers.get(RSP);
        for (int i = 1; i < level; i++) {
            cpu.push(size, display(cpu, base, i, size));
        }
        if (level > 0) {
            cpu.push(size, frame);
        }
        cpu.registers.set(RBP, size, frame);
        cpu.stackPointer(newTop);
    }

    /** The pointer to an enclosing procedure's frame, from the current frame. */
    private static long display(Cpu cpu, long base, int level, int size) {
        return cpu.read(SS, base - (long) level * size & cpu.stackMask(), size);
    }

    private static void leave(Cpu cpu, Step step) {
        long frame = cpu.registers.get(RBP) & cpu.stackMask();
        long value = cpu.read(SS, frame, step.size);
        cpu.stackPointer(frame + step.size);
        cpu.registers.set(RBP, step.size, value);
    }
}
