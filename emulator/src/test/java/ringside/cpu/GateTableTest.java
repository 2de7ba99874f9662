package ringside.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.mmu.Descriptor.CALL_GATE_32;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_16;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;
import static ringside.mmu.Descriptor.TRAP_GATE_32;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.mmu.Descriptor;

class GateTableTest {
    private static final String INT_30 = "CD 30";
    private static final int NOT_PRESENT_MASK = 0x7F;

    private static Rig withFaultHandlers(Rig rig) {
        for (int vector : new int[] {6, 8, 10, 11, 12, 13, 14}) {
            rig.gate(vector, INTERRUPT_GATE_32, 0, Rig.CODE_0);
        }
        return rig;
    }

    @Test
    void aGateOfTheSameRingPushesThreeValues() {
        Rig rig =
                Rig.protectedMode().gate(0x30, INTERRUPT_GATE_32, 0, Rig.CODE_0).code(INT_30);
        rig.flag(SystemState.INTERRUPT | Registers.CARRY).step(1);
        assertEquals(0x30, rig.handler());
        assertEquals(Rig.CODE + 2, rig.stacked(0, 4));
        assertEquals(Rig.CODE_0, rig.stacked(1, 4));
        assertEquals(0x203, rig.stacked(2, 4));
        assertEquals(Rig.STACK - 12, rig.get(Registers.RSP));
        assertFalse(rig.system.interruptFlag());
    }

    @Test
    void aTrapGateLeavesTheInterruptFlag() {
        Rig rig = Rig.protectedMode().gate(0x30, TRAP_GATE_32, 0, Rig.CODE_0).code(INT_30);
        rig.flag(SystemState.INTERRUPT | Registers.NESTED_TASK).step(1);
        assertTrue(rig.system.interruptFlag());
        assertEquals(0, rig.registers.flags() & Registers.NESTED_TASK);
    }

    @Test
    void aSixteenBitGatePushesWordsAndJumpsToSixteenBits() {
        Rig rig =
                Rig.protectedMode().gate(0x30, INTERRUPT_GATE_16, 0, Rig.CODE_0).code(INT_30);
        rig.ram.write(Rig.IDT + 0x30 * 8 + 6, 2, 0xFFFF);
        rig.step(1);
        assertEquals(0x30, rig.handler());
        assertEquals(Rig.STACK - 6, rig.get(Registers.RSP));
        assertEquals(Rig.CODE_0, rig.stacked(1, 2));
    }

    @Test
    void aGateToRingZeroSwitchesTheStack() {
        Rig rig =
                Rig.protectedMode().gate(0x30, INTERRUPT_GATE_32, 3, Rig.CODE_0).code(INT_30);
        rig.inRing(3).step(1);
        assertEquals(0x30, rig.handler());
        assertEquals(0, rig.system.cpl);
        assertEquals(Rig.CODE_0, rig.selector(SystemState.CS));
        assertEquals(Rig.DATA_0, rig.selector(SystemState.SS));
        assertEquals(Rig.STACK - 20, rig.get(Registers.RSP));
        assertEquals(Rig.CODE_3, rig.stacked(1, 4));
        assertEquals(Rig.USER_STACK, rig.stacked(3, 4));
        assertEquals(Rig.DATA_3, rig.stacked(4, 4));
    }

    @Test
    void aConformingHandlerStaysInTheRing() {
        Rig rig = Rig.protectedMode()
                .gate(0x30, INTERRUPT_GATE_32, 3, Rig.CONFORMING_0)
                .code(INT_30);
        rig.inRing(3).step(1);
        assertEquals(3, rig.system.cpl);
        assertEquals(Rig.CONFORMING_0 | 3, rig.selector(SystemState.CS));
        assertEquals(Rig.USER_STACK - 12, rig.get(Registers.RSP));
    }

    @Test
    void fromVirtual8086ModeAllSegmentsArePushedAndThenNull() {
        Rig rig = Rig.protectedMode().gate(6, INTERRUPT_GATE_32, 0, Rig.CODE_0).code("0F 0B");
        rig.inVirtual8086(0);
        rig.system.segments[SystemState.GS].loadRealMode(0x1234);
        rig.step(1);
        assertEquals(6, rig.handler());
        assertFalse(rig.system.virtual8086());
        assertEquals(Rig.STACK - 36, rig.get(Registers.RSP));
        assertEquals(0x1234, rig.stacked(8, 4));
        assertEquals(0, rig.selector(SystemState.GS));
        assertFalse(rig.system.segments[SystemState.DS].isUsable());
        assertEquals(SystemState.VIRTUAL_8086 | SystemState.RESUME | 2, rig.stacked(2, 4));
    }

