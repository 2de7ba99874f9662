package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;

class DescriptorTablesTest {
    private static Rig rig(String code) {
        Rig rig = Rig.protectedMode().code(code);
        for (int vector : new int[] {6, 11, 13}) {
            rig.gate(vector, INTERRUPT_GATE_32, 0, Rig.CODE_0);
        }
        return rig;
    }

    @Test
    void sixteenBitOperandsLoadABaseOf24Bits() {
        Rig rig = Rig.real()
                .code("0F 01 17 66 0F 01 17")
                .set(Registers.RBX, 0x7000)
                .bytes(0x7000, "34 12 78 56 34 12");
        rig.step(1);
        assertEquals(0x1234, rig.system.gdtrLimit);
        assertEquals(0x34_5678, rig.system.gdtrBase);
        rig.step(1);
        assertEquals(0x1234_5678, rig.system.gdtrBase);
    }

    @Test
    void sidtStoresLimitAndBase() {
        Rig rig = rig("0F 01 0B").set(Registers.RBX, 0x7000).step(1);
        assertEquals(0xFFF, rig.ram.read(0x7000, 2));
        assertEquals(Rig.IDT, rig.ram.read(0x7002, 4));
        Rig wide = Rig.longMode().code("0F 01 0B").set(Registers.RBX, 0x7000);
        wide.system.idtrBase = 0xFFFF_8000_0000_0000L;
        wide.step(1);
        assertEquals(0xFFFF_8000_0000_0000L, wide.ram.read(0x7002, 8));
    }

    @ParameterizedTest
    @CsvSource({"0F 01 0B, 1", "0F 01 03, 1", "0F 00 C0, 1", "0F 00 C8, 1", "0F 01 1B, 0", "0F 01 13, 0"})
    void umipHidesTheTablesFromProgramsAndLoadsArePrivileged(String code, int runsWithoutUmip) {
        Rig free = rig(code).inRing(3).set(Registers.RBX, 0x7000).step(1);
        assertEquals(runsWithoutUmip == 1 ? -1 : 13, free.handler());
        Rig hidden = rig(code).inRing(3).set(Registers.RBX, 0x7000);
        hidden.system.cr4 |= SystemState.UMIP;
        hidden.step(1);
        assertEquals(13, hidden.handler());
        assertEquals(0, hidden.stacked(0, 4));
    }

    @Test
    void ltrMarksTheTaskBusy() {
        Rig rig = rig("0F 00 DB").set(Registers.RBX, Rig.SPARE);
        rig.descriptor(Rig.SPARE, Descriptor.of(0x7000, 0x67, 0x89)).step(1);
        assertEquals(0x8B, rig.ram.read(Rig.GDT + Rig.SPARE + 5, 1));
        assertEquals(0x7000, rig.system.tr.base());
        assertEquals(Descriptor.BUSY_TSS_32, rig.system.tr.rights() & 0xF);
    }

    /** LLDT BX (0F 00 D3) and LTR BX (0F 00 DB) of a descriptor with these rights. */
    @ParameterizedTest
    @CsvSource({
        "0F 00 D3, 38, 82, -1, 0", "0F 00 D3, 38, 89, 13, 38", "0F 00 D3, 38, 02, 11, 38", "0F 00 D3, 3C, 82, 13, 3C",
                "0F 00 D3, 88, 82, 13, 88",
        "0F 00 DB, 38, 8B, 13, 38", "0F 00 DB, 38, 09, 11, 38", "0F 00 DB, 0, 89, 13, 0", "0F 00 DB, 38, 81, -1, 0",
                "0F 00 DB, 38, 99, 13, 38"
    })
    void tableRegistersTakeOnlyTheirType(String code, String selector, String rights, int vector, String error) {
        Rig rig = rig(code).set(Registers.RBX, Integer.parseInt(selector, 16));
        rig.descriptor(Rig.SPARE, Descriptor.of(0x7000, 0x67, Integer.parseInt(rights, 16)))
                .step(1);
        assertEquals(vector, rig.handler());
        if (vector > 0) {
            assertEquals(Integer.parseInt(error, 16), rig.stacked(0, 4));
        }
    }

    @Test
    void aNullLdtIsUnusable() {
        Rig rig = rig("0F 00 D3").set(Registers.RBX, 0).step(1);
        assertFalse(rig.system.ldtr.isUsable());
        assertEquals(Rig.CODE + 3, rig.registers.rip());
    }

    @Test
    void inLongModeTheirDescriptorsHaveSixteenBytes() {
        Rig rig = Rig.longMode().code("0F 00 DB").set(Registers.RBX, Rig.SPARE);
        rig.descriptor(Rig.SPARE, Descriptor.of(0x7000, 0x67, 0x89))
                .descriptor(Rig.SPARE + 8, 0xFFFF_8000L)
                .step(1);
        assertEquals(0xFFFF_8000_0000_7000L, rig.system.tr.base());
    }

    @Test
    void inRealModeSldtIsUndefined() {
        Rig rig = Rig.real().realGate(6, 0, 0x0600).code("0F 00 C0").step(1);
        assertEquals(0x0600, rig.registers.rip());
    }
}
