package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBP;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RSP;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;

class StackOperationsTest {
    private static final int STACK = Rig.STACK;

    private final Witness witness = new Witness();

    @Test
    void theStackPointerIsPushedAsItWasBefore() {
        Rig rig = Rig.protectedMode().assembly("push esp", "push dword [esp]");
        rig.step(2);
        assertEquals(STACK, rig.stacked(0, 4));
        assertEquals(STACK, rig.stacked(1, 4));
        assertEquals(STACK - 8, rig.get(RSP));
    }

    @Test
    void theStackPointerPoppedIsWhatWasOnTheStack() {
        Rig rig = Rig.protectedMode().assembly("pop esp");
        rig.ram.write(STACK, 4, 0x7000);
        rig.step(1);
        assertEquals(0x7000, rig.get(RSP));
    }

    @Test
    void anAddressWithTheStackPointerIsWorkedOutAfterThePop() {
        Rig rig = Rig.protectedMode().assembly("pop dword [esp + 8]");
        rig.ram.write(STACK, 4, 0x1234);
        rig.step(1);
        assertEquals(0x1234, rig.ram.read(STACK + 12, 4));
        assertEquals(STACK + 4, rig.get(RSP));
    }

    @Test
    void immediatesAreExtendedToTheStacksOperandSize() {
        Rig rig = Rig.longMode().assembly("push -2", "push 0x12345678", "push word -3");
        rig.step(1);
        assertEquals(-2, rig.stacked(0, 8));
        rig.step(1);
        assertEquals(0x1234_5678, rig.stacked(0, 8));
        rig.step(1);
        assertEquals(0xFFFD, rig.stacked(0, 2));
        assertEquals(STACK - 18, rig.get(RSP));
    }

    @Test
    void aSixteenBitStackWrapsWithinItsSegmentAndKeepsTheUpperBits() {
        Rig rig = Rig.real().assembly("push ax");
        rig.set(RSP, 0x1234_0000L).set(RAX, 0xBEEF).step(1);
        assertEquals(0x1234_FFFEL, rig.get(RSP));
        assertEquals(0xBEEF, rig.ram.read(0xFFFE, 2));
    }

    @Test
    void allRegistersComeBackButTheStackPointersImageIsSkipped() {
        Rig rig = Rig.protectedMode().assembly("pusha", "popa");
        for (int register = 0; register < 8; register++) {
            if (register != RSP) {
                rig.set(register, 0x1000 + register);
            }
        }
        rig.step(1);
        assertEquals(STACK, rig.stacked(3, 4));
        assertEquals(0x1000, rig.stacked(7, 4));
        for (int register = 0; register < 8; register++) {
            if (register != RSP) {
                rig.set(register, 0);
            }
        }
        rig.ram.write(rig.get(RSP) + 12, 4, 0xBAD);
        rig.step(1);
        for (int register = 0; register < 8; register++) {
            assertEquals(register == RSP ? STACK : 0x1000 + register, rig.get(register));
        }
    }

