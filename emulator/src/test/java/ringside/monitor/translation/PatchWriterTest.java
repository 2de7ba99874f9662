package ringside.monitor.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.machine.MachineConfig;
import ringside.memory.Ram;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.translation.Patch.Role;

/** What the guest's bytes are replaced by; expectations are encoded by hand from the opcode tables of SDM 2. */
class PatchWriterTest {
    private static final String FLAG = "000000a0";
    private static final String INHIBITED = "040000a0";
    private static final String PENDING = "080000a0";
    private static final String EAX = "0c0000a0";
    private static final String ECX = "100000a0";

    private static Optional<PatchCode.Written> patch(String... lines) {
        String source = "org 0x1000\nbits 32\n" + String.join("\n", lines) + "\n";
        var image = Images.recognize(source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT);
        byte[] page = Arrays.copyOf(image.segments().get(0).bytes(), Ram.FRAME_SIZE);
        var config = new MachineConfig(4 << 20, MonitorMemory.SIZE);
        var place = MonitorMemory.above(config, 0).withPatches(PatchMemory.FRAMES);
        var memory = new PatchMemory(new Ram(config.allFrames()), place);
        return new PatchWriter(memory).write(new CodePage(0x1000, 1, 2000), page, 0);
    }

    private static String hex(PatchCode.Written written) {
        return HexFormat.of().formatHex(written.bytes());
    }

    /** E9 from a place in patch memory to a guest's address. */
    private static String back(int at, int to) {
        int distance = to - (0xA000_1000 + at + 5);
        return "e9" + HexFormat.of().toHexDigits(Integer.reverseBytes(distance));
    }

    @Test
    void fromClearToSetInterruptsTheGuestStaysInThePatch() {
        var patch = patch("cli", "add ebx, ecx", "nop", "sti", "inc eax", "nop").orElseThrow();
        String code = "36c705" + FLAG + "00000000" // MOV dword [SS:flag], 0
                + "01cb" + "90"
                + "36c705" + INHIBITED + "05100000" // MOV dword [SS:inhibited], 1005H
                + "36c705" + FLAG + "00020000" // MOV dword [SS:flag], 200H
                + "40"
                + "36890d" + ECX // MOV [SS:ecx], ECX
                + "368b0d" + PENDING // MOV ECX, [SS:pending]
                + "e309" // JECXZ over the next two
                + "368b0d" + ECX
                + "0f0b" // UD2
                + "368b0d" + ECX
                + "36c705" + INHIBITED + "00000000";
        assertEquals(code + back(code.length() / 2, 0x1006), hex(patch));
        assertEquals(6, patch.patch().covered());
        assertThat(patch.patch().entries())
                .extracting(Patch.Entry::interruptsOff)
                .containsExactly(false, true, true, true, false);
    }

    @Test
    void pushfPushesTheFlagThatTheGuestBelievesInAndChangesNone() {
        var patch = patch("pushfd", "nop", "nop", "nop", "nop", "nop").orElseThrow();
        String code = "9c" + "36a3" + EAX + "36890d" + ECX
                + "8b0424" // MOV EAX, [ESP]
                + "368b0d" + FLAG
                + "8d840800feffff" // LEA EAX, [EAX+ECX-200H]: the processor's own flag is set
                + "890424"
                + "368b0d" + ECX + "36a1" + EAX + "90909090";
        assertEquals(code + back(code.length() / 2, 0x1005), hex(patch));
        assertThat(patch.patch().pieces().stream().filter(p -> p.role() == Role.GUEST))
                .hasSize(5);
    }

    @Test
    void popfIsDoneInThePatchWhereItOnlySetsTheInterruptFlag() {
        var patch = patch("popfd", "mov eax, 7").orElseThrow();
        String code = "f70424" + "00311b00" // TEST [ESP]: TF, IOPL, RF, VM, VIF, VIP
                + "7516"
                + "f70424" + "00020000" // IF
                + "740d"
                + "36f705" + PENDING + "01000000"
                + "7401" + "cc"
                + "36c705" + FLAG + "00020000"
                + "9d" + "b807000000";
        assertEquals(code + back(code.length() / 2, 0x1006), hex(patch));
    }

    @Test
    void pushCsPushesRingZero() {
        var patch = patch("push cs", "mov eax, 7").orElseThrow();
        String code = "0e" + "36a3" + EAX + "668b0424" + "8d40ff" + "66890424" + "36a1" + EAX + "b807000000";
        assertEquals(code + back(code.length() / 2, 0x1006), hex(patch));
    }

    @Test
    void jumpsStayInThePatchWhileInterruptsAreOffAndLeaveItWhereItEnds() {
        var patch = patch("cli", "again: dec eax", "jnz again", "nop", "nop", "jz 0x1100", "ret")
                .orElseThrow();
        var pieces = patch.patch().pieces();
        // CLI 11 bytes, DEC 1, 0F 85 cd back to DEC, two NOPs, 0F 84 cd to INT3 behind INT3 for RET.
        assertTrue(hex(patch).endsWith("48" + "0f85f9ffffff" + "9090" + "0f8401000000" + "cc" + "cc"));
        assertEquals(Role.PERFORM, pieces.get(pieces.size() - 2).role());
        assertEquals(new Patch.Piece(27, 0x1100, Role.LEAVE), pieces.get(pieces.size() - 1));
    }

    @Test
    void aPatchWhoseJumpDoesNotFitIsRefused() {
        assertTrue(patch("cli", "hlt", "times 8 nop").isEmpty());
        assertTrue(patch("cli", "ret", "times 8 nop").isEmpty());
        assertTrue(patch("pushfd", "pop eax", "jmp eax").isEmpty());
        assertTrue(patch("sti", "sgdt [eax]").isEmpty());
    }
}
