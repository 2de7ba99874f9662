package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static ringside.mmu.Descriptor.CALL_GATE_32;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.mmu.Descriptor;

class AccessChecksTest {
    private static final String LAR = "0F 02 C3";
    private static final String LSL = "0F 03 C3";
    private static final String VERR = "0F 00 E3";
    private static final String VERW = "0F 00 EB";

    /** In ring 3: selector, then ZF after LAR, LSL, VERR and VERW. */
    @ParameterizedTest
    @CsvSource({
        "a null selector,          3, 0, 0, 0, 0", "data of ring 3,          23, 1, 1, 1, 1",
                "code of ring 3,      1B, 1, 1, 1, 0",
        "data of ring 0,          13, 0, 0, 0, 0", "conforming code,         4B, 1, 1, 1, 0",
                "beyond the table,   8B, 0, 0, 0, 0",
        "a call gate of ring 3,   3B, 1, 0, 0, 0", "a TSS of ring 0,         2B, 0, 0, 0, 0",
                "an interrupt gate,  43, 0, 0, 0, 0"
    })
    void zeroFlagSaysWhatTheRingMayKnow(String target, String selector, int lar, int lsl, int verr, int verw) {
        int[] expected = {lar, lsl, verr, verw};
        String[] codes = {LAR, LSL, VERR, VERW};
        for (int i = 0; i < 4; i++) {
            Rig rig = Rig.protectedMode().code(codes[i]).inRing(3).set(Registers.RBX, Integer.parseInt(selector, 16));
            rig.descriptor(Rig.SPARE, Rig.gateDescriptor(CALL_GATE_32, 3, Rig.CODE_0, 0));
            rig.descriptor(Rig.SPARE + 8, Rig.gateDescriptor(INTERRUPT_GATE_32, 3, Rig.CODE_0, 0));
            rig.step(1);
            assertEquals(expected[i] == 1, rig.registers.zero(), target + ", " + codes[i]);
        }
    }

    @Test
    void larAndLslGiveRightsAndLimit() {
        Rig rig = Rig.protectedMode().code(LAR + LSL).set(Registers.RBX, Rig.SPARE);
        rig.descriptor(Rig.SPARE, Descriptor.of(0x1234_5678L, 0x5, 0x8092)).step(1);
        assertEquals(0x0080_9200L, rig.get(Registers.RAX));
        rig.step(1);
        assertEquals(0x5FFF, rig.get(Registers.RAX));
    }

    @Test
    void arplRaisesOnly() {
        Rig rig = Rig.protectedMode().code("63 D8 63 C8");
        rig.set(Registers.RAX, 0x11)
                .set(Registers.RBX, 0x1B)
                .set(Registers.RCX, 2)
                .step(1);
        assertEquals(0x13, rig.get(Registers.RAX));
        assertEquals(true, rig.registers.zero());
        rig.step(1);
        assertEquals(0x13, rig.get(Registers.RAX));
        assertEquals(false, rig.registers.zero());
    }

    @Test
    void inRealModeTheyAreUndefined() {
        for (String code : new String[] {LAR, LSL, VERR, VERW, "63 D8"}) {
            Rig rig = Rig.real().realGate(6, 0, 0x0600).code(code).step(1);
            assertEquals(0x0600, rig.registers.rip(), code);
        }
    }
}
