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
        var from = new Source(new CodeContext(0, limit, bits, false), 1, page, 0x1000);
        return new Translator().translate(from, START, rip -> false);
    }

    /** A kernel's code in 32 bits at ring 0. */
    private static Translation kernel(String... lines) {
        String source = "org 0x1000\nbits 32\n" + String.join("\n", lines) + "\n";
        var image = Images.recognize(source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT);
        byte[] page = Arrays.copyOf(image.segments().get(0).bytes(), Ram.FRAME_SIZE);
        var from = new Source(new CodeContext(0, 0xFFFF_FFFFL, 32, true), 1, page, 0x1000);
        return new Translator().translate(from, START, rip -> false);
    }

    @Test
    void cliWorksOnTheFlagThatTranslatedCodeKeeps() {
        // MOV dword [GS:0], 0; STI and HLT are callouts.
        assertEquals("65c7050000000000000000" + "cd30" + "cd30", hex(kernel("cli", "sti", "hlt")));
        assertTrue(!kernel("cli", "hlt").added().get(START), "it takes the guest's time");
    }

    /** What brings the target to EAX stands between the first two stores and the look in the table. */
    private static String lookUp(String load, String transfer) {
        return "65a304000000" + "65890d08000000" // MOV [GS:4], EAX; MOV [GS:8], ECX
                + load
                + "0fb6c8" + "658b0ccd00080000" // MOVZX ECX, AL; MOV ECX, [GS:ECX*8+800H]
                + "f7d1" + "8d4c0801" // NOT ECX; LEA ECX, [EAX+ECX+1]
                + "e30f" + "658b0d08000000" + "65a104000000" + "cd31" // JECXZ over the way to the monitor
                + "0fb6c8" + "658b0ccd04080000"
                + "65890d0c000000" // MOV [GS:12], ECX
                + "658b0d08000000" + "65a104000000"
                + transfer
                + "65ff250c000000"; // JMP [GS:12]
    }

    @Test
    void returnsAndIndirectJumpsLookInTheTable() {
        // MOV EAX, [ESP]; LEA ESP, [ESP+4].
        assertEquals(lookUp("8b0424", "8da42404000000"), hex(kernel("ret")));
        assertEquals(lookUp("8b0424", "8da4240c000000"), hex(kernel("ret 8")));
        assertEquals(lookUp("8bc1", ""), hex(kernel("jmp ecx")));
        assertEquals(lookUp("8b44b304", "6804100000"), hex(kernel("call [ebx+esi*4+4]")));
        assertEquals(lookUp("268b00", ""), hex(kernel("jmp [es:eax]")));
        assertEquals(Treatment.IN_CACHE, kernel("ret").block().lines().get(0).treatment());
    }

    @Test
    void rareFormsAndWhatReachesForTheTranslatorsSegmentAreTheMonitors() {
        assertEquals("cd31", hex(kernel("o16 ret")));
        assertEquals("cd31", hex(kernel("jmp [gs:ebx]")));
        assertEquals("cd31", hex(kernel("jmp [cs:ebx]")));
        assertEquals("cd30" + "cd30", hex(kernel("mov eax, [gs:ebx]", "hlt")));
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
        var from = new Source(new CodeContext(0, 0xFFFF_FFFFL, 32, false), 1, page, 0x1FFE);
        var block = new Translator().translate(from, START, rip -> false);
        assertEquals("cd30", hex(block));
        assertEquals(2, block.block().length());
    }

    @Test
    void aJumpOutOfTheCodeSegmentIsLeftToTheGuestsOwnInstruction() {
        assertEquals("cd30", hex(translation(16, "db 0x66, 0xE9", "dd 0x20000")).substring(0, 4));
    }
}
