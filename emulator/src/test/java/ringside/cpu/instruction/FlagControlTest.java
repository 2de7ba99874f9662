package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;

class FlagControlTest {
    private final Witness witness = new Witness();

    @Test
    void carryAndDirectionAreSetClearedAndTurned() {
        Rig rig = Rig.protectedMode().assembly("stc", "cmc", "cmc", "clc", "std", "cld");
        assertTrue(rig.step(1).registers.carry());
        assertFalse(rig.step(1).registers.carry());
        assertTrue(rig.step(1).registers.carry());
        assertFalse(rig.step(1).registers.carry());
        assertTrue(rig.step(1).registers.direction());
        assertFalse(rig.step(1).registers.direction());
    }

    @Test
    void ahHoldsTheLowFlags() {
        Rig rig = Rig.longMode().assembly("sahf", "mov ah, 0", "lahf");
        rig.set(RAX, 0xFF11).flag(Registers.OVERFLOW).step(1);
        assertEquals(0x8D7, rig.registers.flags() | 2);
        rig.step(2);
        assertEquals(0xD711, rig.get(RAX));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cli", "sti"})
    void outsideTheIoPrivilegeLevelTheInterruptFlagIsOutOfReach(String line) {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inRing(3).assembly(line);
        rig.cpu.flags(SystemState.INTERRUPT | 2L << 12, SystemState.INTERRUPT | SystemState.IOPL);
        rig.step(1);
        assertEquals(Fault.GENERAL_PROTECTION, witness.take().orElseThrow().vector());
        assertTrue(rig.system.interruptFlag());
    }

    @Test
    void withinItRingThreeMayChangeTheInterruptFlag() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inRing(3).flag(SystemState.IOPL);
        rig.assembly("sti", "cli").step(1);
        assertTrue(rig.system.interruptFlag());
        rig.step(1);
        assertFalse(rig.system.interruptFlag());
    }

    @Test
    void anInterruptWaitsForTheInstructionAfterSti() {
        Rig rig = Rig.protectedMode().gate(0x20, Descriptor.INTERRUPT_GATE_32, 0, Rig.CODE_0);
        rig.assembly("sti", "nop", "nop").raiseInterrupt(0x20);
        rig.step(2);
        assertEquals(-1, rig.handler());
        rig.step(1);
        assertEquals(0x20, rig.handler());
        assertEquals(Rig.CODE + 2, rig.stacked(0, 4));
    }

    @Test
    void aSecondStiDoesNotHoldItBackAgain() {
        Rig rig = Rig.protectedMode().gate(0x20, Descriptor.INTERRUPT_GATE_32, 0, Rig.CODE_0);
        rig.assembly("sti", "sti", "nop").raiseInterrupt(0x20);
        rig.step(3);
        assertEquals(0x20, rig.handler());
        assertEquals(Rig.CODE + 2, rig.stacked(0, 4));
    }

    @Test
    void stiAndCliTogetherLetNothingIn() {
        Rig rig = Rig.protectedMode().gate(0x20, Descriptor.INTERRUPT_GATE_32, 0, Rig.CODE_0);
        rig.assembly("sti", "cli", "nop").raiseInterrupt(0x20);
        rig.step(3);
        assertEquals(-1, rig.handler());
    }

    @Test
    void protectedModeVirtualInterruptsGiveRingThreeAFlagOfItsOwn() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inRing(3).assembly("sti", "cli", "sti");
        rig.system.cr4 = SystemState.PVI;
        rig.step(1);
        assertEquals(SystemState.VIRTUAL_INTERRUPT, rig.system.flags);
        rig.step(1);
        assertEquals(0, rig.system.flags);
        rig.flag(SystemState.VIRTUAL_INTERRUPT_PENDING).step(1);
        assertEquals(Fault.GENERAL_PROTECTION, witness.take().orElseThrow().vector());
    }

    @Test
    void theyAreForRingThreeOnly() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inRing(1).assembly("cli");
        rig.system.cr4 = SystemState.PVI;
        rig.step(1);
        assertEquals(Fault.GENERAL_PROTECTION, witness.take().orElseThrow().vector());
    }

    @Test
    void virtual8086ModeHasItsFlagByTheOtherExtension() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inVirtual8086(0).assembly("sti", "sti");
        rig.system.cr4 = SystemState.VME;
        rig.step(1);
        assertEquals(SystemState.VIRTUAL_INTERRUPT, rig.system.flags & SystemState.VIRTUAL_INTERRUPT);
        rig.system.cr4 = SystemState.PVI;
        rig.step(1);
        assertEquals(Fault.GENERAL_PROTECTION, witness.take().orElseThrow().vector());
    }
}
