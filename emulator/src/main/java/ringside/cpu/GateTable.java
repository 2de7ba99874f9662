package ringside.cpu;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.DS;
import static ringside.cpu.SystemState.ES;
import static ringside.cpu.SystemState.FS;
import static ringside.cpu.SystemState.GS;
import static ringside.cpu.SystemState.INTERRUPT;
import static ringside.cpu.SystemState.RESUME;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.SystemState.VIRTUAL_8086;

import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/** Delivery through the gates of protected and IA-32e mode: SDM 3A, Exception and Interrupt Handling; SDM 2, INT n. */
final class GateTable {
    private static final int CLEARED = Registers.TRAP | Registers.NESTED_TASK | RESUME | VIRTUAL_8086;

    /** The lowest bit of a gate's type tells a trap gate from an interrupt gate. */
    private static final int TRAP_GATE = 1;

    /** And its highest bit one of 32 (or 64) bits from one of 16. */
    private static final int WIDE_GATE = 8;

    private GateTable() {}

    /** @param flags as they will be pushed */
    static void deliver(Cpu cpu, Delivery event, long flags) {
        if (cpu.system.longMode()) {
            deliverLong(cpu, event, flags);
        } else {
            deliverProtected(cpu, event, flags);
        }
    }

    private static long readGate(Cpu cpu, Delivery event, int size) {
        int at = event.vector() * size;
        if (at + size - 1 > cpu.system.idtrLimit) {
            throw Fault.generalProtection(event.entryCode());
        }
        return cpu.memory.readSystem(cpu.system.idtrBase + at, 8);
    }

    private static void checkGate(Cpu cpu, Delivery event, long gate) {
        if (event.isSoftware() && Descriptor.dpl(gate) < cpu.system.cpl) {
            throw Fault.generalProtection(event.entryCode());
        }
        if (!Descriptor.isPresent(gate)) {
            throw Fault.notPresent(event.entryCode());
        }
    }

    /** The handler's code segment: at the current ring or further in. */
    private static long handlerSegment(Cpu cpu, int selector) {
        long descriptor = CodeSegments.descriptor(cpu, selector);
        if (Descriptor.dpl(descriptor) > cpu.system.cpl) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
        return descriptor;
    }

    private static int ringOf(Cpu cpu, long descriptor) {
        return Descriptor.isConforming(descriptor) ? cpu.system.cpl : Descriptor.dpl(descriptor);
    }

    // Protected and virtual-8086 mode.

    private static void deliverProtected(Cpu cpu, Delivery event, long flags) {
        long gate = readGate(cpu, event, 8);
        int type = Descriptor.isCodeOrData(gate) ? -1 : Descriptor.type(gate);
        switch (type) {
            case Descriptor.INTERRUPT_GATE_16,
                    Descriptor.TRAP_GATE_16,
                    Descriptor.INTERRUPT_GATE_32,
                    Descriptor.TRAP_GATE_32 -> {
                checkGate(cpu, event, gate);
                enter(cpu, event, gate, flags);
            }
            case Descriptor.TASK_GATE -> {
                checkGate(cpu, event, gate);
                TaskSwitch.deliver(cpu, event, gate, flags);
            }
            default -> throw Fault.generalProtection(event.entryCode());
        }
    }

    private static void enter(Cpu cpu, Delivery event, long gate, long flags) {
        int selector = Descriptor.gateSelector(gate);
        long code = handlerSegment(cpu, selector);
        boolean virtual = cpu.system.virtual8086();
        int ring = ringOf(cpu, code);
        if (virtual && ring != 0) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
        CodeSegments.checkUsable(cpu, selector, code);
        int size = (Descriptor.type(gate) & WIDE_GATE) != 0 ? 4 : 2;
        long offset = Descriptor.gateOffset(gate) & (size == 2 ? 0xFFFFL : 0xFFFF_FFFFL);
        if (ring == cpu.system.cpl) {
            StackFrame frame = StackFrame.onCurrentStack(cpu, size);
            addReturn(cpu, frame, event, flags);
            frame.probe();
            CodeSegments.checkOffset(cpu, code, offset);
            SegmentLoads.markAccessed(cpu, selector, code);
            cpu.stackPointer(frame.write());
        } else {
            TaskStack stack = TaskStack.of(cpu, ring);
            StackFrame frame = StackFrame.onInnerStack(cpu, stack.segment(), stack.pointer(), size);
            if (virtual) {
                addDataSegments(cpu, frame);
            }
            addStack(cpu, frame);
            addReturn(cpu, frame, event, flags);
            frame.probe();
            CodeSegments.checkOffset(cpu, code, offset);
            SegmentLoads.markAccessed(cpu, selector, code);
            stack.markAccessed(cpu);
            stack.switchTo(cpu, ring, frame.write());
            if (virtual) {
                clearDataSegments(cpu);
            }
        }
        jump(cpu, selector, code, ring, offset, gate);
    }

