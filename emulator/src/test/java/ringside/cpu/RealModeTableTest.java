package ringside.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import ringside.cpu.SystemState.Activity;

class RealModeTableTest {
    @Test
    void intPushesFlagsAndTheAddressBehindIt() {
        Rig rig = Rig.real().realGate(0x21, 0x0100, 0x0234).code("CD 21");
        rig.flag(SystemState.INTERRUPT | Registers.CARRY).step(1);
        assertEquals(0x0100, rig.selector(SystemState.CS));
        assertEquals(0x0234, rig.registers.rip());
        assertEquals(Rig.CODE + 2, rig.stacked(0, 2));
        assertEquals(0, rig.stacked(1, 2));
        assertEquals(0x203, rig.stacked(2, 2));
        assertFalse(rig.system.interruptFlag());
        assertEquals(1, rig.clock.steps());
    }

    @Test
    void aFaultPushesTheAddressOfItsInstructionAndNoErrorCode() {
        Rig rig = Rig.real().realGate(6, 0, 0x0600).code("0F 04");
        rig.step(1);
        assertEquals(0x0600, rig.registers.rip());
        assertEquals(Rig.CODE, rig.stacked(0, 2));
        assertEquals(Rig.STACK - 6, rig.get(Registers.RSP));
        assertEquals(0, rig.clock.steps());
        assertEquals(1, rig.clock.now());
    }

    @Test
    void boundsOutsideTheRangeLeadToVectorFive() {
        Rig rig = Rig.real().realGate(5, 0, 0x0500).code("62 07").bytes(0x7000, "FF FF 05 00");
        rig.set(Registers.RBX, 0x7000).set(Registers.RAX, 6).step(1);
        assertEquals(0x0500, rig.registers.rip());
        Rig inside = Rig.real().code("62 07").bytes(0x7000, "FF FF 05 00");
        inside.set(Registers.RBX, 0x7000).set(Registers.RAX, 0xFFFF).step(1);
        assertEquals(Rig.CODE + 2, inside.registers.rip());
    }

    @Test
    void aVectorBeyondTheTableEndsInShutdownWhereNoHandlerCanBeReached() {
        Rig rig = Rig.real().code("CD 21");
        rig.system.idtrLimit = 0;
        rig.step(1);
        assertEquals(Activity.SHUTDOWN, rig.system.activity);
        assertEquals(Rig.STACK, rig.get(Registers.RSP));
    }

    @Test
    void aFrameThatWouldCrossTheEndOfTheSegmentIsAStackFault() {
        Rig rig = Rig.real().realGate(12, 0, 0x0C00).realGate(0x21, 0, 0x2100).code("CD 21");
        rig.set(Registers.RSP, 3).step(1);
        // The stack fault meets the same stack, and so does the double fault.
        assertEquals(Activity.SHUTDOWN, rig.system.activity);
        assertEquals(3, rig.get(Registers.RSP));
    }

    @Test
    void anInterruptWaitsForTheInterruptFlag() {
        Rig rig = Rig.real().realGate(8, 0, 0x0800).code("89 C0 89 C0");
        rig.raiseInterrupt(8);
        rig.step(1);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        rig.flag(SystemState.INTERRUPT).step(1);
        assertEquals(0x0800, rig.registers.rip());
        assertEquals(Rig.CODE + 2, rig.stacked(0, 2));
    }

    @Test
    void nothingComesBetweenMovSsAndTheNextInstruction() {
        Rig rig = Rig.real().realGate(8, 0, 0x0800).realGate(1, 0, 0x0100).code("8E D0 89 C0 89 C0");
        rig.flag(SystemState.INTERRUPT | Registers.TRAP).step(1);
        rig.raiseInterrupt(8);
        rig.step(1);
        assertEquals(Rig.CODE + 4, rig.registers.rip());
        rig.step(1);
        assertEquals(0x0100, rig.registers.rip());
        assertEquals(Rig.CODE + 4, rig.stacked(0, 2));
    }

    @Test
    void stiShadowsInterruptsForOneInstruction() {
        Rig rig = Rig.real().realGate(8, 0, 0x0800).code("89 C0 89 C0");
        rig.flag(SystemState.INTERRUPT).raiseInterrupt(8);
        rig.system.shadow = SystemState.Shadow.STI;
        rig.system.shadowTime = rig.clock.now();
        rig.step(1);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        rig.step(1);
        assertEquals(0x0800, rig.registers.rip());
    }
}
