package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;

class InterruptReturnsTest {
    /** Puts values where SP then points, lowest first. */
    private static Rig stacked(Rig rig, int size, long... values) {
        long at = rig.get(Registers.RSP) - (long) size * values.length;
        rig.set(Registers.RSP, at);
        for (int i = 0; i < values.length; i++) {
            rig.ram.write(at + (long) i * size, size, values[i]);
        }
        return rig;
    }

    @Test
    void realModeLoadsAllLowFlags() {
        Rig rig = stacked(Rig.real().code("CF"), 2, 0x6000, 0x10, 0x7FD7);
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(0x10, rig.selector(SystemState.CS));
        assertEquals(0x7FD7, rig.cpu.flags());
    }

    /** SDM 2, IRET: what of the image 247FD7 is loaded, by CPL and IOPL; silently. */
    @ParameterizedTest
    @CsvSource({"0, 0, 247FD7", "1, 0, 244DD7", "1, 1, 245FD7", "3, 2, 246DD7", "3, 3, 247FD7"})
    void ringsDecideAboutIfAndIopl(int ring, int iopl, String flags) {
        int code = ring == 0 ? Rig.CODE_0 : ring == 1 ? Rig.CODE_1 : Rig.CODE_3;
        Rig rig = stacked(Rig.protectedMode().inRing(ring).code("CF"), 4, 0x6000, code, 0x24_7FD7);
        rig.cpu.flags((long) iopl << 12, SystemState.IOPL);
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(Long.parseLong(flags, 16), rig.cpu.flags());
    }

    @Test
    void anOuterRingGetsItsStackBack() {
        Rig rig = stacked(Rig.protectedMode().code("CF"), 4, 0x6000, Rig.CODE_3, 0x202, Rig.USER_STACK, Rig.DATA_3);
        rig.step(1);
        assertEquals(3, rig.system.cpl);
        assertEquals(Rig.USER_STACK, rig.get(Registers.RSP));
        assertEquals(0, rig.selector(SystemState.ES));
        assertTrue(rig.system.interruptFlag());
    }

    @Test
    void theVmFlagLeadsToVirtual8086Mode() {
        Rig rig = stacked(
                Rig.protectedMode().code("CF"),
                4,
                0x10,
                0x600,
                SystemState.VIRTUAL_8086 | 0x3202,
                0x1234,
                0x900,
                1,
                2,
                3,
                4);
        rig.step(1);
        assertTrue(rig.system.virtual8086());
        assertEquals(3, rig.system.cpl);
        assertEquals(0x6000, rig.system.segments[SystemState.CS].base());
        assertEquals(0x1234, rig.get(Registers.RSP));
        assertEquals(0x900, rig.selector(SystemState.SS));
        assertEquals(1, rig.selector(SystemState.ES));
        assertEquals(4, rig.selector(SystemState.GS));
        assertEquals(16, rig.cpu.codeBits());
        assertEquals(3, rig.system.iopl());
    }

    @Test
    void outsideRingZeroTheVmFlagIsIgnored() {
        Rig rig =
                stacked(Rig.protectedMode().inRing(3).code("CF"), 4, 0x6000, Rig.CODE_3, SystemState.VIRTUAL_8086 | 2);
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertFalse(rig.system.virtual8086());
    }

    @ParameterizedTest
    @CsvSource({"0, 13", "3, -1"})
    void inVirtual8086ModeIretNeedsIopl3(int iopl, int vector) {
        Rig rig = Rig.protectedMode()
                .gate(13, INTERRUPT_GATE_32, 0, Rig.CODE_0)
                .code("CF")
                .inVirtual8086(iopl);
        stacked(rig, 2, 0x6000, 0, 0x0202).step(1);
        assertEquals(vector, rig.handler());
        if (vector < 0) {
            assertEquals(0x6000, rig.registers.rip());
            assertEquals(3, rig.system.iopl());
            assertTrue(rig.system.virtual8086());
        }
    }

    @Test
    void in64BitModeTheStackIsAlwaysPopped() {
        Rig rig = stacked(Rig.longMode().code("48 CF"), 8, 0x6000, Rig.CODE_0, 2, 0x7000, Rig.DATA_0);
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(0x7000, rig.get(Registers.RSP));
    }

    @ParameterizedTest
    @CsvSource({"8, 0, -1, 0", "1B, 3, 13, 0", "1B, 23, -1, 0", "1B, 10, 13, 10", "8, 23, 13, 20"})
    void aNullStackIsAllowedIn64BitRingZero(String code, String stack, int vector, String error) {
        Rig rig =
                Rig.longMode().longGate(13, INTERRUPT_GATE_32, 0, Rig.CODE_0, 0).code("48 CF");
        stacked(rig, 8, 0x6000, Long.parseLong(code, 16), 2, 0x7000, Long.parseLong(stack, 16))
                .step(1);
        assertEquals(vector, rig.handler());
        assertEquals(vector < 0 ? 0x6000 : Rig.HANDLERS + 0xD0, rig.registers.rip());
        if (vector > 0) {
            assertEquals(Long.parseLong(error, 16), rig.stacked(0, 8));
        }
    }

    @Test
    void nestedTaskIsRefusedInLongMode() {
        Rig rig =
                Rig.longMode().longGate(13, INTERRUPT_GATE_32, 0, Rig.CODE_0, 0).code("48 CF");
        rig.flag(Registers.NESTED_TASK).step(1);
        assertEquals(13, rig.handler());
    }
}
