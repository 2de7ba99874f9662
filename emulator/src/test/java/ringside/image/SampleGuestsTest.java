package ringside.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.isa.Definition;
import ringside.monitor.mode.Modes;
import ringside.session.SampleGuests;
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

    /** Each guest as it is, and once for each macro of a mode that its source asks for. */
    static Stream<Arguments> ports() throws IOException {
        List<Arguments> ports = new ArrayList<>();
        for (Path guest : guests().toList()) {
            String source = Files.readString(guest.resolve("guest.asm"));
            ports.add(Arguments.of(guest, List.of()));
            Modes.names().stream()
                    .map(Modes::definitions)
                    .filter(definitions -> definitions.stream().anyMatch(one -> source.contains(one.name())))
                    .distinct()
                    .forEach(definitions -> ports.add(Arguments.of(guest, definitions)));
        }
        return ports.stream();
    }

    @ParameterizedTest
    @MethodSource("ports")
    void assemblesWithTheRealNasmIntoOnePage(Path guest, List<Definition> definitions)
            throws IOException, InterruptedException {
        Path binary = output.resolve("guest.bin");
        List<String> command = new ArrayList<>(List.of("nasm", "-w+all", "-w-error", "-f", "bin"));
        definitions.forEach(one -> command.add("-D" + one.name() + "=" + one.value()));
        command.addAll(List.of("-o", binary.toString(), "guest.asm"));
        var nasm = new ProcessBuilder(command)
                .directory(guest.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.resolve("messages").toFile())
                .start();
        assertEquals(0, nasm.waitFor());
        assertEquals("", Files.readString(output.resolve("messages")));
        assertTrue(Files.size(binary) > 0 && Files.size(binary) <= 4096);
    }

    @ParameterizedTest
    @MethodSource("ports")
    void assemblesToTheBytesOfTheRealNasm(Path guest, List<Definition> definitions)
            throws IOException, InterruptedException {
        assemblesWithTheRealNasmIntoOnePage(guest, definitions);
        var image = Images.recognize(
                Files.readAllBytes(guest.resolve("guest.asm")),
                "guest.asm",
                ImageOptions.DEFAULT.withDefinitions(definitions).withFolder(SampleGuests::file));
        byte[] assembled = image.program()
                .map(LinuxProgram::file)
                .or(() -> image.xenKernel().map(XenKernel::file))
                .map(FileContent::toArray)
                .orElseGet(() -> image.segments().get(0).bytes());
        assertArrayEquals(Files.readAllBytes(output.resolve("guest.bin")), assembled);
        assertEquals(
                image.program()
                        .map(LinuxProgram::entry)
                        .or(() -> image.xenKernel().map(XenKernel::entry))
                        .orElse(0x1000L),
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
