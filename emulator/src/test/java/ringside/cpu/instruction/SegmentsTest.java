package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;

class SegmentsTest {
    private static Rig rig(String code) {
        Rig rig = Rig.protectedMode().code(code);
        for (int vector : new int[] {6, 11, 12, 13}) {
            rig.gate(vector, INTERRUPT_GATE_32, 0, Rig.CODE_0);
        }
        return rig;
    }

    /** MOV DS, AX and MOV SS, AX in ring 3. */
    @ParameterizedTest
    @CsvSource({
        "8E D8, 23, -1, 0", "8E D8, 10, 13, 10", "8E D8, 0, -1, 0", "8E D8, 4B, -1, 0", "8E D8, 28, 13, 28",
                "8E D8, 38, 11, 38",
        "8E D8, 88, 13, 88", "8E D0, 23, -1, 0", "8E D0, 0, 13, 0", "8E D0, 20, 13, 20", "8E D0, 1B, 13, 18",
                "8E D0, 3B, 12, 38"
    })
    void loadsAreJudged(String code, String selector, int vector, String error) {
        Rig rig = rig(code).inRing(3).set(Registers.RAX, Integer.parseInt(selector, 16));
        rig.descriptor(Rig.SPARE, Descriptor.of(0, 0xFFFFF, 0xC073)).step(1);
        assertEquals(vector, rig.handler());
        if (vector > 0) {
            assertEquals(Integer.parseInt(error, 16), rig.stacked(0, 4));
        }
    }

    @Test
    void csCannotBeLoaded() {
        Rig rig = rig("8E C8").step(1);
        assertEquals(6, rig.handler());
    }

    @Test
    void loadingSetsTheAccessedBit() {
        Rig rig = rig("8E D8").set(Registers.RAX, Rig.SPARE);
        rig.descriptor(Rig.SPARE, Descriptor.of(0x1000, 0xFF, 0x4092)).step(1);
        assertEquals(0x93, rig.ram.read(Rig.GDT + Rig.SPARE + 5, 1));
        assertEquals(0x1000, rig.system.segments[SystemState.DS].base());
        assertEquals(0xFF, rig.system.segments[SystemState.DS].limit());
    }

    @Test
    void popSsMovesTheStackPointerByItsOldWidth() {
        Rig rig = rig("17").set(Registers.RSP, 0x1_7FFC);
        rig.ram.write(0x1_7FFC, 4, Rig.SPARE);
        rig.descriptor(Rig.SPARE, Descriptor.of(0, 0xFFFF, 0x93)).step(1);
        assertEquals(Rig.SPARE, rig.selector(SystemState.SS));
        assertEquals(0x1_8000, rig.get(Registers.RSP));
    }

    @Test
    void pushOfASegmentRegisterMovesByTheOperandSize() {
        Rig rig = rig("1E").step(1);
        assertEquals(Rig.STACK - 4, rig.get(Registers.RSP));
        assertEquals(Rig.DATA_0, rig.stacked(0, 2));
        Rig wide = Rig.longMode().code("0F A0").step(1);
        assertEquals(Rig.STACK - 8, wide.get(Registers.RSP));
        assertEquals(Rig.DATA_0, wide.stacked(0, 8));
    }

    @Test
    void storingToARegisterClearsTheRestToMemoryWritesTwoBytes() {
        Rig rig = rig("8C D8 8C 1B").set(Registers.RAX, -1).set(Registers.RBX, 0x7000);
        rig.ram.write(0x7000, 4, -1);
        rig.step(2);
        assertEquals(Rig.DATA_0, rig.get(Registers.RAX));
        assertEquals(0xFFFF_0000L | Rig.DATA_0, rig.ram.read(0x7000, 4));
    }

    @Test
    void lssLoadsPointerAndSegmentTogether() {
        Rig rig = rig("0F B2 23").set(Registers.RBX, 0x7000);
        rig.ram.write(0x7000, 4, 0x7800);
        rig.ram.write(0x7004, 2, Rig.DATA_0);
        rig.step(1);
        assertEquals(0x7800, rig.get(Registers.RSP));
        assertEquals(-1, rig.system.shadowTime);
    }

    @Test
    void aRefusedFarPointerLeavesTheRegister() {
        Rig rig = rig("C5 03").set(Registers.RBX, 0x7000);
        rig.ram.write(0x7004, 2, 0x88);
        rig.ram.write(0x7000, 4, 0x7800);
        rig.step(1);
        assertEquals(13, rig.handler());
        assertEquals(0, rig.get(Registers.RAX));
    }
}
