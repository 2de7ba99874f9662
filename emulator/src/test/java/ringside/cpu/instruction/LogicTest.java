package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Registers;
import ringside.cpu.Rig;

class LogicTest {
    @ParameterizedTest
    @CsvSource({
        "\'and al, bl\', F0, 3C, 30",
        "\'or al, bl\', F0, 3C, FC",
        "\'xor al, bl\', F0, 3C, CC",
        "\'and rax, rbx\', F000000000000000, FFFFFFFFFFFFFFFF, F000000000000000",
        "\'or eax, ebx\', FFFFFFFF00000000, 1, 1",
    })
    void bitsAreCombined(String line, String a, String b, String expected) {
        Rig rig = Rig.longMode().assembly(line);
        rig.set(RAX, Long.parseUnsignedLong(a, 16)).set(RBX, Long.parseUnsignedLong(b, 16));
        rig.step(1);
        assertEquals(Long.parseUnsignedLong(expected, 16), rig.get(RAX));
    }

    @Test
    void carryAndOverflowAreClearedAndTheOthersFollowTheResult() {
        Rig rig = Rig.longMode().assembly("xor eax, eax", "or bl, 0x80", "test bl, 0x81");
        rig.flag(ARITHMETIC).step(1);
        assertEquals(ZERO | PARITY, rig.registers.flags() & ARITHMETIC);
        rig.flag(CARRY | OVERFLOW | ADJUST).step(1);
        assertEquals(SIGN, rig.registers.flags() & ARITHMETIC);
        rig.step(1);
        assertEquals(SIGN, rig.registers.flags() & ARITHMETIC);
        assertEquals(0x80, rig.get(RBX));
    }

    @Test
    void complementingChangesNoFlags() {
        Rig rig = Rig.longMode().assembly("not eax", "not byte [0x6000]");
        rig.flag(ARITHMETIC).step(2);
        assertEquals(0xFFFF_FFFFL, rig.get(RAX));
        assertEquals(0xFF, rig.ram.read(0x6000, 2));
        assertEquals(ARITHMETIC, rig.registers.flags() & ARITHMETIC);
    }

    /** Each condition by all flags that it asks: SDM 1, EFLAGS Condition Codes. */
    @Test
    void aByteIsSetByEachCondition() {
        for (int flags = 0; flags < 32; flags++) {
            boolean c = (flags & 1) != 0;
            boolean z = (flags & 2) != 0;
            boolean s = (flags & 4) != 0;
            boolean o = (flags & 8) != 0;
            boolean p = (flags & 16) != 0;
            boolean[] expected = {o, c, z, c || z, s, p, s != o, z || s != o};
            int image = (c ? CARRY : 0) | (z ? ZERO : 0) | (s ? SIGN : 0) | (o ? OVERFLOW : 0) | (p ? PARITY : 0);
            for (int condition = 0; condition < 16; condition++) {
                Rig rig = Rig.real();
                rig.ram.write(Rig.CODE, 4, 0xC0_900FL + (condition << 8));
                rig.cpu.flags(image, ARITHMETIC);
                rig.set(RAX, 0xAA55).step(1);
                boolean set = expected[condition >> 1] == (condition % 2 == 0);
                assertEquals(set ? 0xAA01 : 0xAA00, rig.get(RAX), "condition " + condition + " flags " + flags);
            }
        }
    }

    @Test
    void theLazyFlagsAndTheStoredOnesAreTheSame() {
        Rig rig = Rig.protectedMode().assembly("cmp al, bl", "lahf");
        rig.set(RAX, 1).set(RBX, 2).step(1);
        Registers.State saved = rig.registers.save();
        assertTrue(rig.registers.carry());
        rig.registers.restore(saved);
        assertTrue(rig.registers.condition(2));
        assertTrue(rig.registers.condition(12));
        assertEquals(saved, rig.registers.save());
    }
}
