package ringside.monitor.mode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.probe.Event;
import ringside.replay.GuestState;
import ringside.trace.ExitCounts;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Every sample guest, in every mode of its expected.json, does what people have reasoned from the manuals that it does; and its
 * end is the bare machine's in everything the guest can see, unless the expectation names the instruction that makes it differ.
 */
class SampleGuestsInEveryModeTest {
    private static final Path FOLDER = Path.of("..", "sample-guests");
    private static final long ENOUGH = 1_000_000_000;

    static Stream<Arguments> runs() throws IOException {
        List<Arguments> runs = new ArrayList<>();
        try (var folders = Files.list(FOLDER)) {
            for (Path guest : folders.filter(Files::isDirectory).sorted().toList()) {
                for (String mode : expected(guest).get("modes").propertyNames()) {
                    runs.add(Arguments.of(guest.getFileName().toString(), mode));
                }
            }
        }
        return runs.stream();
    }

    private static JsonNode expected(Path guest) throws IOException {
        return new ObjectMapper().readTree(Files.readString(guest.resolve("expected.json")));
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("runs")
    void doesWhatIsExpected(String name, String mode) throws IOException {
        Path guest = FOLDER.resolve(name);
        JsonNode expected = expected(guest).get("modes").get(mode);
        ExitCounts counts = new ExitCounts();
        Monitor monitor = start(guest, mode, counts);
        monitor.run(ENOUGH);

        assertTrue(monitor.ending().isPresent(), "it runs for ever");
        assertEquals(expected.get("serial").asString(), serial(monitor));
        assertEquals(
                expected.get("end").asString(), monitor.ending().get().kind().text());
        assertEquals(expected.get("status").asInt(), monitor.ending().get().status());
        assertEquals(exits(expected), exits(counts));
    }

    static Stream<Arguments> runsBesideBare() throws IOException {
        return runs().filter(run -> {
            Path guest = FOLDER.resolve((String) run.get()[0]);
            GuestImage bare = image(guest, "bare");
            return Modes.misfit("bare", bare).isEmpty() && bare.equals(image(guest, (String) run.get()[1]));
        });
    }

    /** No mode is forgotten: an image runs, and is expected to run, in exactly the modes that can hold it. */
    @Test
    void everyGuestHasAnExpectationForEveryModeThatHoldsIt() throws IOException {
        try (var folders = Files.list(FOLDER)) {
            for (Path guest : folders.filter(Files::isDirectory).toList()) {
                assertEquals(
                        Modes.names().stream()
                                .filter(mode ->
                                        Modes.misfit(mode, image(guest, mode)).isEmpty())
                                .collect(Collectors.toSet()),
                        Set.copyOf(expected(guest).get("modes").propertyNames()),
                        guest.toString());
            }
        }
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("runsBesideBare")
    void endsAsOnTheBareMachineUnlessAnInstructionIsNamed(String name, String mode) throws IOException {
        Path guest = FOLDER.resolve(name);
        Monitor bare = start(guest, "bare", new ExitCounts());
        Monitor other = start(guest, mode, new ExitCounts());
        bare.run(ENOUGH);
        other.run(ENOUGH);
        var differences = GuestState.differences(bare, other);
        boolean named = expected(guest).get("modes").get(mode).has("differs");
        assertEquals(named, !differences.isEmpty(), differences.toString());
    }

    /** The guest with the lines that were ported to a mode. */
    private static GuestImage image(Path guest, String mode) {
        try {
            return Images.recognize(
                    Files.readAllBytes(guest.resolve("guest.asm")),
                    "guest.asm",
                    ImageOptions.DEFAULT
                            .withDefinitions(Modes.definitions(mode))
                            .withFolder(name -> beside(guest, name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<byte[]> beside(Path guest, String name) {
        try {
            Path file = guest.resolve(name);
            return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Monitor start(Path guest, String mode, ExitCounts counts) {
        return Modes.start(mode, image(guest, mode), Options.DEFAULT, event -> count(counts, event))
                .orElseThrow();
    }

    private static void count(ExitCounts counts, Event event) {
        counts.add(event, 0);
    }

    private static String serial(Monitor monitor) {
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }

    private static Map<String, Long> exits(JsonNode expected) {
        Map<String, Long> exits = new TreeMap<>();
        for (JsonNode exit : expected.get("exits")) {
            exits.put(
                    exit.path("domain").asString("") + " " + exit.get("reason").asString() + " "
                            + exit.get("number").asInt(),
                    exit.get("count").asLong());
        }
        return exits;
    }

    private static Map<String, Long> exits(ExitCounts counts) {
        Map<String, Long> exits = new TreeMap<>();
        counts.counts()
                .forEach(count -> exits.merge(
                        count.domain() + " " + count.reason() + " " + count.number(), count.count(), Long::sum));
        return exits;
    }
}
