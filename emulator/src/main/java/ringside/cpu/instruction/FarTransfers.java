package ringside.cpu.instruction;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.instruction.Row.row;
import static ringside.isa.Attribute.I64;
import static ringside.isa.Attribute.UNSIGNED;
import static ringside.isa.Trait.SENSITIVE;

import java.util.List;
import ringside.cpu.CallGate;
import ringside.cpu.CodeSegments;
import ringside.cpu.Cpu;
import ringside.cpu.FarReturns;
import ringside.cpu.Fault;
import ringside.cpu.Registers;
import ringside.cpu.SegmentLoads;
import ringside.cpu.StackFrame;
import ringside.cpu.Step;
import ringside.cpu.TaskStack;
import ringside.cpu.TaskSwitch;
import ringside.mmu.Descriptor;

/** SDM 1, Far Branches: JMP, CALL and RET to another code segment, directly or through a call gate. */
final class FarTransfers {
    // spotless:off
    static final List<Row> ROWS = List.of(
            row("9A cd|cp", "CALL ptr16:16|32",      SENSITIVE, FarTransfers::call, I64),
            row("FF /3",    "CALL m16:16|32|64",     SENSITIVE, FarTransfers::call),
            row("EA cd|cp", "JMP ptr16:16|32",       SENSITIVE, FarTransfers::jump, I64),
            row("FF /5",    "JMP m16:16|32|64",      SENSITIVE, FarTransfers::jump),
            row("CB",       "RETF",                  SENSITIVE, FarTransfers::returnFar),
            row("CA iw",    "RETF imm16",            SENSITIVE, FarTransfers::returnFar, UNSIGNED));
    // spotless:on

    private FarTransfers() {}

    // The operand: a pointer in the instruction or in memory.

    private static long offset(Cpu cpu, Step step) {
        return step.first.isMemory()
                ? cpu.read(step.first.segment(), step.first.offset(cpu), step.size)
                : step.decoded.immediate;
    }

    private static int selector(Cpu cpu, Step step) {
        if (!step.first.isMemory()) {
            return (int) step.decoded.immediate2;
        }
        long at = step.first.offset(cpu) + step.size & step.addressMask;
        return (int) cpu.read(step.first.segment(), at, 2);
    }

    /** The descriptor of whatever the selector names. */
    private static long target(Cpu cpu, int selector) {
        if (SegmentLoads.isNull(selector)) {
            throw Fault.generalProtection(0);
        }
        return SegmentLoads.descriptor(cpu, selector);
    }

    private static Fault refuse(int selector) {
        return Fault.generalProtection(SegmentLoads.errorCode(selector));
    }

    // JMP.

    private static void jump(Cpu cpu, Step step) {
        cpu.admit(step);
        long offset = offset(cpu, step);
        int selector = selector(cpu, step);
        if (cpu.system.paragraphs()) {
            enterParagraph(cpu, selector, cpu.checkTarget(offset, step.bits));
            return;
        }
        long descriptor = target(cpu, selector);
        if (Descriptor.isCode(descriptor)) {
            checkSameRing(cpu, selector, selector & 3, descriptor);
            CodeSegments.checkOffset(cpu, descriptor, offset);
            enter(cpu, selector, descriptor, offset);
            return;
        }
        switch (systemType(descriptor)) {
            case Descriptor.CALL_GATE_16, Descriptor.CALL_GATE_32 -> {
                CallGate gate = CallGate.read(cpu, selector, descriptor);
                // The RPL of a selector in a gate does not count.
                checkSameRing(cpu, gate.selector(), 0, gate.code());
                CodeSegments.checkOffset(cpu, gate.code(), gate.offset());
                enter(cpu, gate.selector(), gate.code(), gate.offset());
            }
            default -> switchTask(cpu, TaskSwitch.Cause.JMP, selector, descriptor);
        }
    }

