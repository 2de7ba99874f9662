package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.ADJUST;
import static ringside.cpu.Registers.ARITHMETIC;
import static ringside.cpu.Registers.CARRY;
import static ringside.cpu.Registers.OVERFLOW;
import static ringside.cpu.Registers.PARITY;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.SIGN;
import static ringside.cpu.Registers.ZERO;

import org.junit.jupiter.api.Test;
import ringside.cpu.Registers;
import ringside.cpu.Rig;

class ArithmeticTest {
    /** What SDM 1, Status Flags, says of a sum or difference of bytes. */
    private static int flags(int result, int adjusted, int carried, int signed) {
        return ((carried & 0x100) != 0 ? CARRY : 0)
                | (Integer.bitCount(result & 0xFF) % 2 == 0 ? PARITY : 0)
                | ((adjusted & 0x10) != 0 ? ADJUST : 0)
                | ((result & 0xFF) == 0 ? ZERO : 0)
                | ((result & 0x80) != 0 ? SIGN : 0)
                | (signed != (byte) signed ? OVERFLOW : 0);
    }

    private static void check(String line, int sign, boolean withCarry) {
        Rig rig = Rig.protectedMode().assembly(line);
        for (int a = 0; a < 256; a++) {
            for (int b = 0; b < 256; b++) {
                for (int carry = 0; carry < 2; carry++) {
                    rig.registers.rip(Rig.CODE);
                    rig.set(RAX, a).set(RBX, b);
                    rig.registers.flag(CARRY, carry != 0);
                    rig.step(1);
                    int c = withCarry ? carry : 0;
                    int result = a + sign * (b + c);
                    int nibbles = (a & 15) + sign * ((b & 15) + c);
                    int expected = flags(result, nibbles, result, (byte) a + sign * ((byte) b + c));
                    assertEquals(result & 0xFF, rig.get(RAX));
                    assertEquals(expected, rig.registers.flags() & ARITHMETIC, line + " of " + a + ", " + b);
                }
            }
        }
    }

    @Test
    void everySumOfBytesHasTheFlagsOfTheManual() {
        check("add al, bl", 1, false);
        check("adc al, bl", 1, true);
    }

    @Test
    void everyDifferenceOfBytesHasTheFlagsOfTheManual() {
        check("sub al, bl", -1, false);
        check("sbb al, bl", -1, true);
    }

    @Test
    void comparingChangesNothingButFlags() {
        Rig rig = Rig.longMode().assembly("cmp rax, rbx");
        rig.set(RAX, 1L << 63).set(RBX, 1).step(1);
        assertEquals(1L << 63, rig.get(RAX));
        assertTrue(rig.registers.overflow());
        assertFalse(rig.registers.sign());
        assertFalse(rig.registers.carry());
    }

    @Test
    void countingUpAndDownKeepsTheCarry() {
        Rig rig = Rig.protectedMode().assembly("inc al", "dec al", "dec bl");
        rig.set(RAX, 0xFF).set(RBX, 0x80).flag(CARRY).step(1);
        assertTrue(rig.registers.zero());
        assertTrue(rig.registers.carry());
        assertFalse(rig.registers.overflow());
        rig.registers.flag(CARRY, false);
        rig.step(1);
        assertFalse(rig.registers.carry());
        assertTrue(rig.registers.sign());
        rig.step(1);
        assertTrue(rig.registers.overflow());
        assertEquals(0x7F, rig.get(RBX));
    }

    @Test
    void negatingSetsCarryUnlessItIsZero() {
        Rig rig = Rig.longMode().assembly("neg eax", "neg ebx", "neg cx");
        rig.set(RAX, 0)
                .set(RBX, 0xFFFF_FFFF_8000_0000L)
                .set(Registers.RCX, 0x1_0001)
                .step(1);
        assertFalse(rig.registers.carry());
        assertTrue(rig.registers.zero());
        rig.step(1);
        assertTrue(rig.registers.carry());
        assertTrue(rig.registers.overflow());
        assertEquals(0x8000_0000L, rig.get(RBX));
        rig.step(1);
        assertEquals(0x1_FFFF, rig.get(Registers.RCX));
    }

    @Test
    void aByteImmediateIsSignExtended() {
        Rig rig = Rig.longMode().assembly("add rax, -1", "sub ebx, -1");
        rig.set(RAX, 5).set(RBX, 0xFFFF_FFFFL).step(2);
        assertEquals(4, rig.get(RAX));
        assertEquals(0, rig.get(RBX));
        assertTrue(rig.registers.zero());
        assertFalse(rig.registers.carry());
    }

    @Test
    void aLockedAdditionChangesMemory() {
        Rig rig = Rig.longMode().assembly("lock add qword [0x6000], 2");
        rig.ram.write(0x6000, 8, -1);
        rig.step(1);
        assertEquals(1, rig.ram.read(0x6000, 8));
        assertTrue(rig.registers.carry());
    }
}
