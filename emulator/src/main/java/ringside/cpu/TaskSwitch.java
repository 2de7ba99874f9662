package ringside.cpu;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.DS;
import static ringside.cpu.SystemState.ES;
import static ringside.cpu.SystemState.FS;
import static ringside.cpu.SystemState.GS;
import static ringside.cpu.SystemState.SS;

import java.util.Optional;
import ringside.cpu.TaskState.Layout;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * The processor's own change of tasks: SDM 3A, Task Management. Up to a point every fault belongs to the old task, which it leaves
 * untouched; from there on to the new one.
 */
public final class TaskSwitch {
    /** What led to the switch, in the order of a VMCS exit qualification (SDM 3C, Exit Qualification for Task Switch). */
    public enum Cause {
        CALL,
        IRET,
        JMP,
        /** A task gate in the interrupt table. */
        GATE;

        /** The old task waits for the new one to return. */
        boolean nests() {
            return this == CALL || this == GATE;
        }
    }

    /** SDM 3B, Debug Control Register: local breakpoints are those of one task. */
    private static final long LOCAL_BREAKPOINTS = 0x155;

    private static final int VIRTUAL_8086_SEGMENT = SegmentRegister.REAL_MODE_DATA | 3 << 5;

    /** The link to the task that waits is at the beginning of a TSS. */
    private static final int LINK_SIZE = 2;

    private TaskSwitch() {}

    // The ways in.

    /** JMP or CALL to a TSS descriptor. */
    public static void toTask(Cpu cpu, Cause cause, int selector, long descriptor) {
        checkReachable(cpu, selector, descriptor);
        if ((selector & 4) != 0) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
        perform(cpu, cause, selector, available(cpu, selector), cpu.flags(), Optional.empty());
    }

    /** JMP or CALL to a task gate. */
    public static void throughGate(Cpu cpu, Cause cause, int selector, long gate) {
        checkReachable(cpu, selector, gate);
        if (!Descriptor.isPresent(gate)) {
            throw Fault.notPresent(SegmentLoads.errorCode(selector));
        }
        int task = Descriptor.gateSelector(gate);
        perform(cpu, cause, task, available(cpu, task), cpu.flags(), Optional.empty());
    }

    /** IRET with NT set: back to the task that waits. */
    public static void back(Cpu cpu) {
        int selector = (int) cpu.memory.readSystem(cpu.system.tr.base(), LINK_SIZE);
        int code = SegmentLoads.errorCode(selector);
        long address = (selector & 4) != 0 ? -1 : SegmentLoads.descriptorAddress(cpu, selector, 8);
        if (address == -1) {
            throw Fault.invalidTss(code);
        }
        long descriptor = cpu.memory.readSystem(address, 8);
        if (!isTask(descriptor) || (descriptor & Descriptor.BUSY) == 0) {
            throw Fault.invalidTss(code);
        }
        if (!Descriptor.isPresent(descriptor)) {
            throw Fault.notPresent(code);
        }
        long flags = cpu.flags() & ~Registers.NESTED_TASK;
        perform(cpu, Cause.IRET, selector, descriptor, flags, Optional.empty());
    }

    /**
     * An event meets a task gate, which has been judged. Its error code goes to the new task's stack.
     *
     * @param flags what the old task's TSS will hold
     */
    static void deliver(Cpu cpu, Delivery event, long gate, long flags) {
        int selector = Descriptor.gateSelector(gate);
        long descriptor = available(cpu, selector);
        perform(cpu, Cause.GATE, selector, descriptor, flags, Optional.of(event));
    }

    private static void checkReachable(Cpu cpu, int selector, long descriptor) {
        int dpl = Descriptor.dpl(descriptor);
        if (dpl < cpu.system.cpl || dpl < (selector & 3)) {
            throw Fault.generalProtection(SegmentLoads.errorCode(selector));
        }
    }

    private static boolean isTask(long descriptor) {
        int available = Descriptor.type(descriptor) & ~2;
        return !Descriptor.isCodeOrData(descriptor)
                && (available == Descriptor.TSS_16 || available == Descriptor.TSS_32);
    }

    /** The descriptor of a task that is not busy. */
    private static long available(Cpu cpu, int selector) {
        int code = SegmentLoads.errorCode(selector);
        if ((selector & 4) != 0) {
            throw Fault.generalProtection(code);
        }
        long descriptor = SegmentLoads.descriptor(cpu, selector);
        if (!isTask(descriptor) || (descriptor & Descriptor.BUSY) != 0) {
            throw Fault.generalProtection(code);
        }
        if (!Descriptor.isPresent(descriptor)) {
            throw Fault.notPresent(code);
        }
        return descriptor;
    }

    // The switch.

    private static void perform(
            Cpu cpu, Cause cause, int selector, long descriptor, long flags, Optional<Delivery> event) {
        SegmentRegister tr = cpu.system.tr;
        Layout from = Layout.of(tr.rights());
        Layout to = Layout.of(Descriptor.type(descriptor));
        if (Descriptor.limit(descriptor) < to.leastLimit()) {
            throw Fault.invalidTss(SegmentLoads.errorCode(selector));
        }
        if (tr.limit() < from.leastLimit()) {
            throw Fault.invalidTss(SegmentLoads.errorCode(tr.selector()));
        }
        cpu.events().taskSwitch(cpu, cause, selector, event);
        long base = Descriptor.base(descriptor);
        TaskState state = TaskState.read(cpu, base, to);
        probe(cpu, cause, selector, from, base);

        // From here on nothing of the old task can fault.
        if (!cause.nests()) {
            writeBusy(cpu, tr.selector(), false);
        }
        TaskState.save(cpu, tr.base(), from, flags);
        if (cause.nests()) {
            cpu.memory.writeSystem(base, LINK_SIZE, tr.selector());
        }
        if (cause != Cause.IRET) {
            writeBusy(cpu, selector, true);
        }
        SegmentLoads.fill(tr, selector, descriptor | Descriptor.BUSY);
        enter(cpu, cause, state, to, event);
    }

