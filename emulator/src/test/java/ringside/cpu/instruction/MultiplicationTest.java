package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RDX;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.Rig;

class MultiplicationTest {
    private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

    private final Witness witness = new Witness();

    private static BigInteger unsigned(long value) {
        return BigInteger.valueOf(value).mod(TWO_64);
    }

    /** Numbers of all lengths, since those at the edges are the interesting ones. */
    private static long next(Random random) {
        return random.nextLong() >> random.nextInt(64);
    }

    @Test
    void wideProductsAgreeWithLongArithmetic() {
        Rig rig = Rig.longMode().assembly("mul rbx", "imul rbx");
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            long a = next(random);
            long b = next(random);
            rig.registers.rip(Rig.CODE);
            rig.set(RAX, a).set(RBX, b).step(1);
            BigInteger product = unsigned(a).multiply(unsigned(b));
            assertEquals(product.longValue(), rig.get(RAX));
            assertEquals(product.shiftRight(64).longValue(), rig.get(RDX));
            assertEquals(product.bitLength() > 64, rig.registers.carry());
            rig.set(RAX, a).step(1);
            BigInteger signed = BigInteger.valueOf(a).multiply(BigInteger.valueOf(b));
            assertEquals(signed.longValue(), rig.get(RAX));
            assertEquals(signed.shiftRight(64).longValue(), rig.get(RDX));
            assertEquals(signed.bitLength() > 63, rig.registers.overflow());
        }
    }

    @Test
    void wideUnsignedQuotientsAgreeWithLongArithmetic() {
        Rig rig = Rig.longMode(Gate.RINGS, witness).assembly("div rbx");
        var random = new Random(2);
        int faults = 0;
        for (int i = 0; i < 20_000; i++) {
            long high = next(random);
            long low = next(random);
            long divisor = next(random);
            rig.registers.rip(Rig.CODE);
            rig.set(RDX, high).set(RAX, low).set(RBX, divisor).step(1);
            if (Long.compareUnsigned(high, divisor) >= 0) {
                assertEquals(Fault.DIVIDE_ERROR, witness.take().orElseThrow().vector());
                faults++;
                continue;
            }
            BigInteger[] expected =
                    unsigned(high).shiftLeft(64).add(unsigned(low)).divideAndRemainder(unsigned(divisor));
            assertEquals(expected[0].longValue(), rig.get(RAX));
            assertEquals(expected[1].longValue(), rig.get(RDX));
        }
        assertTrue(faults > 1_000 && faults < 19_000);
    }

    @Test
    void wideSignedQuotientsAgreeWithLongArithmetic() {
        Rig rig = Rig.longMode(Gate.RINGS, witness).assembly("idiv rbx");
        var random = new Random(3);
        int faults = 0;
        for (int i = 0; i < 20_000; i++) {
            long high = random.nextBoolean() ? next(random) : random.nextInt(3) - 1;
            long low = next(random);
            long divisor = next(random);
            rig.registers.rip(Rig.CODE);
            rig.set(RDX, high).set(RAX, low).set(RBX, divisor).step(1);
            BigInteger dividend = BigInteger.valueOf(high).shiftLeft(64).add(unsigned(low));
            if (divisor == 0 || dividend.divide(BigInteger.valueOf(divisor)).bitLength() > 63) {
                assertEquals(Fault.DIVIDE_ERROR, witness.take().orElseThrow().vector());
                assertEquals(high, rig.get(RDX));
                faults++;
                continue;
            }
            BigInteger[] expected = dividend.divideAndRemainder(BigInteger.valueOf(divisor));
            assertEquals(expected[0].longValue(), rig.get(RAX));
            assertEquals(expected[1].longValue(), rig.get(RDX));
        }
        assertTrue(faults > 1_000 && faults < 19_000);
    }

    @ParameterizedTest
    @CsvSource({
        "div bl, 7FFF, 0, 80, 7FFF, 0",
        "idiv bl, 8000, 0, 1, -1, 0",
        "idiv bl, C080, 0, 80, 7F, 0",
        "idiv bx, 0, 8000, 8000, -1, 0",
        "idiv bx, 0, 8000, FFFF, -1, 0",
        "idiv ebx, 80000000, FFFFFFFF, FFFFFFFF, -1, 0",
        "idiv ebx, 80000000, FFFFFFFF, 1, 80000000, 0",
        "div ebx, 5, 1, 2, 80000002, 1",
        "div ebx, 5, 0, 0, -1, 0",
    })
    void quotientsAtTheEdgesFitOrFault(
            String line, String ax, String dx, String bx, String quotient, String remainder) {
        Rig rig = Rig.longMode(Gate.RINGS, witness).assembly(line);
        rig.set(RAX, Long.parseLong(ax, 16)).set(RDX, Long.parseLong(dx, 16)).set(RBX, Long.parseLong(bx, 16));
        rig.step(1);
        if (quotient.equals("-1")) {
            assertEquals(Fault.DIVIDE_ERROR, witness.take().orElseThrow().vector());
            assertEquals(Long.parseLong(ax, 16), rig.get(RAX));
        } else {
            assertEquals(Long.parseLong(quotient, 16), rig.get(RAX));
            assertEquals(Long.parseLong(remainder, 16), rig.get(RDX));
        }
    }

    @Test
    void productsOfBytesGoToAx() {
        Rig rig = Rig.protectedMode().assembly("mul bl", "imul bl");
        rig.set(RAX, 0x1234_00F0L).set(RBX, 0xFF).set(RDX, 7).step(1);
        assertEquals(0x1234_EF10L, rig.get(RAX));
        assertEquals(7, rig.get(RDX));
        assertTrue(rig.registers.carry());
        rig.set(RAX, 0xF0).step(1);
        assertEquals(0x10, rig.get(RAX));
        assertFalse(rig.registers.carry());
    }

    @Test
    void shortProductsTellWhetherTheyWereCut() {
        Rig rig = Rig.longMode().assembly("imul cx, bx, -2", "imul ecx, ebx", "imul rcx, rbx, 3");
        rig.set(RBX, 0x4001).set(Registers.RCX, 0x10_0000).step(1);
        assertEquals(0x10_7FFE, rig.get(Registers.RCX));
        assertTrue(rig.registers.overflow());
        rig.set(Registers.RCX, 0x1_0000_0002L).step(1);
        assertEquals(0x8002, rig.get(Registers.RCX));
        assertFalse(rig.registers.overflow());
        rig.step(1);
        assertEquals(0xC003, rig.get(Registers.RCX));
    }
}
