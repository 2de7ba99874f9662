package ringside.cpu.instruction;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.INTERRUPT;
import static ringside.cpu.SystemState.IOPL;
import static ringside.cpu.SystemState.RESUME;
import static ringside.cpu.SystemState.VIRTUAL_8086;
import static ringside.cpu.SystemState.VIRTUAL_INTERRUPT;
import static ringside.cpu.SystemState.VIRTUAL_INTERRUPT_PENDING;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.CodeSegments;
import ringside.cpu.Cpu;
import ringside.cpu.Exit;
import ringside.cpu.FarReturns;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SegmentLoads;
import ringside.cpu.Step;
import ringside.cpu.SystemState;
import ringside.cpu.TaskSwitch;
import ringside.mmu.SegmentRegister;

/** SDM 2, IRET: the end of an interrupt handler, in every mode. */
final class InterruptReturns {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("CF", "IRET|IRETD|IRETQ", SENSITIVE, InterruptReturns::perform));
    // spotless:on

    /** What every IRET loads. */
    private static final int ALWAYS =
            Registers.ARITHMETIC | Registers.TRAP | Registers.DIRECTION | Registers.NESTED_TASK;

    /** What an IRET of 32 or 64 bits loads besides. */
    private static final int ABOVE_16_BITS = RESUME | Registers.ALIGNMENT_CHECK | Registers.IDENTIFICATION;

    private static final int VIRTUAL_8086_SEGMENT = SegmentRegister.REAL_MODE_DATA | 3 << 5;

    private static final int VIRTUAL_FLAGS = VIRTUAL_INTERRUPT | VIRTUAL_INTERRUPT_PENDING;

    private InterruptReturns() {}

    private static void perform(Cpu cpu, Step step) {
        cpu.admit(step);
        boolean unblocks = cpu.system.nmiBlocked && cpu.returnUnblocks();
        try {
            comeBack(cpu, step);
        } catch (Fault fault) {
            if (unblocks) {
                unblockNonMaskable(cpu);
                throw fault.unblocking();
            }
            throw fault;
        } catch (Exit exit) {
            if (unblocks && exit.tellsOfUnblocking()) {
                unblockNonMaskable(cpu);
                throw exit.unblocking();
            }
            throw exit;
        }
        if (unblocks) {
            unblockNonMaskable(cpu);
        }
    }

    /** SDM 3A, Handling Multiple NMIs: IRET does so even where it faults. */
    private static void unblockNonMaskable(Cpu cpu) {
        cpu.system.nmiBlocked = false;
        cpu.attend();
    }

    private static void comeBack(Cpu cpu, Step step) {
        SystemState system = cpu.system;
        if (!system.protectedMode()) {
            returnByParagraph(cpu, step, INTERRUPT | IOPL);
        } else if (system.virtual8086()) {
            returnInVirtual8086(cpu, step);
        } else {
            returnProtected(cpu, step);
        }
    }

    private static long offset(Cpu cpu, Step step) {
        return cpu.peekStack(0, step.size);
    }

    private static int selector(Cpu cpu, Step step) {
        return (int) cpu.peekStack(step.size, step.size) & 0xFFFF;
    }

    private static long flags(Cpu cpu, Step step) {
        return cpu.peekStack(2L * step.size, step.size);
    }

    private static int mask(Step step, int besides) {
        return step.size == 2 ? ALWAYS | besides : ALWAYS | ABOVE_16_BITS | besides;
    }

    // Real-address and virtual-8086 mode.

    private static void returnByParagraph(Cpu cpu, Step step, int besides) {
        long offset = offset(cpu, step);
        int selector = selector(cpu, step);
        long image = flags(cpu, step);
        long target = cpu.checkTarget(offset, step.bits);
        enterParagraph(cpu, step, selector, target);
        cpu.flags(image, mask(step, besides));
    }

    private static void enterParagraph(Cpu cpu, Step step, int selector, long target) {
        cpu.stackPointer(cpu.stackPointer() + 3L * step.size);
        cpu.system.segments[CS].loadRealMode(selector);
        cpu.registers.rip(target);
        cpu.modeChanged();
    }

    private static void returnInVirtual8086(Cpu cpu, Step step) {
        if (cpu.system.iopl() == 3) {
            returnByParagraph(cpu, step, INTERRUPT);
        } else if ((cpu.system.cr4 & SystemState.VME) != 0 && step.size == 2) {
            returnWithVirtualInterrupts(cpu, step);
        } else {
            throw Fault.generalProtection(0);
        }
    }

    /** CR4.VME: the virtual interrupt flag is loaded instead of IF. */
    private static void returnWithVirtualInterrupts(Cpu cpu, Step step) {
        long offset = offset(cpu, step);
        int selector = selector(cpu, step);
        long image = flags(cpu, step);
        boolean enables = (image & INTERRUPT) != 0;
        boolean pending = (cpu.system.flags & VIRTUAL_INTERRUPT_PENDING) != 0;
        if ((image & Registers.TRAP) != 0 || enables && pending) {
            throw Fault.generalProtection(0);
        }
        enterParagraph(cpu, step, selector, cpu.checkTarget(offset, step.bits));
        cpu.flags(image & ~VIRTUAL_FLAGS | (enables ? VIRTUAL_INTERRUPT : 0), ALWAYS | VIRTUAL_INTERRUPT);
    }

    // Protected and IA-32e mode.

    private static void returnProtected(Cpu cpu, Step step) {
        if ((cpu.registers.flags() & Registers.NESTED_TASK) != 0) {
            if (cpu.system.longMode()) {
                throw Fault.generalProtection(0);
            }
            TaskSwitch.back(cpu);
            return;
        }
        long offset = offset(cpu, step);
        int selector = selector(cpu, step);
        long image = flags(cpu, step);
        int cpl = cpu.system.cpl;
        boolean toVirtual = (image & VIRTUAL_8086) != 0 && cpl == 0 && step.size == 4 && !cpu.system.longMode();
        if (toVirtual) {
            returnToVirtual8086(cpu, offset, selector, image);
            return;
        }
        int mask = mask(step, flagsOfRing(cpu, step));
        long code = FarReturns.code(cpu, selector);
        boolean outer = (selector & 3) > cpl;
        if (outer || cpu.is64Bit()) {
            returnWithStack(cpu, step, selector, code, offset);
            if (outer) {
                FarReturns.dropInnerSegments(cpu);
            }
        } else {
            CodeSegments.checkOffset(cpu, code, offset);
            long pointer = cpu.withStackPointer(cpu.stackPointer() + 3L * step.size);
            FarReturns.enter(cpu, selector, code, offset);
            cpu.registers.set(Registers.RSP, pointer);
        }
        cpu.flags(image, mask);
    }

    /** Other rings keep IOPL, and IF too where IOPL is below them: silently. */
    private static int flagsOfRing(Cpu cpu, Step step) {
        int cpl = cpu.system.cpl;
        int interrupt = cpl <= cpu.system.iopl() ? INTERRUPT : 0;
        int ringZero = step.size == 2 ? IOPL : IOPL | VIRTUAL_FLAGS;
        return cpl == 0 ? interrupt | ringZero : interrupt;
    }

    private static void returnWithStack(Cpu cpu, Step step, int selector, long code, long offset) {
        long pointer = cpu.peekStack(3L * step.size, step.size);
        int stackSelector = (int) cpu.peekStack(4L * step.size, step.size) & 0xFFFF;
        long stack = FarReturns.stack(cpu, stackSelector, selector & 3, code);
        CodeSegments.checkOffset(cpu, code, offset);
        if (stack != 0) {
            SegmentLoads.markAccessed(cpu, stackSelector, stack);
        }
        FarReturns.enter(cpu, selector, code, offset);
        FarReturns.loadStack(cpu, stackSelector, stack, pointer);
    }

    /** SDM 3B, Entering Virtual-8086 Mode: the frame holds all segment registers. */
    private static void returnToVirtual8086(Cpu cpu, long offset, int selector, long image) {
        long pointer = cpu.peekStack(12, 4);
        int[] selectors = new int[6];
        selectors[CS] = selector;
        int[] inFrame = {SystemState.SS, SystemState.ES, SystemState.DS, SystemState.FS, SystemState.GS};
        for (int i = 0; i < inFrame.length; i++) {
            selectors[inFrame[i]] = (int) cpu.peekStack(16 + 4L * i, 4) & 0xFFFF;
        }
        if (offset > 0xFFFF) {
            throw Fault.generalProtection(0);
        }
        for (int i = 0; i < selectors.length; i++) {
            cpu.system.segments[i].load(selectors[i], (long) selectors[i] << 4, 0xFFFF, VIRTUAL_8086_SEGMENT);
        }
        cpu.system.cpl = 3;
        cpu.registers.set(Registers.RSP, pointer);
        cpu.registers.rip(offset);
        cpu.flags(image, ALWAYS | ABOVE_16_BITS | INTERRUPT | IOPL | VIRTUAL_8086 | VIRTUAL_FLAGS);
    }
}
