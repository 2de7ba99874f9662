package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.mmu.Descriptor.CALL_GATE_16;
import static ringside.mmu.Descriptor.CALL_GATE_32;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;
import ringside.mmu.Descriptor;

class FarTransfersTest {
    private static Rig rig(String code) {
        Rig rig = Rig.protectedMode().code(code);
        for (int vector : new int[] {10, 11, 12, 13}) {
            rig.gate(vector, INTERRUPT_GATE_32, 0, Rig.CONFORMING_0);
        }
        return rig;
    }

    private static String pointer(int selector, int offset) {
        return "%02X%02X%02X%02X %02X%02X"
                .formatted(
                        offset & 0xFF,
                        offset >> 8 & 0xFF,
                        offset >> 16 & 0xFF,
                        offset >>> 24,
                        selector & 0xFF,
                        selector >> 8);
    }

    @Test
    void realModeJumpsToAParagraph() {
        Rig rig = Rig.real().code("EA 34 12 00 F0");
        rig.step(1);
        assertEquals(0xF000, rig.selector(SystemState.CS));
        assertEquals(0xF_0000, rig.system.segments[SystemState.CS].base());
        assertEquals(0x1234, rig.registers.rip());
    }

    @Test
    void realModeCallsAndReturns() {
        Rig rig = Rig.real().code("9A 00 00 00 06").bytes(0x6000, "CA 04 00");
        rig.step(1);
        assertEquals(Rig.CODE + 5, rig.stacked(0, 2));
        rig.step(1);
        assertEquals(Rig.CODE + 5, rig.registers.rip());
        assertEquals(0, rig.selector(SystemState.CS));
        assertEquals(Rig.STACK + 4, rig.get(Registers.RSP));
    }

    @Test
    void theJumpIntoProtectedModeLoadsTheDescriptor() {
        Rig rig = Rig.protectedMode().code("EA" + pointer(Rig.CODE_0, 0x6000));
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(32, rig.cpu.codeBits());
    }

    /** JMP to a selector, executed in ring 1 where nothing else is said. */
    @ParameterizedTest
    @CsvSource({
        "null,                  0,  1, 13, 0",
        "out of limits,         88, 1, 13, 88",
        "data,                  10, 1, 13, 10",
        "an inner ring,         8,  1, 13, 8",
        "an outer ring,         1B, 1, 13, 18",
        "RPL above CPL,         53, 1, 13, 50",
        "a conforming segment,  48, 1, -1, 0",
        "not present,           38, 1, 11, 38",
        "offset out of limits,  40, 1, 13, 0"
    })
    void jumpsAreJudged(String target, String selector, int ring, int vector, String code) {
        Rig rig = rig("EA" + pointer(Integer.parseInt(selector, 16), 0x6000));
        rig.descriptor(Rig.SPARE, Descriptor.of(0, 0xFFFFF, 0xC03B));
        rig.descriptor(Rig.SPARE + 8, Descriptor.of(0, 0xFFF, 0x40BB));
        rig.inRing(ring).step(1);
        assertEquals(vector, rig.handler(), target);
        if (vector >= 0) {
            assertEquals(Integer.parseInt(code, 16), rig.stacked(0, 4));
            assertEquals(Rig.CODE, rig.stacked(1, 4));
        } else {
            assertEquals(0x6000, rig.registers.rip());
            assertEquals(ring, rig.system.cpl);
            assertEquals(ring, rig.selector(SystemState.CS) & 3);
        }
    }

    @Test
    void aCallPushesWhereToReturn() {
        Rig rig = Rig.protectedMode().code("9A" + pointer(Rig.CODE_0, 0x6000)).bytes(0x6000, "CB");
        rig.step(1);
        assertEquals(Rig.CODE + 7, rig.stacked(0, 4));
        assertEquals(Rig.CODE_0, rig.stacked(1, 4));
        rig.step(1);
        assertEquals(Rig.CODE + 7, rig.registers.rip());
        assertEquals(Rig.STACK, rig.get(Registers.RSP));
    }

    @Test
    void aCallGateSwitchesToTheInnerStackAndCopiesParameters() {
        Rig rig = rig("9A" + pointer(Rig.SPARE | 3, 0)).inRing(3);
        rig.descriptor(Rig.SPARE, Rig.gateDescriptor(CALL_GATE_32, 3, Rig.CODE_0, 0x6000) | 2L << 32);
        rig.set(Registers.RSP, Rig.USER_STACK - 8);
        rig.ram.write(Rig.USER_STACK - 8, 4, 0x1111);
        rig.ram.write(Rig.USER_STACK - 4, 4, 0x2222);
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(0, rig.system.cpl);
        assertEquals(Rig.DATA_0, rig.selector(SystemState.SS));
        assertEquals(Rig.CODE + 7, rig.stacked(0, 4));
        assertEquals(Rig.CODE_3, rig.stacked(1, 4));
        assertEquals(0x1111, rig.stacked(2, 4));
        assertEquals(0x2222, rig.stacked(3, 4));
        assertEquals(Rig.USER_STACK - 8, rig.stacked(4, 4));
        assertEquals(Rig.DATA_3, rig.stacked(5, 4));

        rig.bytes(0x6000, "CA 08 00").step(1);
        assertEquals(3, rig.system.cpl);
        assertEquals(Rig.CODE + 7, rig.registers.rip());
        assertEquals(Rig.USER_STACK, rig.get(Registers.RSP));
        assertEquals(Rig.DATA_3, rig.selector(SystemState.SS));
    }

