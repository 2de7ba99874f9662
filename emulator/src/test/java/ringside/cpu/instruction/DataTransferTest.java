package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RBX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDX;

import org.junit.jupiter.api.Test;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.Rig;

class DataTransferTest {
    private static final int DATA = 0x6000;

    @Test
    void thirtyTwoBitsClearTheUpperHalfAndFewerKeepIt() {
        Rig rig = Rig.longMode().assembly("mov eax, -1", "mov bx, 0x1234", "mov cl, 0x56", "mov dh, 0x78");
        for (int register : new int[] {RAX, RBX, RCX, RDX}) {
            rig.set(register, 0x1111_2222_3333_4444L);
        }
        rig.step(4);
        assertEquals(0xFFFF_FFFFL, rig.get(RAX));
        assertEquals(0x1111_2222_3333_1234L, rig.get(RBX));
        assertEquals(0x1111_2222_3333_4456L, rig.get(RCX));
        assertEquals(0x1111_2222_3333_7844L, rig.get(RDX));
    }

    @Test
    void immediatesAreSignExtendedToTheOperand() {
        Rig rig = Rig.longMode().assembly("mov rax, -2", "mov qword [0x6000], -3");
        rig.step(2);
        assertEquals(-2, rig.get(RAX));
        assertEquals(-3, rig.ram.read(DATA, 8));
    }

    @Test
    void extensionsTakeSignOrZeros() {
        Rig rig = Rig.longMode().assembly("movsx eax, bl", "movzx ecx, bx", "movsx rdx, bx", "movsxd rsi, ebx");
        rig.set(RBX, 0xFFFF_FFFF_8765_8081L).step(4);
        assertEquals(0xFFFF_FF81L, rig.get(RAX));
        assertEquals(0x8081, rig.get(RCX));
        assertEquals(0xFFFF_FFFF_FFFF_8081L, rig.get(RDX));
        assertEquals(0xFFFF_FFFF_8765_8081L, rig.get(Registers.RSI));
    }

    @Test
    void aConditionalMoveThatDoesNotHappenClearsTheUpperHalfAllTheSame() {
        Rig rig = Rig.longMode().assembly("cmovz eax, ebx", "cmovz cx, bx");
        rig.set(RAX, 0x1111_2222_3333_4444L).set(RCX, 0x1111_2222_3333_4444L).step(2);
        assertEquals(0x3333_4444L, rig.get(RAX));
        assertEquals(0x1111_2222_3333_4444L, rig.get(RCX));
    }

    @Test
    void aConditionalMoveReadsItsSourceWhetherItHappensOrNot() {
        var witness = new Witness();
        Rig rig = Rig.longMode(Gate.RINGS, witness).assembly("cmovz eax, [rbx]");
        rig.set(RBX, 0x4000_0000L).step(1);
        assertEquals(Fault.PAGE_FAULT, witness.take().orElseThrow().vector());
    }

    @Test
    void anExchangeWithItsOwnAddressRegisterUsesTheOldAddress() {
        Rig rig = Rig.protectedMode().assembly("xchg [ebx], ebx");
        rig.ram.write(DATA, 4, 0xCAFE);
        rig.set(RBX, DATA).step(1);
        assertEquals(0xCAFE, rig.get(RBX));
        assertEquals(DATA, rig.ram.read(DATA, 4));
    }

    @Test
    void ninetyWithRexBIsAnExchangeAndWithoutItNothing() {
        Rig rig = Rig.longMode().code("90 41 90 48 90");
        rig.set(RAX, -1).set(8, 0x5555_5555_5555_5555L).step(1);
        assertEquals(-1, rig.get(RAX));
        rig.step(1);
        assertEquals(0x5555_5555L, rig.get(RAX));
        assertEquals(0xFFFF_FFFFL, rig.get(8));
        rig.step(1);
        assertEquals(0x5555_5555L, rig.get(RAX));
    }

    @Test
    void exchangeAndAddOfARegisterWithItselfLeavesTheSum() {
        Rig rig = Rig.protectedMode().assembly("xadd eax, eax", "xadd [ebx], ebx");
        rig.ram.write(DATA, 4, 0xFFFF_FFFFL);
        rig.set(RAX, 21).set(RBX, DATA).step(1);
        assertEquals(42, rig.get(RAX));
        rig.step(1);
        assertEquals(DATA - 1, rig.ram.read(DATA, 4));
        assertEquals(0xFFFF_FFFFL, rig.get(RBX));
        assertTrue(rig.registers.carry());
    }

    @Test
    void compareAndExchangeStoresWhereEqualAndLoadsWhereNot() {
        Rig rig = Rig.protectedMode().assembly("cmpxchg [ebx], ecx", "cmpxchg [ebx], ecx");
        rig.ram.write(DATA, 4, 5);
        rig.set(RAX, 5).set(RBX, DATA).set(RCX, 9).step(1);
        assertTrue(rig.registers.zero());
        assertEquals(9, rig.ram.read(DATA, 4));
        rig.step(1);
        assertFalse(rig.registers.zero());
        assertTrue(rig.registers.carry());
        assertEquals(9, rig.get(RAX));
    }

