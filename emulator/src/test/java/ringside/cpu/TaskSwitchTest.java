package ringside.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.mmu.Descriptor.CALL_GATE_32;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;
import static ringside.mmu.Descriptor.TASK_GATE;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.mmu.Descriptor;
import ringside.probe.Probe;

class TaskSwitchTest {
    private static final int NEW_TSS = 0x4800;
    private static final int NEW_STACK = 0x7800;
    private static final int NEW_CODE = 0x6000;
    private static final int NEW_TASK = Rig.SPARE;
    private static final int FAULT_TASK = 0x70;
    private static final int FAULT_TSS = 0x4C00;
    private static final int GATE = Rig.SPARE + 8;
    private static final int AVAILABLE = 0x89;
    private static final int BUSY = 0x8B;

    private static final String JMP_TASK = "EA 00 00 00 00 38 00";
    private static final String CALL_TASK = "9A 00 00 00 00 38 00";

    /** A task beside the running one: ring 0, its own stack, TSS at {@link #NEW_TSS}. */
    private static Rig rig(String code) {
        return withTask(Rig.protectedMode().code(code));
    }

    private static Rig withTask(Rig rig) {
        for (int vector : new int[] {1, 8, 10, 11, 12, 13}) {
            rig.gate(vector, INTERRUPT_GATE_32, 0, Rig.CODE_0);
        }
        rig.descriptor(NEW_TASK, Descriptor.of(NEW_TSS, 0x67, AVAILABLE));
        rig.ram.write(NEW_TSS + 0x20, 4, NEW_CODE);
        rig.ram.write(NEW_TSS + 0x24, 4, 2);
        rig.ram.write(NEW_TSS + 0x28, 4, 0x1234_5678);
        rig.ram.write(NEW_TSS + 0x38, 4, NEW_STACK);
        for (int segment = 0; segment < 6; segment++) {
            selector(rig, segment, segment == SystemState.CS ? Rig.CODE_0 : Rig.DATA_0);
        }
        return rig;
    }

    private static void selector(Rig rig, int segment, int selector) {
        rig.ram.write(NEW_TSS + 0x48 + segment * 4, 2, selector);
    }

    private static long rights(Rig rig, int selector) {
        return rig.ram.read(Rig.GDT + selector + 5, 1);
    }

    @Test
    void aJumpLeavesTheOldTaskAvailable() {
        Rig rig = rig(JMP_TASK).set(Registers.RBX, 7).flag(Registers.CARRY).step(1);
        assertEquals(NEW_CODE, rig.registers.rip());
        assertEquals(0x1234_5678, rig.get(Registers.RAX));
        assertEquals(NEW_STACK, rig.get(Registers.RSP));
        assertEquals(NEW_TASK, rig.system.tr.selector());
        assertEquals(BUSY, rights(rig, NEW_TASK));
        assertEquals(AVAILABLE, rights(rig, Rig.TASK));
        assertEquals(Rig.CODE + 7, rig.ram.read(Rig.TSS + 0x20, 4));
        assertEquals(3, rig.ram.read(Rig.TSS + 0x24, 4));
        assertEquals(7, rig.ram.read(Rig.TSS + 0x34, 4));
        assertEquals(Rig.CODE_0, rig.ram.read(Rig.TSS + 0x4C, 2));
        assertTrue((rig.system.cr0 & SystemState.TASK_SWITCHED) != 0);
        assertEquals(2, rig.cpu.flags());
        assertEquals(1, rig.clock.steps());
    }

    @Test
    void aCallNestsAndIretComesBack() {
        Rig rig = rig(CALL_TASK).bytes(NEW_CODE, "CF").step(1);
        assertEquals(Registers.NESTED_TASK | 2, rig.cpu.flags());
        assertEquals(Rig.TASK, rig.ram.read(NEW_TSS, 2));
        assertEquals(BUSY, rights(rig, Rig.TASK));
        rig.step(1);
        assertEquals(Rig.CODE + 7, rig.registers.rip());
        assertEquals(Rig.TASK, rig.system.tr.selector());
        assertEquals(AVAILABLE, rights(rig, NEW_TASK));
        assertEquals(BUSY, rights(rig, Rig.TASK));
        assertEquals(2, rig.ram.read(NEW_TSS + 0x24, 4));
        assertEquals(NEW_CODE + 1, rig.ram.read(NEW_TSS + 0x20, 4));
    }

