package ringside.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.replay.Guests;
import ringside.session.SampleGuests;

/** The table of modes in ARCHITECTURE.md is what the code does: every sample guest is run in every mode that can hold it. */
class DocumentedModesTest {
    private static final Path PAGE = Path.of("..", "ARCHITECTURE.md");
    private static final String HEAD = "| mode | package | answers |";
    private static final String PACKAGES = "ringside.monitor.";
    private static final long ENOUGH = 1_000_000_000;

    /** A line of the table. */
    record Line(String mode, String place, SortedSet<String> answers) {}

    static List<Line> lines() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .dropWhile(line -> !line.equals(HEAD))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .map(DocumentedModesTest::line)
                .toList();
    }

    private static Line line(String text) {
        List<String> cells = Stream.of(text.split("\\|"))
                .map(cell -> cell.replace("`", "").strip())
                .toList();
        return new Line(
                cells.get(1), cells.get(2), new TreeSet<>(List.of(cells.get(3).split(", "))));
    }

    @Test
    void itNamesAllModesInTheOrderInWhichTheyAreShown() throws IOException {
        assertThat(lines().stream().map(Line::mode)).isEqualTo(Modes.names());
    }

    @ParameterizedTest
    @MethodSource("lines")
    void whoAnswersIsWhoDoes(Line line) {
        SortedSet<String> places = new TreeSet<>();
        SortedSet<String> answers = new TreeSet<>();
        for (String name : Guests.samples()) {
            GuestImage image = image(name, line.mode());
            if (Modes.misfit(line.mode(), image).isEmpty()) {
                Monitor monitor = Modes.start(line.mode(), image, Options.DEFAULT, event -> answerer(event, answers))
                        .orElseThrow();
                monitor.run(ENOUGH);
                places.add(monitor.getClass().getPackageName().substring(PACKAGES.length()));
            }
        }
        assertThat(places).containsExactly(line.place());
        assertThat(answers.isEmpty() ? List.of("nobody") : answers).containsExactlyElementsOf(line.answers());
    }

    private static void answerer(Event event, SortedSet<String> answers) {
        if (event instanceof Event.Exit exit) {
            answers.add(exit.answeredBy());
        }
    }

    private static GuestImage image(String name, String mode) {
        return Images.recognize(
                Guests.text(name, "guest.asm").getBytes(StandardCharsets.UTF_8),
                "guest.asm",
                ImageOptions.DEFAULT.withDefinitions(Modes.definitions(mode)).withFolder(SampleGuests::file));
    }
}
