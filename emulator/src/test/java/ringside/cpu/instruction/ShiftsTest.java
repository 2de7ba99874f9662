package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static ringside.cpu.Registers.ARITHMETIC;
import static ringside.cpu.Registers.CARRY;
import static ringside.cpu.Registers.OVERFLOW;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.ZERO;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Rig;

class ShiftsTest {
    /** RAX before, CL, carry before; RAX after, carry after. RBX is 0x5555…. */
    @ParameterizedTest
    @CsvSource({
        "'shl al, cl', 81, 1, 0, 2, 1",
        "'shl al, cl', 81, 8, 0, 0, 1",
        "'shl al, cl', 81, 9, 1, 0, 0",
        "'shl ax, cl', 8001, 10, 0, 0, 1",
        "'shl eax, cl', FFFFFFFFFFFFFFFF, 1F, 0, 80000000, 1",
        "'shl rax, cl', 3, 3F, 0, 8000000000000000, 1",
        "'shr al, cl', 81, 1, 0, 40, 1",
        "'shr al, cl', 81, 8, 0, 0, 1",
        "'shr rax, cl', 8000000000000000, 3F, 1, 1, 0",
        "'sar al, cl', 81, 1F, 0, FF, 1",
        "'sar ax, cl', 7FFF, 1F, 1, 0, 0",
        "'sar rax, cl', 8000000000000001, 3F, 1, FFFFFFFFFFFFFFFF, 0",
        "'rol al, cl', 81, 9, 0, 3, 1",
        "'rol al, cl', 81, 8, 0, 81, 1",
        "'rol eax, cl', FFFFFFFF80000000, 1, 0, 1, 1",
        "'ror al, cl', 81, 1, 0, C0, 1",
        "'ror ax, cl', 8001, 10, 0, 8001, 1",
        "'rcl al, cl', 80, 1, 1, 1, 1",
        "'rcl al, cl', 80, 9, 1, 80, 1",
        "'rcl al, cl', 81, 8, 0, 40, 1",
        "'rcl rax, cl', 1, 3F, 1, C000000000000000, 0",
        "'rcr al, cl', 1, 1, 1, 80, 1",
        "'rcr ax, cl', 1, 11, 0, 1, 0",
        "'rcr rax, cl', 8000000000000000, 3F, 0, 1, 0",
        "'shld ax, bx, cl', 1234, 4, 0, 2345, 1",
        "'shld ax, bx, cl', 1234, 14, 0, 5551, 1",
        "'shrd ax, bx, cl', 1234, 4, 0, 5123, 0",
        "'shrd ax, bx, cl', 1234, 14, 0, 4555, 0",
        "'shld rax, rbx, cl', 1, 3F, 0, AAAAAAAAAAAAAAAA, 0",
        "'shrd eax, ebx, cl', FFFFFFFF00000010, 5, 0, A8000000, 1",
    })
    void bitsGoOutThroughTheCarry(String line, String before, String count, int carryIn, String after, int carryOut) {
        Rig rig = Rig.longMode().assembly(line);
        rig.registers.flag(CARRY, carryIn != 0);
        rig.set(RAX, Long.parseUnsignedLong(before, 16)).set(RCX, Long.parseLong(count, 16));
        rig.set(RBX, 0x5555_5555_5555_5555L).step(1);
        assertEquals(after, Long.toHexString(rig.get(RAX)).toUpperCase(java.util.Locale.ROOT));
        assertEquals(carryOut != 0, rig.registers.carry());
    }

    @ParameterizedTest
    @CsvSource({"shl", "shr", "sar", "rol", "ror", "rcl", "rcr"})
    void aCountOfNothingKeepsTheFlagsButClearsTheUpperHalf(String mnemonic) {
        for (int flags : new int[] {0, ARITHMETIC}) {
            Rig rig = Rig.longMode().assembly(mnemonic + " eax, cl");
            rig.cpu.flags(flags, ARITHMETIC);
            rig.set(RAX, 0x1_8000_0001L).set(RCX, 0x20).step(1);
            assertEquals(0x8000_0001L, rig.get(RAX));
            assertEquals(flags, rig.registers.flags() & ARITHMETIC);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "shl, 40, true", "shl, C0, false", "shr, 80, true", "shr, 40, false", "sar, 80, false", "rol, 40, true",
        "rol, C0, false", "ror, 1, true", "ror, 81, false", "rcl, 40, true", "rcr, 80, true", "rcr, 40, false"
    })
    void overflowTellsWhetherTheSignHasChanged(String mnemonic, String value, boolean overflow) {
        Rig rig = Rig.protectedMode().assembly(mnemonic + " al, 1");
        rig.cpu.flags(overflow ? 0 : OVERFLOW, ARITHMETIC);
        rig.set(RAX, Integer.parseInt(value, 16)).step(1);
        assertEquals(overflow, rig.registers.overflow());
    }

    @Test
    void rotationsLeaveZeroAndSignAlone() {
        Rig rig = Rig.protectedMode().assembly("rol al, 4", "ror byte [0x6000], 1");
        rig.set(RAX, 0x12).flag(ZERO).step(2);
        assertEquals(ZERO, rig.registers.flags() & ZERO);
        assertEquals(0x21, rig.get(RAX));
    }
}
