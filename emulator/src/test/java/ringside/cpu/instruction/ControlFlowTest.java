package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Registers;
import ringside.cpu.Rig;

class ControlFlowTest {
    @ParameterizedTest
    @CsvSource({
        "70, 800, 1", "71, 800, 0", "72, 1, 1", "73, 1, 0", "74, 40, 1", "75, 40, 0", "76, 40, 1", "76, 1, 1",
                "77, 0, 1", "78, 80, 1",
        "79, 80, 0", "7A, 4, 1", "7B, 4, 0", "7C, 80, 1", "7C, 880, 0", "7D, 880, 1", "7E, 40, 1", "7E, 800, 1",
                "7F, 0, 1", "7F, 840, 0"
    })
    void eachConditionAsksItsFlags(String opcode, String flags, int taken) {
        Rig rig = Rig.protectedMode().code(opcode + " 10");
        rig.cpu.flags(Integer.parseInt(flags, 16), Registers.ARITHMETIC);
        rig.step(1);
        assertEquals(Rig.CODE + 2 + 0x10 * taken, rig.registers.rip());
    }

    @Test
    void aSixteenBitJumpKeepsSixteenBits() {
        Rig rig = Rig.protectedMode().code("66 E9 00 00");
        rig.step(1);
        assertEquals(Rig.CODE + 4, rig.registers.rip());
        Rig wrapping = Rig.real().code("E9 00 F0");
        wrapping.step(1);
        assertEquals(3, wrapping.registers.rip());
    }

    @Test
    void callAndReturnMeetAgain() {
        Rig rig = Rig.longMode().code("E8 FB 00 00 00").bytes(0x1100, "C2 08 00");
        rig.step(1);
        assertEquals(0x1100, rig.registers.rip());
        assertEquals(Rig.CODE + 5, rig.stacked(0, 8));
        rig.step(1);
        assertEquals(Rig.CODE + 5, rig.registers.rip());
        assertEquals(Rig.STACK + 8, rig.get(Registers.RSP));
    }

    @Test
    void aCallOutOfTheSegmentLeavesTheStackAlone() {
        Rig rig = Rig.real().realGate(13, 0, 0x0D00).code("66 E8 00 00 01 00");
        rig.step(1);
        assertEquals(0x0D00, rig.registers.rip());
        assertEquals(Rig.STACK - 6, rig.get(Registers.RSP));
        assertEquals(Rig.CODE, rig.stacked(0, 2));
    }

    @Test
    void loopCountsByTheAddressSize() {
        Rig rig = Rig.protectedMode().code("67 E2 FD");
        rig.set(Registers.RCX, 0x1_0002).step(1);
        assertEquals(Rig.CODE, rig.registers.rip());
        assertEquals(0x1_0001, rig.get(Registers.RCX));
        rig.step(1);
        assertEquals(Rig.CODE + 3, rig.registers.rip());
        assertEquals(0x1_0000, rig.get(Registers.RCX));
    }

    @Test
    void loopeNeedsTheZeroFlagToo() {
        Rig rig = Rig.longMode().code("E1 FE");
        rig.set(Registers.RCX, 5).step(1);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        assertEquals(4, rig.get(Registers.RCX));
    }

    @Test
    void aNonCanonicalTargetFaultsBeforeTheReturnAddressIsPushed() {
        Rig rig = Rig.longMode().longGate(13, 14, 0, Rig.CODE_0, 0).code("FF D0");
        rig.set(Registers.RAX, 1L << 47).step(1);
        assertEquals(13, rig.handler());
        assertEquals(0, rig.stacked(0, 8));
        assertEquals(Rig.STACK, rig.stacked(4, 8));
    }
}