    private static void probe(Cpu cpu, Cause cause, int selector, Layout from, long base) {
        SegmentRegister tr = cpu.system.tr;
        TaskState.probeSave(cpu, tr.base(), from);
        if (cause.nests()) {
            cpu.memory.probeWriteSystem(base, LINK_SIZE);
        } else {
            cpu.memory.probeWriteSystem(rightsAddress(cpu, tr.selector()), 1);
        }
        if (cause != Cause.IRET) {
            cpu.memory.probeWriteSystem(rightsAddress(cpu, selector), 1);
        }
    }

    private static long rightsAddress(Cpu cpu, int selector) {
        return cpu.system.gdtrBase + (selector & ~7) + 5;
    }

    private static void writeBusy(Cpu cpu, int selector, boolean busy) {
        long address = rightsAddress(cpu, selector);
        long rights = cpu.memory.readSystem(address, 1);
        long bit = Descriptor.BUSY >>> 40;
        cpu.memory.writeSystem(address, 1, busy ? rights | bit : rights & ~bit);
    }

    /** The new task's own part: what faults now, faults in it. */
    private static void enter(Cpu cpu, Cause cause, TaskState state, Layout layout, Optional<Delivery> event) {
        SystemState system = cpu.system;
        system.cr0 |= SystemState.TASK_SWITCHED;
        system.dr7 &= ~LOCAL_BREAKPOINTS;
        state.load(cpu, cause.nests());
        cpu.faultsReturnTo(state.rip());
        boolean paging = (system.cr0 & SystemState.PAGING) != 0;
        if (paging && layout.size() == 4 && state.cr3() != system.cr3) {
            ControlRegisters.loadCr3(cpu, state.cr3());
        }
        if (state.trap()) {
            system.pendingDebug |= SystemState.DR6_TASK_SWITCH;
        }
        loadLocalTable(cpu, state.ldt());
        if (system.virtual8086()) {
            for (int i = ES; i <= GS; i++) {
                int selector = state.selectors()[i];
                system.segments[i].load(selector, (long) selector << 4, 0xFFFF, VIRTUAL_8086_SEGMENT);
            }
            cpu.modeChanged();
        } else {
            loadSegments(cpu, state.selectors());
        }
        event.flatMap(TaskSwitch::errorCode).ifPresent(code -> pushErrorCode(cpu, layout.size(), code));
        if (state.rip() > system.segments[CS].limit()) {
            throw Fault.generalProtection(0);
        }
        cpu.attend();
    }

    private static Optional<Integer> errorCode(Delivery event) {
        return event.errorCode().isPresent() ? Optional.of(event.errorCode().getAsInt()) : Optional.empty();
    }

    private static void pushErrorCode(Cpu cpu, int size, int code) {
        StackFrame frame = StackFrame.onCurrentStack(cpu, size);
        frame.add(code);
        frame.probe();
        cpu.stackPointer(frame.write());
    }

    private static void loadLocalTable(Cpu cpu, int selector) {
        if (SegmentLoads.isNull(selector)) {
            return;
        }
        long address = (selector & 4) != 0 ? -1 : SegmentLoads.descriptorAddress(cpu, selector, 8);
        long descriptor = address == -1 ? 0 : cpu.memory.readSystem(address, 8);
        boolean table = !Descriptor.isCodeOrData(descriptor) && Descriptor.type(descriptor) == Descriptor.LDT;
        if (!table || !Descriptor.isPresent(descriptor)) {
            throw Fault.invalidTss(SegmentLoads.errorCode(selector));
        }
        SegmentLoads.fill(cpu.system.ldtr, selector, descriptor);
    }

    private static void loadSegments(Cpu cpu, int[] selectors) {
        loadCode(cpu, selectors[CS]);
        int stack = selectors[SS];
        if (SegmentLoads.isNull(stack)) {
            throw Fault.invalidTss(0);
        }
        long descriptor = SegmentLoads.checkStack(cpu, stack, cpu.system.cpl, true);
        SegmentLoads.fill(cpu.system.segments[SS], stack, SegmentLoads.markAccessed(cpu, stack, descriptor));
        cpu.modeChanged();
        for (int segment : new int[] {DS, ES, FS, GS}) {
            try {
                SegmentLoads.load(cpu, segment, selectors[segment]);
            } catch (Fault fault) {
                throw inTask(fault);
            }
        }
    }

    private static void loadCode(Cpu cpu, int selector) {
        try {
            long descriptor = CodeSegments.descriptor(cpu, selector);
            int dpl = Descriptor.dpl(descriptor);
            int rpl = selector & 3;
            if (Descriptor.isConforming(descriptor) ? dpl > rpl : dpl != rpl) {
                throw Fault.invalidTss(SegmentLoads.errorCode(selector));
            }
            CodeSegments.checkUsable(cpu, selector, descriptor);
            CodeSegments.load(cpu, selector, SegmentLoads.markAccessed(cpu, selector, descriptor), rpl);
        } catch (Fault fault) {
            throw inTask(fault);
        }
    }

    /** What a selector of a TSS meets is #TS where an instruction's would be #GP. */
    private static Fault inTask(Fault fault) {
        return fault.vector() == Fault.GENERAL_PROTECTION ? Fault.invalidTss(fault.errorCode()) : fault;
    }
}