    /** What is neither code nor a call gate may name a task; IA-32e mode knows none. */
    private static void switchTask(Cpu cpu, TaskSwitch.Cause cause, int selector, long descriptor) {
        if (cpu.system.longMode()) {
            throw refuse(selector);
        }
        switch (systemType(descriptor)) {
            case Descriptor.TSS_16, Descriptor.TSS_32 -> TaskSwitch.toTask(cpu, cause, selector, descriptor);
            case Descriptor.TASK_GATE -> TaskSwitch.throughGate(cpu, cause, selector, descriptor);
            default -> throw refuse(selector);
        }
    }

    private static int systemType(long descriptor) {
        return Descriptor.isCodeOrData(descriptor) ? -1 : Descriptor.type(descriptor);
    }

    /** SDM 3A, Direct Calls or Jumps to Code Segments. */
    private static void checkSameRing(Cpu cpu, int selector, int rpl, long descriptor) {
        int cpl = cpu.system.cpl;
        int dpl = Descriptor.dpl(descriptor);
        boolean fits = Descriptor.isConforming(descriptor) ? dpl <= cpl : dpl == cpl && rpl <= cpl;
        if (!fits) {
            throw refuse(selector);
        }
        CodeSegments.checkUsable(cpu, selector, descriptor);
    }

    private static void enter(Cpu cpu, int selector, long descriptor, long offset) {
        CodeSegments.load(cpu, selector, SegmentLoads.markAccessed(cpu, selector, descriptor), cpu.system.cpl);
        cpu.registers.rip(offset);
        cpu.modeChanged();
    }

    private static void enterParagraph(Cpu cpu, int selector, long offset) {
        cpu.system.segments[CS].loadRealMode(selector);
        cpu.registers.rip(offset);
        cpu.modeChanged();
    }

    // CALL.

    private static void call(Cpu cpu, Step step) {
        cpu.admit(step);
        long offset = offset(cpu, step);
        int selector = selector(cpu, step);
        if (cpu.system.paragraphs()) {
            StackFrame frame = returnFrame(cpu, StackFrame.onCurrentStack(cpu, step.size));
            long target = cpu.checkTarget(offset, step.bits);
            cpu.stackPointer(frame.write());
            enterParagraph(cpu, selector, target);
            return;
        }
        long descriptor = target(cpu, selector);
        if (Descriptor.isCode(descriptor)) {
            checkSameRing(cpu, selector, selector & 3, descriptor);
            StackFrame frame = returnFrame(cpu, StackFrame.onCurrentStack(cpu, step.size));
            CodeSegments.checkOffset(cpu, descriptor, offset);
            SegmentLoads.markAccessed(cpu, selector, descriptor);
            cpu.stackPointer(frame.write());
            enter(cpu, selector, descriptor | Descriptor.ACCESSED, offset);
            return;
        }
        switch (systemType(descriptor)) {
            case Descriptor.CALL_GATE_16, Descriptor.CALL_GATE_32 ->
                callGate(cpu, CallGate.read(cpu, selector, descriptor));
            default -> switchTask(cpu, TaskSwitch.Cause.CALL, selector, descriptor);
        }
    }

    /** Adds the return address, and probes. */
    private static StackFrame returnFrame(Cpu cpu, StackFrame frame) {
        frame.add(cpu.system.segments[CS].selector());
        frame.add(cpu.registers.rip());
        frame.probe();
        return frame;
    }

    private static void callGate(Cpu cpu, CallGate gate) {
        int dpl = Descriptor.dpl(gate.code());
        if (dpl > cpu.system.cpl) {
            throw refuse(gate.selector());
        }
        CodeSegments.checkUsable(cpu, gate.selector(), gate.code());
        boolean inner = !Descriptor.isConforming(gate.code()) && dpl < cpu.system.cpl;
        if (cpu.system.longMode()) {
            callLong(cpu, gate, inner);
        } else if (inner) {
            callInner(cpu, gate);
        } else {
            StackFrame frame = returnFrame(cpu, StackFrame.onCurrentStack(cpu, gate.size()));
            CodeSegments.checkOffset(cpu, gate.code(), gate.offset());
            SegmentLoads.markAccessed(cpu, gate.selector(), gate.code());
            cpu.stackPointer(frame.write());
            enter(cpu, gate.selector(), gate.code() | Descriptor.ACCESSED, gate.offset());
        }
    }

