package ringside.monitor.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.memory.Ram;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.translation.Block.Line;
import ringside.monitor.translation.Block.Treatment;
import ringside.monitor.translation.Translator.Source;
import ringside.monitor.translation.Translator.Translation;

/** What the translator makes of the guest's bytes; expectations are encoded by hand from the opcode tables of SDM 2. */
class TranslatorTest {
    private static final int START = 0x100;

    private static Translation translation(int bits, String... lines) {
        String source = "org 0x1000\nbits " + bits + "\n" + String.join("\n", lines) + "\n";
        var image = Images.recognize(source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT);
        byte[] page = Arrays.copyOf(image.segments().get(0).bytes(), Ram.FRAME_SIZE);
        long limit = bits == 64 ? -1 : bits == 32 ? 0xFFFF_FFFFL : 0xFFFF;
        var from = new Source(new CodeContext(0, limit, bits), 1, page, 0x1000);
        return new Translator().translate(from, START, rip -> false);
    }

    private static String hex(Translation translation) {
        return HexFormat.of().formatHex(translation.bytes());
    }

    @Test
    void ordinaryInstructionsAreTheSameBytes() {
        var block = translation(32, "mov eax, 5", "add eax, [ebx+8]", "hlt");
        // B8 id, 03 /r, then INT 48 for HLT, which ends the block.
        assertEquals("b805000000" + "034308" + "cd30", hex(block));
        assertThat(block.block().lines())
                .extracting(Line::treatment)
                .containsExactly(Treatment.IDENTICAL, Treatment.IDENTICAL, Treatment.CALLOUT);
        assertThat(block.block().ways()).isEmpty();
    }

    @Test
    void whatIsSensitiveBecomesACalloutAndTheBlockGoesOn() {
        var block = translation(32, "pushfd", "popfd", "sgdt [ebx]", "mov eax, cs", "mov ds, ax", "smsw ax", "hlt");
        assertEquals("cd30".repeat(7), hex(block));
    }

    @Test
    void reachingForCodeThroughItsSegmentIsACallout() {
        assertEquals("cd30" + "8b03" + "cd30", hex(translation(32, "mov eax, [cs:ebx]", "mov eax, [ebx]", "hlt")));
    }

    @Test
    void aConditionalJumpHasTwoWaysOutAndEachAsksFirst() {
        var block = translation(32, "jz short $+0x40", "nop");
        // 0F 84 cd to the first stub, E9 cd to the second; the stubs are INT 50 each.
        assertEquals("0f8405000000" + "e902000000" + "cd32" + "cd32", hex(block));
        assertThat(block.block().ways()).extracting(Block.Way::target).containsExactly(0x1040L, 0x1002L);
        assertTrue(block.added().get(START + 6), "the second jump is none of the guest's");
        assertTrue(!block.added().get(START));
    }

    @Test
    void callPushesTheAddressThatTheGuestKnows() {
        // 68 id: the guest's 1005H; then E9 cd, which the guest does not have.
        assertEquals("6805100000" + "e900000000" + "cd32", hex(translation(32, "call 0x1080")));
        assertEquals("680310" + "e90000" + "cd32", hex(translation(16, "call 0x1080")));
        assertEquals("6805100000" + "e900000000" + "cd32", hex(translation(64, "call 0x1080")));
    }

    @Test
    void returnsAndIndirectJumpsAreLookedUp() {
        assertEquals("cd31", hex(translation(32, "ret")));
        assertEquals("cd31", hex(translation(32, "jmp eax")));
        assertEquals("cd31", hex(translation(64, "call [rbx]")));
    }

    @Test
    void loopKeepsItsOneByteByJumpingToAJump() {
        // E2 05 over E9 to the way straight on, E9 to the way back.
        var block = translation(32, "again: loop again");
        assertEquals("e205" + "e905000000" + "e902000000" + "cd32" + "cd32", hex(block));
        assertThat(block.block().ways()).extracting(Block.Way::target).containsExactly(0x1002L, 0x1000L);
    }

    @Test
    void ripRelativeAddressesNameTheSameMemory() {
        var block = translation(64, "mov eax, [rel $+0x234]", "hlt");
        byte[] bytes = block.bytes();
        int distance = (int) Ram.get(bytes, 2, 4);
        long next = MonitorMemory.BASE_64 + MonitorMemory.CODE + START + 6;
        assertEquals(0x1234, next + distance);
        assertEquals(Treatment.READDRESSED, block.block().lines().get(0).treatment());
    }

    @Test
    void aBlockHasTwelveInstructionsAtMost() {
        String[] lines = new String[20];
        Arrays.fill(lines, "nop");
        var block = translation(32, lines).block();
        assertEquals(12, block.lines().size());
        assertThat(block.ways()).extracting(Block.Way::target).containsExactly(0x100CL);
    }

    @Test
    void whatEndsInAnotherPageIsPerformedByTheMonitor() {
        byte[] page = new byte[Ram.FRAME_SIZE];
        page[4094] = (byte) 0xB8;
        var from = new Source(new CodeContext(0, 0xFFFF_FFFFL, 32), 1, page, 0x1FFE);
        var block = new Translator().translate(from, START, rip -> false);
        assertEquals("cd30", hex(block));
        assertEquals(2, block.block().length());
    }

    @Test
    void aJumpOutOfTheCodeSegmentIsLeftToTheGuestsOwnInstruction() {
        assertEquals("cd30", hex(translation(16, "db 0x66, 0xE9", "dd 0x20000")).substring(0, 4));
    }
}