    @Test
    void aSixteenBitGatePushesWords() {
        Rig rig = rig("9A" + pointer(Rig.SPARE, 0));
        rig.descriptor(Rig.SPARE, Rig.gateDescriptor(CALL_GATE_16, 0, Rig.CODE_0, 0xFFFF_6000L));
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(Rig.STACK - 4, rig.get(Registers.RSP));
        assertEquals(Rig.CODE_0, rig.stacked(1, 2));
    }

    @ParameterizedTest
    @CsvSource({
        "DPL below CPL,              13, 38",
        "gate not present,           11, 38",
        "null target,                13, 0",
        "target is data,             13, 10",
        "target of an outer ring,    13, 18",
        "no room on the inner stack, 12, 40"
    })
    void callGatesAreJudged(String obstacle, int vector, String code) {
        Rig rig = rig("9A" + pointer(Rig.SPARE, 0)).inRing(1);
        long gate = Rig.gateDescriptor(CALL_GATE_32, 1, Rig.CODE_0, 0x6000);
        switch (obstacle) {
            case "DPL below CPL" -> gate = Rig.gateDescriptor(CALL_GATE_32, 0, Rig.CODE_0, 0x6000);
            case "gate not present" -> gate &= ~(1L << 47);
            case "null target" -> gate = Rig.gateDescriptor(CALL_GATE_32, 1, 0, 0x6000);
            case "target is data" -> gate = Rig.gateDescriptor(CALL_GATE_32, 1, Rig.DATA_0, 0x6000);
            case "target of an outer ring" -> gate = Rig.gateDescriptor(CALL_GATE_32, 1, Rig.CODE_3, 0x6000);
            default -> {
                rig.descriptor(Rig.SPARE + 8, Descriptor.of(0, 0x1000, 0x4093));
                rig.ram.write(Rig.TSS + 8, 2, Rig.SPARE + 8);
            }
        }
        rig.descriptor(Rig.SPARE, gate).step(1);
        assertEquals(vector, rig.handler());
        assertEquals(Integer.parseInt(code, 16), rig.stacked(0, 4));
        assertEquals(Rig.CODE, rig.stacked(1, 4));
    }

    @Test
    void returningToAnOuterRingDropsInnerDataSegments() {
        Rig rig = Rig.protectedMode().code("CB");
        rig.set(Registers.RSP, Rig.STACK - 16);
        rig.ram.write(Rig.STACK - 16, 4, 0x6000);
        rig.ram.write(Rig.STACK - 12, 4, Rig.CODE_3);
        rig.ram.write(Rig.STACK - 8, 4, Rig.USER_STACK);
        rig.ram.write(Rig.STACK - 4, 4, Rig.DATA_3);
        rig.system.segments[SystemState.ES].load(Rig.DATA_3, 0, 0xFFFF_FFFFL, 0xC0F3);
        rig.step(1);
        assertEquals(3, rig.system.cpl);
        assertFalse(rig.system.segments[SystemState.DS].isUsable());
        assertEquals(0, rig.selector(SystemState.DS));
        assertTrue(rig.system.segments[SystemState.ES].isUsable());
    }

    @ParameterizedTest
    @CsvSource({"8, 13, 8", "1B, -1, 0", "18, 13, 18", "0, 13, 0", "23, 13, 20"})
    void returnsNeverGoInwardsNorToWhatIsNotCode(String selector, int vector, String code) {
        Rig rig = rig("CB").inRing(1);
        rig.set(Registers.RSP, Rig.STACK - 16);
        rig.ram.write(Rig.STACK - 16, 4, 0x6000);
        rig.ram.write(Rig.STACK - 12, 4, Integer.parseInt(selector, 16));
        rig.ram.write(Rig.STACK - 8, 4, Rig.USER_STACK);
        rig.ram.write(Rig.STACK - 4, 4, Rig.DATA_3);
        rig.step(1);
        assertEquals(vector, rig.handler());
        if (vector > 0) {
            assertEquals(Integer.parseInt(code, 16), rig.stacked(0, 4));
        }
    }

    @Test
    void aLongModeCallGateHasSixteenBytesAndANullStackSegment() {
        Rig rig = Rig.longMode()
                .bytes(0x7000, pointer(0, 0))
                .code("FF 1C 25 00 70 00 00")
                .inRing(3);
        rig.ram.write(0x7004, 2, Rig.SPARE | 3);
        rig.descriptor(Rig.SPARE, Rig.gateDescriptor(CALL_GATE_32, 3, Rig.CODE_0, 0x6000))
                .descriptor(Rig.SPARE + 8, 0);
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(0, rig.system.cpl);
        assertEquals(0, rig.selector(SystemState.SS));
        assertEquals(Rig.STACK - 32, rig.get(Registers.RSP));
        assertEquals(Rig.DATA_3, rig.stacked(3, 8));
        rig.bytes(0x6000, "48 CB").step(1);
        assertEquals(3, rig.system.cpl);
        assertEquals(Rig.USER_STACK, rig.get(Registers.RSP));
    }

    @Test
    void aFarJumpLeads64BitCodeToCompatibilityMode() {
        Rig rig = Rig.longMode().bytes(0x7000, pointer(Rig.SPARE, 0x6000)).code("FF 2C 25 00 70 00 00");
        rig.descriptor(Rig.SPARE, Descriptor.of(0, 0xFFFFF, 0xC09B));
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(32, rig.cpu.codeBits());
        rig.bytes(0x6000, "EA" + pointer(Rig.CODE_0, 0x6100)).step(1);
        assertEquals(64, rig.cpu.codeBits());
    }
}
