package ringside.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.probe.Probe;
import ringside.session.SampleGuests;

/** Guests for tests: those that come with Ringside, and sources in a test. */
public final class Guests {
    private static final Path SAMPLES = Path.of("..", "sample-guests");

    private Guests() {}

    /** Names of the sample guests' folders. */
    public static List<String> samples() {
        try (Stream<Path> folders = Files.list(SAMPLES)) {
            return folders.filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those of them that are software for a whole machine. */
    public static List<String> machines() {
        return samples().stream()
                .filter(name -> Modes.misfit("bare", sample(name)).isEmpty())
                .toList();
    }

    public static GuestImage sample(String name) {
        return source(text(SAMPLES.resolve(name).resolve("guest.asm")));
    }

    /** The file of a sample guest. */
    public static String text(String name, String file) {
        return text(SAMPLES.resolve(name).resolve(file));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lines of NASM source. */
    public static GuestImage source(String... lines) {
        byte[] text = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
        return Images.recognize(
                text, "guest.asm", ImageOptions.DEFAULT.withMemory(4 << 20).withFolder(SampleGuests::file));
    }

    /** Starts the guest in a mode, with a few MiB of memory. */
    public static Function<Probe, Monitor> start(GuestImage image, String mode) {
        return probe -> Modes.start(mode, image, Options.DEFAULT.withMemory(image.memory()), probe)
                .orElseThrow();
    }
}