    @Test
    void aTaskGateInTheInterruptTableGetsTheErrorCode() {
        Rig rig = rig("8E D8").set(Registers.RAX, 0x88);
        rig.gate(13, TASK_GATE, 0, NEW_TASK).step(1);
        assertEquals(NEW_CODE, rig.registers.rip());
        assertEquals(NEW_STACK - 4, rig.get(Registers.RSP));
        assertEquals(0x88, rig.stacked(0, 4));
        assertEquals(Rig.CODE, rig.ram.read(Rig.TSS + 0x20, 4));
        assertEquals(SystemState.RESUME | 2, rig.ram.read(Rig.TSS + 0x24, 4));
    }

    @Test
    void aDoubleFaultHandlerMayBeATaskOfItsOwn() {
        Rig rig = rig("F7 F1")
                .gate(0, CALL_GATE_32, 0, 0)
                .gate(8, TASK_GATE, 0, NEW_TASK)
                .step(1);
        assertEquals(NEW_CODE, rig.registers.rip());
        assertEquals(0, rig.stacked(0, 4));
    }

    @Test
    void aTaskGateMayBeCalledFromAnOuterRing() {
        Rig rig = rig("9A 00 00 00 00 43 00")
                .descriptor(GATE, Rig.gateDescriptor(TASK_GATE, 3, NEW_TASK, 0))
                .inRing(3);
        rig.step(1);
        assertEquals(NEW_CODE, rig.registers.rip());
        assertEquals(0, rig.system.cpl);
        assertEquals(Rig.CODE_3, rig.ram.read(Rig.TSS + 0x4C, 2));
    }

    @Test
    void aSixteenBitTaskHasSixteenBitRegisters() {
        Rig rig = rig(JMP_TASK).descriptor(NEW_TASK, Descriptor.of(NEW_TSS, 0x2B, 0x81));
        rig.ram.write(NEW_TSS + 0x0E, 2, NEW_CODE);
        rig.ram.write(NEW_TSS + 0x10, 2, 3);
        rig.ram.write(NEW_TSS + 0x12, 2, 0x4321);
        for (int segment = 0; segment < 4; segment++) {
            rig.ram.write(NEW_TSS + 0x22 + segment * 2, 2, segment == SystemState.CS ? Rig.CODE_0 : Rig.DATA_0);
        }
        rig.ram.write(NEW_TSS + 0x2A, 2, 0);
        rig.step(1);
        assertEquals(NEW_CODE, rig.registers.rip());
        assertEquals(0x4321, rig.get(Registers.RAX) & 0xFFFF);
        assertEquals(0, rig.selector(SystemState.FS));
        assertEquals(3, rig.cpu.flags());
    }

    @Test
    void aTaskMayRunInVirtual8086Mode() {
        Rig rig = rig(JMP_TASK);
        rig.ram.write(NEW_TSS + 0x24, 4, SystemState.VIRTUAL_8086 | 2);
        selector(rig, SystemState.CS, 0x0100);
        rig.step(1);
        assertEquals(3, rig.system.cpl);
        assertEquals(0x1000, rig.system.segments[SystemState.CS].base());
        assertEquals(16, rig.cpu.codeBits());
    }

    @Test
    void theTrapBitMakesADebugExceptionInTheNewTask() {
        Rig rig = rig(JMP_TASK);
        rig.system.dr7 |= 3;
        rig.ram.write(NEW_TSS + 0x64, 2, 1);
        rig.step(2);
        assertEquals(1, rig.handler());
        assertEquals(NEW_CODE, rig.stacked(0, 4));
        assertEquals(SystemState.DR6_FIXED | SystemState.DR6_TASK_SWITCH, rig.system.dr6);
        assertEquals(SystemState.DR7_FIXED | 2, rig.system.dr7);
    }

    /** What the old task meets: nothing has happened to it. */
    @ParameterizedTest
    @CsvSource({
        "busy,               13, 38",
        "not present,         11, 38",
        "too short,           10, 38",
        "of an inner ring,    13, 38",
        "a gate to the LDT,  13, 3C",
        "a gate to nothing,   13, 88",
        "a gate not present, 11, 40"
    })
    void theOldTaskKeepsItsState(String obstacle, int vector, String error) {
        boolean gate = obstacle.startsWith("a gate");
        Rig rig = rig(gate ? "EA 00 00 00 00 40 00" : JMP_TASK);
        long rights = AVAILABLE;
        long target = NEW_TASK;
        switch (obstacle) {
            case "busy" -> rights = BUSY;
            case "not present" -> rights = 0x09;
            case "of an inner ring" -> rig.inRing(1);
            case "a gate to the LDT" -> target = NEW_TASK | 4;
            case "a gate to nothing" -> target = 0x88;
            default -> {}
        }
        int limit = obstacle.equals("too short") ? 0x66 : 0x67;
        rig.descriptor(NEW_TASK, Descriptor.of(NEW_TSS, limit, (int) rights));
        long descriptor = Rig.gateDescriptor(TASK_GATE, 0, (int) target, 0);
        rig.descriptor(GATE, obstacle.equals("a gate not present") ? descriptor & ~(1L << 47) : descriptor);
        rig.step(1);
        assertEquals(vector, rig.handler());
        assertEquals(Integer.parseInt(error, 16), rig.stacked(0, 4));
        assertEquals(Rig.CODE, rig.stacked(1, 4));
        assertEquals(Rig.TASK, rig.system.tr.selector());
        assertEquals(0, rig.ram.read(Rig.TSS + 0x20, 4));
    }