    @Test
    void faultsPushRfSoftwareInterruptsDoNot() {
        Rig fault = withFaultHandlers(Rig.protectedMode()).code("0F 0B");
        fault.step(1);
        assertEquals(SystemState.RESUME | 2, fault.stacked(2, 4));
        Rig software =
                Rig.protectedMode().gate(0x30, INTERRUPT_GATE_32, 0, Rig.CODE_0).code(INT_30);
        software.step(1);
        assertEquals(2, software.stacked(2, 4));
    }

    /** What INT 30H meets, by what is wrong with its way; "ring" is where it is executed. */
    @ParameterizedTest
    @CsvSource({
        "beyond the limit,            0, 13, 182",
        "a call gate,                 0, 13, 182",
        "a data segment,              0, 13, 182",
        "not present,                 0, 11, 182",
        "DPL 0,                       3, 13, 182",
        "null code selector,          0, 13, 0",
        "code selector out of limits, 0, 13, 88",
        "data as code,                0, 13, 10",
        "code of an outer ring,       0, 13, 18",
        "code not present,            0, 11, 38",
        "offset beyond the segment,   0, 13, 0",
        "TSS too short,               3, 10, 28",
        "stack selector null,         3, 10, 0",
        "stack of another ring,       3, 10, 20",
        "stack not present,           3, 12, 38",
        "no room on the stack,        3, 12, 38"
    })
    void eachObstacleHasItsFault(String obstacle, int ring, int vector, String code) {
        Rig rig = withFaultHandlers(Rig.protectedMode()).code(INT_30);
        rig.gate(0x30, INTERRUPT_GATE_32, 3, Rig.CODE_0);
        switch (obstacle) {
            case "beyond the limit" -> rig.system.idtrLimit = 0x30 * 8 + 6;
            case "a call gate" -> rig.gate(0x30, CALL_GATE_32, 3, Rig.CODE_0);
            case "a data segment" -> rig.ram.write(Rig.IDT + 0x30 * 8 + 5, 1, 0x92);
            case "not present" ->
                rig.ram.write(Rig.IDT + 0x30 * 8 + 5, 1, (0xE0 | INTERRUPT_GATE_32) & NOT_PRESENT_MASK);
            case "DPL 0" -> rig.gate(0x30, INTERRUPT_GATE_32, 0, Rig.CODE_0);
            case "null code selector" -> rig.gate(0x30, INTERRUPT_GATE_32, 3, 3);
            case "code selector out of limits" -> rig.gate(0x30, INTERRUPT_GATE_32, 3, 0x88);
            case "data as code" -> rig.gate(0x30, INTERRUPT_GATE_32, 3, Rig.DATA_0);
            case "code of an outer ring" -> rig.gate(0x30, INTERRUPT_GATE_32, 3, Rig.CODE_3);
            case "code not present" -> {
                rig.descriptor(Rig.SPARE, Descriptor.of(0, 0xFFFFF, 0xC01B));
                rig.gate(0x30, INTERRUPT_GATE_32, 3, Rig.SPARE);
            }
            case "offset beyond the segment" -> {
                rig.descriptor(Rig.SPARE, Descriptor.of(0, 0x9FFF, 0x409B));
                rig.gate(0x30, INTERRUPT_GATE_32, 3, Rig.SPARE);
            }
            case "TSS too short" -> {
                rig.system.tr.load(Rig.TASK, Rig.TSS, 8, rig.system.tr.rights());
                // The handler of #TS runs without a switch.
                rig.gate(10, INTERRUPT_GATE_32, 0, Rig.CONFORMING_0);
            }
            case "stack selector null" -> stackOfRingZero(rig, 0);
            case "stack of another ring" -> stackOfRingZero(rig, Rig.DATA_3);
            case "stack not present" -> {
                rig.descriptor(Rig.SPARE, Descriptor.of(0, 0xFFFFF, 0xC013));
                stackOfRingZero(rig, Rig.SPARE);
            }
            default -> {
                rig.descriptor(Rig.SPARE, Descriptor.of(0, 0x1000, 0x4093));
                stackOfRingZero(rig, Rig.SPARE);
                rig.gate(12, INTERRUPT_GATE_32, 0, Rig.CONFORMING_0);
            }
        }
        rig.inRing(ring).step(1);
        assertEquals(vector, rig.handler());
        assertEquals(Integer.parseInt(code, 16), rig.stacked(0, 4));
        assertEquals(Rig.CODE, rig.stacked(1, 4));
    }

    private static void stackOfRingZero(Rig rig, int selector) {
        rig.ram.write(Rig.TSS + 8, 2, selector);
        for (int vector = 10; vector <= 12; vector++) {
            rig.gate(vector, INTERRUPT_GATE_32, 0, Rig.CONFORMING_0);
        }
    }

    @Test
    void anExternalInterruptMarksTheErrorCodeAsExternal() {
        Rig rig = withFaultHandlers(Rig.protectedMode()).code("90");
        rig.flag(SystemState.INTERRUPT).raiseInterrupt(0x30);
        rig.step(1);
        assertEquals(13, rig.handler());
        assertEquals(0x30 * 8 + 3, rig.stacked(0, 4));
    }

