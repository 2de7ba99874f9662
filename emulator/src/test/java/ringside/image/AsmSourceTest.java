package ringside.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.isa.SourceFolder;

class AsmSourceTest {
    private static GuestImage read(String source, ImageOptions options) {
        return Images.recognize(source.getBytes(StandardCharsets.UTF_8), "dir/guest.asm", options);
    }

    private static String refusal(String source) {
        return assertThrows(BadImage.class, () -> read(source, ImageOptions.DEFAULT))
                .sentence();
    }

    @Test
    void startsAtItsOriginWithWhatIsKnownOfItsSource() {
        String source = """
                        org 0x2000
                        bits 32
                        mov al, 1
                ;@ milestone begun
                here:   hlt
                """;
        var image = read(source, ImageOptions.DEFAULT);
        assertEquals(32, image.start().bits());
        assertEquals(0x2000, image.start().rip());
        assertArrayEquals(
                new byte[] {(byte) 0xB0, 1, (byte) 0xF4},
                image.segments().get(0).bytes());
        assertEquals(0x2002, image.symbol("here").getAsLong());
        assertEquals(source, image.source().get());
        assertEquals(
                List.of(new GuestImage.SourceLine(0x2000, 2, 3), new GuestImage.SourceLine(0x2002, 1, 5)),
                image.lines());
        assertEquals(1, image.milestones().size());
        assertEquals("begun", image.milestones().get(0).name());
        assertEquals(0x2002, image.milestones().get(0).address());
    }

    @Test
    void optionsApplyToWhatTheSourceLeavesOpen() {
        var image = read("hlt\nstart: nop\n", ImageOptions.DEFAULT.withBits(64).withLoad(0x5000));
        assertEquals(64, image.start().bits());
        assertEquals(0x5001, image.start().rip(), "label start");
        assertEquals(0x5000, image.segments().get(0).address());
        assertEquals(
                0x1000,
                read("hlt\nstart: nop\n", ImageOptions.DEFAULT.withEntry(0x1000))
                        .start()
                        .rip());
    }

    @Test
    void filesComeOnlyFromItsFolder() {
        byte[] data = {1, 2, 3};
        var folder = SourceFolder.of(Map.of("data.bin", data));
        var image = read("incbin 'data.bin'", ImageOptions.DEFAULT.withFolder(folder));
        assertArrayEquals(data, image.segments().get(0).bytes());
        assertTrue(refusal("incbin 'data.bin'").contains("data.bin"));
    }

    @Test
    void errorsNameFileLineAndColumn() {
        var refusal =
                assertThrows(BadSource.class, () -> read("nop\n  mov al\n  frobnicate eax\n", ImageOptions.DEFAULT));
        assertTrue(refusal.sentence().startsWith("guest.asm:2:"), refusal.sentence());
        assertEquals(2, refusal.errors().size());
        assertEquals(3, refusal.errors().get(1).line());
    }

    @ParameterizedTest
    @CsvSource({
        "'; nothing', no instructions",
        "'org 0x4000000\nnop', memory ends",
        "'org 0x20000\nnop', below 0x10000",
        "'times 1000000000 db 0', guest.asm:1:",
        "'org 0x6F000\nbits 32\nnop', overlaps",
    })
    void whatCannotStartIsRefused(String source, String sentence) {
        assertTrue(refusal(source).contains(sentence), refusal(source));
    }

    @Test
    void whatIsNoTextIsRefused() {
        var binary = assertThrows(
                BadImage.class,
                () -> Images.recognize(new byte[] {(byte) 0xFF, (byte) 0xFE}, "x.asm", ImageOptions.DEFAULT));
        assertTrue(binary.sentence().contains("UTF-8"));
        var huge = assertThrows(
                BadImage.class, () -> Images.recognize(new byte[(1 << 20) + 1], "x.asm", ImageOptions.DEFAULT));
        assertTrue(huge.sentence().contains("1 MiB"));
    }
}