    @Test
    void popfOutsideRingZeroKeepsTheInterruptFlagAndDoesNotFault() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inRing(3).flag(SystemState.INTERRUPT);
        rig.assembly("push 0", "popf", "push 0x3CD5", "popf").step(2);
        assertTrue(witness.take().isEmpty());
        assertTrue(rig.system.interruptFlag());
        rig.step(2);
        assertTrue(rig.registers.carry());
        assertEquals(0, rig.system.iopl());
    }

    @Test
    void popfWithinTheIoPrivilegeLevelChangesTheInterruptFlagButNotTheLevel() {
        Rig rig = Rig.protectedMode().inRing(3).flag(SystemState.IOPL);
        rig.assembly("push 0x200", "popf").step(2);
        assertTrue(rig.system.interruptFlag());
        assertEquals(3, rig.system.iopl());
    }

    @Test
    void popfInRingZeroChangesTheLevelToo() {
        Rig rig = Rig.protectedMode().assembly("push 0x3200", "popf", "push 0x12300000", "popf");
        rig.step(2);
        assertEquals(3, rig.system.iopl());
        assertTrue(rig.system.interruptFlag());
        rig.step(2);
        assertEquals(0x0020_0002, rig.cpu.flags());
    }

    @Test
    void popfWithSixteenBitsLeavesTheUpperFlagsAlone() {
        Rig rig = Rig.protectedMode().flag(Registers.ALIGNMENT_CHECK | Registers.IDENTIFICATION);
        rig.assembly("push word 1", "popfw").step(2);
        assertEquals(0x0024_0003, rig.cpu.flags());
    }

    @Test
    void pushfNeverShowsResumeAndVirtual8086() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inVirtual8086(3).assembly("o32 pushf");
        rig.system.flags |= SystemState.RESUME;
        rig.step(1);
        assertEquals(0x3002, rig.stacked(0, 4));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pushf", "popf", "o32 pushf", "o32 popf"})
    void virtual8086ModeBelowLevelThreeMayNotTouchTheFlags(String line) {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inVirtual8086(2);
        long stack = rig.get(RSP);
        rig.assembly(line).step(1);
        assertEquals(Fault.GENERAL_PROTECTION, witness.take().orElseThrow().vector());
        assertEquals(stack, rig.get(RSP));
    }

    @Test
    void withItsExtensionsVirtual8086ModeWorksOnTheVirtualInterruptFlag() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).inVirtual8086(0);
        rig.system.cr4 = SystemState.VME;
        rig.flag(SystemState.VIRTUAL_INTERRUPT).assembly("pushf", "push word 0", "popf");
        rig.step(1);
        assertEquals(0x3202, rig.stacked(0, 2));
        rig.step(2);
        assertEquals(0, rig.system.flags & SystemState.VIRTUAL_INTERRUPT);
        assertFalse(rig.system.interruptFlag());
        assertTrue(witness.take().isEmpty());
    }

    @Test
    void withItsExtensionsAPendingInterruptOrTheTrapFlagStopPopf() {
        for (int image : new int[] {0x200, 0x100}) {
            Rig rig = Rig.protectedMode(Gate.RINGS, witness).inVirtual8086(0);
            rig.system.cr4 = SystemState.VME;
            rig.flag(SystemState.VIRTUAL_INTERRUPT_PENDING).assembly("push word " + image, "popf");
            rig.step(2);
            assertEquals(Fault.GENERAL_PROTECTION, witness.take().orElseThrow().vector());
            assertEquals(Rig.USER_STACK - 2, rig.get(RSP));
        }
    }

    @Test
    void popfThatSetsTheTrapFlagTrapsAfterTheNextInstruction() {
        Rig rig = Rig.protectedMode(Gate.RINGS, witness).assembly("push 0x100", "popf", "nop", "nop");
        rig.step(2);
        assertTrue(witness.take().isEmpty());
        rig.step(2);
        assertEquals(Fault.DEBUG, witness.take().orElseThrow().vector());
    }

    @Test
    void enterMakesAFrameAndLeaveUndoesIt() {
        Rig rig = Rig.protectedMode().assembly("enter 16, 0", "leave");
        rig.set(RBP, 0x1234).step(1);
        assertEquals(STACK - 4, rig.get(RBP));
        assertEquals(STACK - 20, rig.get(RSP));
        assertEquals(0x1234, rig.ram.read(STACK - 4, 4));
        rig.step(1);
        assertEquals(0x1234, rig.get(RBP));
        assertEquals(STACK, rig.get(RSP));
    }

    @Test
    void enterCopiesThePointersOfTheEnclosingFrames() {
        Rig rig = Rig.protectedMode().assembly("enter 8, 3");
        rig.set(RBP, 0x6000).ram.write(0x5FFC, 4, 0xAAAA);
        rig.ram.write(0x5FF8, 4, 0xBBBB);
        rig.step(1);
        assertEquals(0x6000, rig.ram.read(STACK - 4, 4));
        assertEquals(0xAAAA, rig.ram.read(STACK - 8, 4));
        assertEquals(0xBBBB, rig.ram.read(STACK - 12, 4));
        assertEquals(STACK - 4, rig.ram.read(STACK - 16, 4));
        assertEquals(STACK - 24, rig.get(RSP));
        assertEquals(STACK - 4, rig.get(RBP));
    }

    @Test
    void leaveUsesTheWidthOfTheStackForTheFrame() {
        Rig rig = Rig.real().assembly("o32 leave");
        rig.ram.write(0x6000, 4, 0x1234_5678);
        rig.set(RBP, 0xFFFF_6000L).set(RSP, 0xABCD_1111L).step(1);
        assertEquals(0xABCD_6004L, rig.get(RSP));
        assertEquals(0x1234_5678, rig.get(RBP));
        assertEquals(0, rig.get(RBX));
    }
}
