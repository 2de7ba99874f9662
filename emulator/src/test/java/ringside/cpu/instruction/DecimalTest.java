package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;

import org.junit.jupiter.api.Test;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Rig;

class DecimalTest {
    private static int packed(int number) {
        return number / 10 << 4 | number % 10;
    }

    @Test
    void packedSumsAndDifferencesAreCorrectedToDecimals() {
        Rig rig = Rig.protectedMode().assembly("add al, bl", "daa", "sub al, bl", "das");
        for (int a = 0; a < 100; a++) {
            for (int b = 0; b < 100; b++) {
                rig.registers.rip(Rig.CODE);
                rig.set(RAX, packed(a)).set(RBX, packed(b)).step(2);
                assertEquals(packed((a + b) % 100), rig.get(RAX));
                assertEquals(a + b > 99, rig.registers.carry());
                rig.set(RAX, packed(a)).step(2);
                assertEquals(packed((a - b + 100) % 100), rig.get(RAX));
                assertEquals(a < b, rig.registers.carry());
            }
        }
    }

    @Test
    void unpackedSumsAndDifferencesCarryIntoAh() {
        Rig rig = Rig.protectedMode().assembly("add al, bl", "aaa", "sub al, bl", "aas");
        for (int a = 0; a < 10; a++) {
            for (int b = 0; b < 10; b++) {
                rig.registers.rip(Rig.CODE);
                rig.set(RAX, 0x500 | a).set(RBX, b).step(2);
                assertEquals(0x500 + ((a + b) / 10 << 8 | (a + b) % 10), rig.get(RAX));
                assertEquals(a + b > 9, rig.registers.carry());
                assertEquals(a + b > 9, rig.registers.adjust());
                rig.set(RAX, 0x500 | a).step(2);
                assertEquals((a < b ? 0x400 : 0x500) | (a - b + 10) % 10, rig.get(RAX));
                assertEquals(a < b, rig.registers.carry());
            }
        }
    }

    @Test
    void digitsAreTakenApartAndPutTogetherInAnyBase() {
        Rig rig = Rig.protectedMode().assembly("aam", "aad", "aam 16", "aad 16");
        rig.set(RAX, 97).step(1);
        assertEquals(0x0907, rig.get(RAX));
        rig.step(1);
        assertEquals(97, rig.get(RAX));
        rig.step(1);
        assertEquals(0x0601, rig.get(RAX));
        rig.step(1);
        assertEquals(97, rig.get(RAX));
    }

    @Test
    void baseZeroIsADivideError() {
        var witness = new Witness();
        Rig.protectedMode(Gate.RINGS, witness).assembly("aam 0").step(1);
        assertEquals(Fault.DIVIDE_ERROR, witness.take().orElseThrow().vector());
    }

    @Test
    void longModeHasNoDecimals() {
        var witness = new Witness();
        Rig.longMode(Gate.RINGS, witness).code("27").step(1);
        assertEquals(Fault.INVALID_OPCODE, witness.take().orElseThrow().vector());
        assertTrue(witness.take().isEmpty());
    }
}
