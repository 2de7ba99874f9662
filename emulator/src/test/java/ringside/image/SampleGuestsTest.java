package ringside.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Every folder of sample-guests is complete, and its source is what the real nasm accepts. */
class SampleGuestsTest {
    private static final Path FOLDER = Path.of("..", "sample-guests");

    @TempDir
    private Path output;

    static Stream<Path> guests() throws IOException {
        try (var folders = Files.list(FOLDER)) {
            return folders.filter(Files::isDirectory).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("guests")
    void assemblesWithTheRealNasmIntoOnePage(Path guest) throws IOException, InterruptedException {
        Path binary = output.resolve("guest.bin");
        var nasm = new ProcessBuilder("nasm", "-w+all", "-w-error", "-f", "bin", "-o", binary.toString(), "guest.asm")
                .directory(guest.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.resolve("messages").toFile())
                .start();
        assertEquals(0, nasm.waitFor());
        assertEquals("", Files.readString(output.resolve("messages")));
        assertTrue(Files.size(binary) > 0 && Files.size(binary) <= 4096);
    }

    @ParameterizedTest
    @MethodSource("guests")
    void assemblesToTheBytesOfTheRealNasm(Path guest) throws IOException, InterruptedException {
        assemblesWithTheRealNasmIntoOnePage(guest);
        var image = Images.recognize(Files.readAllBytes(guest.resolve("guest.asm")), "guest.asm", ImageOptions.DEFAULT);
        byte[] assembled = image.program()
                .map(program -> program.file().toArray())
                .orElseGet(() -> image.segments().get(0).bytes());
        assertArrayEquals(Files.readAllBytes(output.resolve("guest.bin")), assembled);
        assertEquals(
                image.program().map(LinuxProgram::entry).orElse(0x1000L),
                image.start().rip());
        assertFalse(image.milestones().isEmpty() || image.lines().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("guests")
    void hasAReadmeAndAnExpectationForEachMode(Path guest) throws IOException {
        assertTrue(Files.readString(guest.resolve("README.md")).startsWith("# " + guest.getFileName()));
        JsonNode expected = new ObjectMapper().readTree(Files.readString(guest.resolve("expected.json")));
        for (String mode : expected.get("modes").propertyNames()) {
            JsonNode run = expected.get("modes").get(mode);
            if (mode.equals("bare")) {
                assertTrue(run.get("exits").isEmpty());
            }
            assertTrue(run.get("serial").asString().endsWith("\n"));
        }
        assertTrue(expected.get("sources").size() > 1);
        assertTrue(Files.readString(guest.resolve("guest.asm"))
                .contains("bits " + expected.get("bits").asInt()));
    }
}