    @Test
    void intNInVirtual8086ModeNeedsIopl3() {
        Rig below = withFaultHandlers(Rig.protectedMode())
                .gate(0x30, INTERRUPT_GATE_32, 3, Rig.CODE_0)
                .code(INT_30);
        below.inVirtual8086(0).step(1);
        assertEquals(13, below.handler());
        assertEquals(0, below.stacked(0, 4));
        Rig allowed =
                Rig.protectedMode().gate(0x30, INTERRUPT_GATE_32, 3, Rig.CODE_0).code(INT_30);
        allowed.inVirtual8086(3).step(1);
        assertEquals(0x30, allowed.handler());
    }

    @Test
    void theRedirectionMapSendsIntNToTheTableOfVirtual8086Mode() {
        Rig rig = Rig.protectedMode().realGate(0x30, 0, 0x0777).code(INT_30).inVirtual8086(0);
        rig.system.tr.load(Rig.TASK, Rig.TSS, 0x2FF, rig.system.tr.rights());
        rig.ram.write(Rig.TSS + 102, 2, 0x100);
        rig.system.cr4 |= SystemState.VME;
        rig.cpu.flags(-1, SystemState.VIRTUAL_INTERRUPT);
        rig.step(1);
        assertEquals(0x0777, rig.registers.rip());
        assertTrue(rig.system.virtual8086());
        assertEquals(0x3202, rig.stacked(2, 2));
        assertEquals(0, rig.system.flags & SystemState.VIRTUAL_INTERRUPT);
    }

    @Test
    void inLongModeTheFrameIsAlignedAndHoldsTheStackPointer() {
        Rig rig = Rig.longMode()
                .longGate(0x30, INTERRUPT_GATE_32, 0, Rig.CODE_0, 0)
                .code(INT_30);
        rig.set(Registers.RSP, Rig.STACK - 3).step(1);
        assertEquals(0x30, rig.handler());
        assertEquals(Rig.STACK - 16 - 40, rig.get(Registers.RSP));
        assertEquals(Rig.STACK - 3, rig.stacked(3, 8));
        assertEquals(Rig.DATA_0, rig.stacked(4, 8));
        assertEquals(Rig.DATA_0, rig.selector(SystemState.SS));
    }

    @Test
    void inLongModeAnInnerRingGetsANullStackSegment() {
        Rig rig = Rig.longMode()
                .longGate(0x30, INTERRUPT_GATE_32, 3, Rig.CODE_0, 0)
                .code(INT_30);
        rig.inRing(3).step(1);
        assertEquals(0, rig.system.cpl);
        assertEquals(0, rig.selector(SystemState.SS));
        assertEquals(Rig.STACK - 40, rig.get(Registers.RSP));
        assertEquals(Rig.DATA_3, rig.stacked(4, 8));
    }

    @Test
    void theInterruptStackTableChoosesTheStackInEveryRing() {
        Rig rig = Rig.longMode().longGate(0x30, TRAP_GATE_32, 0, Rig.CODE_0, 2).code(INT_30);
        rig.ram.write(Rig.TSS + 28 + 16, 8, 0x7008);
        rig.step(1);
        assertEquals(0x7000 - 40, rig.get(Registers.RSP));
    }

    @ParameterizedTest
    @CsvSource({
        "a 16-bit gate,            6, 13, 182",
        "code that is not 64-bit, 14, 13, 38",
        "a non-canonical stack,   14, 12, 0",
        "a non-canonical handler, 14, 13, 0"
    })
    void longModeHasObstaclesOfItsOwn(String obstacle, int type, int vector, String code) {
        Rig rig = Rig.longMode().code(INT_30).longGate(0x30, type, 3, Rig.CODE_0, 0);
        rig.longGate(12, INTERRUPT_GATE_32, 0, Rig.CODE_0, 1).longGate(13, INTERRUPT_GATE_32, 0, Rig.CODE_0, 1);
        rig.ram.write(Rig.TSS + 36, 8, Rig.STACK);
        switch (obstacle) {
            case "code that is not 64-bit" -> {
                rig.descriptor(Rig.SPARE, Descriptor.of(0, 0xFFFFF, 0xC09B));
                rig.longGate(0x30, type, 3, Rig.SPARE, 0);
            }
            case "a non-canonical stack" -> rig.ram.write(Rig.TSS + 4, 8, 0x100L + (1L << 47));
            case "a non-canonical handler" -> rig.ram.write(Rig.IDT + 0x30 * 16 + 8, 4, 0x8000);
            default -> {}
        }
        rig.inRing(3).step(1);
        assertEquals(vector, rig.handler());
        assertEquals(Integer.parseInt(code, 16), rig.stacked(0, 8));
    }
}