    @Test
    void compareAndExchangeWritesEvenWhatItLeavesAsItWas() {
        var witness = new Witness();
        Rig rig = Rig.longMode(Gate.RINGS, witness).assembly("cmpxchg [rbx], ecx", "cmpxchg8b [rbx]");
        rig.ram.write(0x13000 + 6 * 8, 8, DATA | 5);
        rig.set(RAX, 1).set(RBX, DATA).step(1);
        assertEquals(3, witness.take().orElseThrow().errorCode());
        rig.registers.rip(Rig.CODE + 3);
        rig.step(1);
        assertEquals(3, witness.take().orElseThrow().errorCode());
    }

    @Test
    void eightBytesAreComparedInTwoRegisters() {
        Rig rig = Rig.longMode().assembly("cmpxchg8b [0x6000]", "cmpxchg8b [0x6000]");
        rig.ram.write(DATA, 8, 0x8000_0001_F000_0002L);
        rig.set(RAX, 0xDEAD_BEEF_F000_0002L).set(RDX, 0xDEAD_BEEF_8000_0001L);
        rig.set(RBX, 0x77).set(RCX, 0x88).flag(Registers.CARRY).step(1);
        assertTrue(rig.registers.zero());
        assertTrue(rig.registers.carry());
        assertEquals(0x88_0000_0077L, rig.ram.read(DATA, 8));
        rig.step(1);
        assertFalse(rig.registers.zero());
        assertEquals(0x77, rig.get(RAX));
        assertEquals(0x88, rig.get(RDX));
    }

    @Test
    void sixteenBytesMustBeAligned() {
        var witness = new Witness();
        Rig rig = Rig.longMode(Gate.RINGS, witness).assembly("cmpxchg16b [rsi]", "cmpxchg16b [rsi + 8]");
        rig.ram.write(DATA, 8, 1);
        rig.ram.write(DATA + 8, 8, 2);
        rig.set(Registers.RSI, DATA)
                .set(RAX, 1)
                .set(RDX, 2)
                .set(RBX, 3)
                .set(RCX, 4)
                .step(1);
        assertEquals(3, rig.ram.read(DATA, 8));
        assertEquals(4, rig.ram.read(DATA + 8, 8));
        rig.step(1);
        assertEquals(Fault.GENERAL_PROTECTION, witness.take().orElseThrow().vector());
    }

    @Test
    void bytesAreSwapped() {
        Rig rig = Rig.longMode().assembly("bswap eax", "bswap rbx").bytes(Rig.CODE + 5, "66 0F C9");
        rig.set(RAX, 0x9988_7766_1122_3344L).set(RBX, 0x1122_3344_5566_7788L).set(RCX, 0xAAAA_BBBBL);
        rig.step(3);
        assertEquals(0x4433_2211L, rig.get(RAX));
        assertEquals(0x8877_6655_4433_2211L, rig.get(RBX));
        assertEquals(0xAAAA_0000L, rig.get(RCX));
    }

    @Test
    void theAccumulatorIsExtendedWithinItselfAndIntoDx() {
        Rig rig = Rig.longMode().assembly("cbw", "cwde", "cdqe", "cqo");
        rig.set(RAX, 0x80).step(1);
        assertEquals(0xFF80, rig.get(RAX));
        rig.step(1);
        assertEquals(0xFFFF_FF80L, rig.get(RAX));
        rig.step(1);
        assertEquals(-0x80, rig.get(RAX));
        rig.step(1);
        assertEquals(-1, rig.get(RDX));
    }

    @Test
    void anAddressIsAsWideAsTheAddressSizeAndCutToTheOperand() {
        Rig rig = Rig.longMode()
                .assembly("lea rax, [ebx + ecx * 4 + 1]", "lea dx, [rbx + 0x12345]", "lea rsi, [rel $ + 7]");
        rig.set(RBX, 0x1_FFFF_FFFFL).set(RCX, 2).set(RDX, 0xFFFF_0000L).step(3);
        assertEquals(8, rig.get(RAX));
        assertEquals(0xFFFF_2344L, rig.get(RDX));
        assertEquals(rig.registers.rip(), rig.get(Registers.RSI));
    }

    @Test
    void aTableIsLookedUpInTheOverridingSegmentAndWithinTheAddressSize() {
        Rig rig = Rig.real().assembly("es xlatb");
        rig.system.segments[0].loadRealMode(0x600);
        rig.ram.write(DATA + 5, 1, 0x42);
        rig.set(RBX, 0xFFFF).set(RAX, 0xAB06).step(1);
        assertEquals(0xAB42, rig.get(RAX));
    }

    @Test
    void offsetsInTheInstructionAreAsWideAsTheAddressSize() {
        Rig rig = Rig.longMode().code("A1 00 60 00 00 00 00 00 00 67 48 A3 08 60 00 00");
        rig.ram.write(DATA, 4, 0x1234_5678L);
        rig.set(RAX, -1).step(2);
        assertEquals(0x1234_5678L, rig.get(RAX));
        assertEquals(0x1234_5678L, rig.ram.read(DATA + 8, 8));
    }
}