    /** SDM 3A, Stack Switching: the caller's stack pointer, its parameters, its address go to the inner stack. */
    private static void callInner(Cpu cpu, CallGate gate) {
        int ring = Descriptor.dpl(gate.code());
        int size = gate.size();
        TaskStack stack = TaskStack.of(cpu, ring);
        StackFrame frame = StackFrame.onInnerStack(cpu, stack.segment(), stack.pointer(), size);
        addStack(cpu, frame);
        for (int i = gate.parameters() - 1; i >= 0; i--) {
            frame.add(cpu.peekStack((long) i * size, size));
        }
        returnFrame(cpu, frame);
        CodeSegments.checkOffset(cpu, gate.code(), gate.offset());
        SegmentLoads.markAccessed(cpu, gate.selector(), gate.code());
        stack.markAccessed(cpu);
        stack.switchTo(cpu, ring, frame.write());
        enter(cpu, gate.selector(), gate.code() | Descriptor.ACCESSED, gate.offset());
    }

    private static void addStack(Cpu cpu, StackFrame frame) {
        frame.add(cpu.system.segments[SS].selector());
        frame.add(cpu.registers.get(Registers.RSP));
    }

    /** SDM 3A, Stack Switching in 64-bit Mode: no parameters, and SS becomes null. */
    private static void callLong(Cpu cpu, CallGate gate, boolean inner) {
        int ring = inner ? Descriptor.dpl(gate.code()) : cpu.system.cpl;
        long pointer = inner ? TaskStack.longPointer(cpu, ring) : cpu.stackPointer();
        StackFrame frame = StackFrame.inLongMode(cpu, pointer, ring);
        if (inner) {
            addStack(cpu, frame);
        }
        returnFrame(cpu, frame);
        CodeSegments.checkOffset(cpu, gate.code(), gate.offset());
        SegmentLoads.markAccessed(cpu, gate.selector(), gate.code());
        cpu.registers.set(Registers.RSP, frame.write());
        if (inner) {
            TaskStack.loadNull(cpu, ring);
            cpu.system.cpl = ring;
        }
        enter(cpu, gate.selector(), gate.code() | Descriptor.ACCESSED, gate.offset());
    }

    // RET.

    /** The immediate, 0 where there is none, is released above the return address, and on the outer stack too. */
    private static void returnFar(Cpu cpu, Step step) {
        cpu.admit(step);
        int size = step.size;
        long released = step.decoded.immediate;
        long offset = cpu.peekStack(0, size);
        int selector = (int) cpu.peekStack(size, size) & 0xFFFF;
        long above = cpu.stackPointer() + 2L * size + released;
        if (cpu.system.paragraphs()) {
            long target = cpu.checkTarget(offset, step.bits);
            cpu.stackPointer(above);
            enterParagraph(cpu, selector, target);
            return;
        }
        long code = FarReturns.code(cpu, selector);
        if ((selector & 3) == cpu.system.cpl) {
            CodeSegments.checkOffset(cpu, code, offset);
            long pointer = cpu.withStackPointer(above);
            FarReturns.enter(cpu, selector, code, offset);
            cpu.registers.set(Registers.RSP, pointer);
            return;
        }
        long pointer = cpu.peekStack(2L * size + released, size);
        int stackSelector = (int) cpu.peekStack(3L * size + released, size) & 0xFFFF;
        long stack = FarReturns.stack(cpu, stackSelector, selector & 3, code);
        CodeSegments.checkOffset(cpu, code, offset);
        if (stack != 0) {
            SegmentLoads.markAccessed(cpu, stackSelector, stack);
        }
        FarReturns.enter(cpu, selector, code, offset);
        FarReturns.loadStack(cpu, stackSelector, stack, pointer + released);
        FarReturns.dropInnerSegments(cpu);
    }
}