    /** What the new task meets: SDM 3A, Exception Conditions Checked During a Task Switch. Segment 6 is the LDT. */
    @ParameterizedTest
    @CsvSource({
        "1, 0,  10, 0",
        "1, 10, 10, 10",
        "1, 1B, 10, 10",
        "1, 0B, 10, 8",
        "1, 88, 10, 88",
        "1, 50, 10, 50",
        "2, 0,  10, 0",
        "2, 8, 10, 8",
        "2, 23, 10, 20",
        "2, 40, 12, 40",
        "3, 28, 10, 28",
        "3, 40, 11, 40",
        "3, 88, 10, 88",
        "6, 28, 10, 28",
        "6, 3C, 10, 3C"
    })
    void theNewTaskMeetsItsOwnFaults(int segment, String selector, int vector, String error) {
        Rig rig = rig(JMP_TASK).descriptor(GATE, Descriptor.of(0, 0xFFFFF, 0xC013));
        // A task handles the fault: the new one's own stack may not be there yet.
        rig.gate(vector, TASK_GATE, 0, FAULT_TASK);
        taskForFaults(rig);
        rig.ram.write(NEW_TSS + (segment == 6 ? 0x60 : 0x48 + segment * 4), 2, Integer.parseInt(selector, 16));
        rig.step(1);
        assertEquals(FAULT_TASK, rig.system.tr.selector());
        assertEquals(NEW_TASK, rig.ram.read(FAULT_TSS, 2));
        assertEquals(NEW_CODE, rig.ram.read(NEW_TSS + 0x20, 4));
        assertEquals(Integer.parseInt(error, 16), rig.stacked(0, 4));
        assertEquals(Rig.CODE + 7, rig.ram.read(Rig.TSS + 0x20, 4));
    }

    private static void taskForFaults(Rig rig) {
        rig.descriptor(FAULT_TASK, Descriptor.of(FAULT_TSS, 0x67, AVAILABLE));
        rig.ram.write(FAULT_TSS + 0x20, 4, 0x6800);
        rig.ram.write(FAULT_TSS + 0x38, 4, 0x7400);
        for (int segment = 0; segment < 6; segment++) {
            rig.ram.write(FAULT_TSS + 0x48 + segment * 4, 2, segment == SystemState.CS ? Rig.CODE_0 : Rig.DATA_0);
        }
    }

    @Test
    void iretNeedsABusyTask() {
        Rig rig = rig("CF").flag(Registers.NESTED_TASK);
        rig.ram.write(Rig.TSS, 2, NEW_TASK);
        rig.step(1);
        assertEquals(10, rig.handler());
        assertEquals(NEW_TASK, rig.stacked(0, 4));
    }

    private static final class Left extends Exit {
        private static final long serialVersionUID = 1;
    }

    @Test
    void aMonitorMayTakeTheSwitchBeforeItBegins() {
        Interception interception = new Interception() {
            @Override
            public void taskSwitch(Cpu cpu, TaskSwitch.Cause cause, int selector, Optional<Delivery> during) {
                assertEquals(TaskSwitch.Cause.CALL, cause);
                assertEquals(NEW_TASK, selector);
                throw new Left();
            }
        };
        Rig rig = withTask(Rig.protectedMode(Gate.RINGS, new InterruptTable(interception, Probe.NONE))
                .code(CALL_TASK));
        assertThrows(Left.class, () -> rig.step(1));
        assertEquals(Rig.CODE, rig.registers.rip());
        assertEquals(AVAILABLE, rights(rig, NEW_TASK));
        assertFalse((rig.system.cr0 & SystemState.TASK_SWITCHED) != 0);
    }
}
