package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RCX;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.Rig;

class BitsTest {
    private static final int DATA = 0x6000;

    /** Where the byte with the bit lies, in bytes from the operand, and which bit of it. */
    @ParameterizedTest
    @CsvSource({
        "'bts [rbx], eax', 0, 0, 0",
        "'bts [rbx], eax', 37, 4, 5",
        "'bts [rbx], eax', -1, -1, 7",
        "'bts [rbx], eax', -33, -5, 7",
        "'bts [rbx], ax', 65535, -1, 7",
        "'bts [rbx], ax', 32767, 4095, 7",
        "'bts [rbx], rax', -64, -8, 0",
    })
    void aRegisterReachesFarIntoAStringOfBits(String line, long number, long where, int bit) {
        Rig rig = Rig.longMode().assembly(line);
        rig.set(RBX, DATA).set(RAX, number).step(1);
        assertEquals(1 << bit, rig.ram.read(DATA + where, 1));
        assertFalse(rig.registers.carry());
        rig.registers.rip(Rig.CODE);
        rig.step(1);
        assertTrue(rig.registers.carry());
    }

    @Test
    void aSixtyFourBitNumberReachesFurtherThanMemory() {
        var witness = new Witness();
        Rig rig = Rig.longMode(Gate.RINGS, witness).assembly("bt [rbx], rax");
        rig.set(RBX, DATA).set(RAX, 0xFFFF_FFFFL).step(1);
        assertEquals(DATA + 0x1FFF_FFF8L, witness.take().orElseThrow().address());
    }

    @Test
    void anImmediateIsTakenModuloTheOperandSize() {
        Rig rig =
                Rig.protectedMode().assembly("bts dword [0x6000], 33", "btc dword [0x6000], 1", "btr word [0x6000], 2");
        rig.ram.write(DATA, 4, 4);
        rig.step(1);
        assertEquals(6, rig.ram.read(DATA, 8));
        rig.step(1);
        assertEquals(4, rig.ram.read(DATA, 8));
        assertTrue(rig.registers.carry());
        rig.step(1);
        assertEquals(0, rig.ram.read(DATA, 8));
    }

    @Test
    void aRegisterOperandTakesTheNumberModuloItsSize() {
        Rig rig = Rig.longMode().assembly("bts rax, rcx", "bt eax, ecx", "btr ax, cx");
        rig.set(RCX, 64 + 40).step(1);
        assertEquals(1L << 40, rig.get(RAX));
        rig.set(RAX, 0x1100).step(1);
        assertTrue(rig.registers.carry());
        rig.step(1);
        assertEquals(0x1000, rig.get(RAX));
    }

    @Test
    void onlyTheCarryChanges() {
        Rig rig = Rig.protectedMode().assembly("bt eax, 3").flag(Registers.ARITHMETIC);
        rig.step(1);
        assertEquals(Registers.ARITHMETIC & ~Registers.CARRY, rig.registers.flags() & Registers.ARITHMETIC);
    }

    @Test
    void scansFindTheLowestAndTheHighestBit() {
        Rig rig = Rig.longMode().assembly("bsf eax, ebx", "bsr rcx, rbx");
        rig.set(RBX, 0x0080_0000_0000_0100L).step(2);
        assertEquals(8, rig.get(RAX));
        assertEquals(55, rig.get(RCX));
        assertFalse(rig.registers.zero());
    }

    @Test
    void aScanOfNothingSetsZeroAndLeavesTheDestination() {
        Rig rig = Rig.longMode().assembly("bsf eax, ebx", "bsr rcx, rbx");
        rig.set(RAX, -5).set(RCX, -6).step(2);
        assertTrue(rig.registers.zero());
        assertEquals(-5, rig.get(RAX));
        assertEquals(-6, rig.get(RCX));
    }
}
