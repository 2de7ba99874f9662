package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.Registers.RAX;
import static ringside.cpu.Registers.RCX;
import static ringside.cpu.Registers.RDI;
import static ringside.cpu.Registers.RSI;

import org.junit.jupiter.api.Test;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;

class StringsTest {
    private static final int FROM = 0x6000;
    private static final int TO = 0x7000;

    private static Rig copying(Rig rig, String line, int count) {
        rig.assembly(line).bytes(FROM, "11 22 33 44 55 66 77 88");
        return rig.set(RSI, FROM).set(RDI, TO).set(RCX, count);
    }

    @Test
    void eachIterationIsOneStepAndOneUnitOfTime() {
        Rig rig = copying(Rig.protectedMode(), "rep movsb", 3);
        for (int left = 2; left > 0; left--) {
            rig.step(1);
            assertEquals(Rig.CODE, rig.registers.rip());
            assertEquals(left, rig.get(RCX));
        }
        rig.step(1);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        assertEquals(3, rig.clock.now());
        assertEquals(0x33_2211, rig.ram.read(TO, 4));
    }

    @Test
    void aCountOfZeroIsOneInstructionThatDoesNothing() {
        Rig rig = copying(Rig.protectedMode(), "rep movsd", 0);
        rig.step(1);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        assertEquals(1, rig.clock.now());
        assertEquals(0, rig.ram.read(TO, 4));
        assertEquals(FROM, rig.get(RSI));
    }

    @Test
    void withoutAPrefixTheCountDoesNotMatter() {
        Rig rig = copying(Rig.longMode(), "movsq", 0);
        rig.step(1);
        assertEquals(0x8877_6655_4433_2211L, rig.ram.read(TO, 8));
        assertEquals(0, rig.get(RCX));
        assertEquals(FROM + 8, rig.get(RSI));
    }

    @Test
    void theDirectionFlagTurnsThemRound() {
        Rig rig = copying(Rig.protectedMode(), "rep movsw", 2);
        rig.flag(Registers.DIRECTION).set(RSI, FROM + 2).step(2);
        assertEquals(0x4433, rig.ram.read(TO, 2));
        assertEquals(0x2211, rig.ram.read(TO - 2, 2));
        assertEquals(TO - 4, rig.get(RDI));
    }

    @Test
    void theAddressSizeSaysHowMuchOfTheRegistersCounts() {
        Rig rig = copying(Rig.protectedMode(), "a16 rep stosb", 0x5_0002);
        rig.set(RDI, 0x1234_FFFFL).set(RAX, 0xEE).step(2);
        assertEquals(Rig.CODE + 3, rig.registers.rip());
        assertEquals(0x5_0000, rig.get(RCX));
        assertEquals(0x1234_0001L, rig.get(RDI));
        assertEquals(0xEE, rig.ram.read(0xFFFF, 1));
        assertEquals(0xEE, rig.ram.read(0, 1));
    }

    @Test
    void thirtyTwoBitAddressesInLongModeClearTheUpperHalves() {
        Rig rig = copying(Rig.longMode(), "a32 lodsd", 0);
        rig.set(RSI, 0xFFFF_FFFF_0000_6000L).set(RAX, -1).step(1);
        assertEquals(FROM + 4, rig.get(RSI));
        assertEquals(0x4433_2211L, rig.get(RAX));
    }

    @Test
    void onlyTheSourceHasAnotherSegment() {
        Rig rig = copying(Rig.real(), "es movsb", 0);
        rig.system.segments[SystemState.ES].loadRealMode(0x10);
        rig.bytes(FROM + 0x100, "99").step(1);
        assertEquals(0x99, rig.ram.read(TO + 0x100, 1));
    }

    @Test
    void comparingEndsWhereTheFlagSaysAndKeepsTheDifference() {
        Rig rig = copying(Rig.protectedMode(), "repe cmpsb", 8);
        rig.bytes(TO, "11 22 99").step(3);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        assertEquals(5, rig.get(RCX));
        assertEquals(FROM + 3, rig.get(RSI));
        assertFalse(rig.registers.zero());
        assertTrue(rig.registers.carry());
    }

    @Test
    void scanningForAByteStopsBehindIt() {
        Rig rig = copying(Rig.protectedMode(), "repne scasb", 8);
        rig.set(RDI, FROM).set(RAX, 0x44).step(4);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        assertEquals(FROM + 4, rig.get(RDI));
        assertEquals(4, rig.get(RCX));
        assertTrue(rig.registers.zero());
    }

    @Test
    void completedIterationsStayWhenOneFaults() {
        var witness = new Witness();
        Rig rig = copying(Rig.longMode(Gate.RINGS, witness), "rep stosb", 5);
        rig.set(RDI, 0x1F_FFFEL).step(3);
        assertEquals(Fault.PAGE_FAULT, witness.take().orElseThrow().vector());
        assertEquals(3, rig.get(RCX));
        assertEquals(0x20_0000, rig.get(RDI));
        assertEquals(Rig.CODE, rig.registers.rip());
    }

    @Test
    void anInterruptComesBetweenIterationsAndReturnsToTheInstruction() {
        Rig rig = copying(Rig.protectedMode(), "rep movsb", 4);
        rig.gate(0x20, Descriptor.INTERRUPT_GATE_32, 0, Rig.CODE_0).flag(SystemState.INTERRUPT);
        rig.step(2).raiseInterrupt(0x20);
        rig.step(1);
        assertEquals(0x20, rig.handler());
        assertEquals(Rig.CODE, rig.stacked(0, 4));
        assertEquals(2, rig.get(RCX));
    }

    @Test
    void singleSteppingStopsAfterEachIteration() {
        var witness = new Witness();
        Rig rig = copying(Rig.protectedMode(Gate.RINGS, witness), "rep movsb", 4);
        rig.flag(Registers.TRAP).step(2);
        assertEquals(Fault.DEBUG, witness.take().orElseThrow().vector());
        assertEquals(3, rig.get(RCX));
        assertEquals(Rig.CODE, rig.registers.rip());
    }
}