    private static void addDataSegments(Cpu cpu, StackFrame frame) {
        for (int segment : new int[] {GS, FS, DS, ES}) {
            frame.add(cpu.system.segments[segment].selector());
        }
    }

    /** SDM 3B, Entering Virtual-8086 Mode and leaving it: a protected-mode handler finds null selectors. */
    private static void clearDataSegments(Cpu cpu) {
        for (int segment : new int[] {GS, FS, DS, ES}) {
            cpu.system.segments[segment].load(0, 0, 0, SegmentRegister.UNUSABLE);
        }
    }

    private static void addStack(Cpu cpu, StackFrame frame) {
        frame.add(cpu.system.segments[SS].selector());
        frame.add(cpu.registers.get(Registers.RSP));
    }

    private static void addReturn(Cpu cpu, StackFrame frame, Delivery event, long flags) {
        frame.add(flags);
        frame.add(cpu.system.segments[CS].selector());
        frame.add(cpu.registers.rip());
        event.errorCode().ifPresent(frame::add);
    }

    private static void jump(Cpu cpu, int selector, long code, int ring, long offset, long gate) {
        CodeSegments.load(cpu, selector, code | Descriptor.ACCESSED, ring);
        cpu.registers.rip(offset);
        boolean trap = (Descriptor.type(gate) & TRAP_GATE) != 0;
        cpu.flags(0, trap ? CLEARED : CLEARED | INTERRUPT);
        cpu.modeChanged();
    }

    // IA-32e mode.

    private static void deliverLong(Cpu cpu, Delivery event, long flags) {
        long gate = readGate(cpu, event, 16);
        int type = Descriptor.isCodeOrData(gate) ? -1 : Descriptor.type(gate);
        switch (type) {
            case Descriptor.INTERRUPT_GATE_32, Descriptor.TRAP_GATE_32 -> {
                checkGate(cpu, event, gate);
                enterLong(cpu, event, gate, flags);
            }
            default -> throw Fault.generalProtection(event.entryCode());
        }
    }

    private static void enterLong(Cpu cpu, Delivery event, long gate, long flags) {
        long upper = cpu.memory.readSystem(cpu.system.idtrBase + event.vector() * 16L + 8, 4);
        long offset = Descriptor.gateOffset(gate) | upper << 32;
        int selector = Descriptor.gateSelector(gate);
        long code = handlerSegment(cpu, selector);
        CodeSegments.check64Bit(selector, code);
        CodeSegments.checkUsable(cpu, selector, code);
        int ring = ringOf(cpu, code);
        boolean inner = ring != cpu.system.cpl;
        StackFrame frame = StackFrame.inLongMode(cpu, longStack(cpu, gate, ring, inner), ring);
        addStack(cpu, frame);
        addReturn(cpu, frame, event, flags);
        frame.probe();
        CodeSegments.checkOffset(cpu, code, offset);
        SegmentLoads.markAccessed(cpu, selector, code);
        cpu.registers.set(Registers.RSP, frame.write());
        if (inner) {
            TaskStack.loadNull(cpu, ring);
        }
        jump(cpu, selector, code, ring, offset, gate);
    }

    /** SDM 3A, Interrupt Stack Table; the frame begins at a multiple of 16. */
    private static long longStack(Cpu cpu, long gate, int ring, boolean inner) {
        int table = (int) (gate >>> 32) & 7;
        long pointer;
        if (table != 0) {
            pointer = TaskStack.interruptStack(cpu, table);
        } else if (inner) {
            pointer = TaskStack.longPointer(cpu, ring);
        } else {
            pointer = cpu.stackPointer();
        }
        return pointer & ~15L;
    }
}
