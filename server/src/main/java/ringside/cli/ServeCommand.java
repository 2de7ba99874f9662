package ringside.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import ringside.lesson.LessonFolder;
import ringside.session.BadInput;
import ringside.store.LabStore;
import ringside.web.LabServer;

/** {@code ringside serve}: the lab in the browser. */
@Command(
        name = "serve",
        description = "Serves the lab until it is stopped (Control-C).",
        footer = {"", "Status: 2 where the address or port cannot be had."})
final class ServeCommand implements Callable<Integer> {
    private static final int MOST_PORT = 65_535;

    @Spec
    private CommandSpec spec;

    @Mixin
    private Help help;

    @Option(names = "--port", paramLabel = "N", defaultValue = "8080", description = "port (default: ${DEFAULT-VALUE})")
    private int port;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "address of this machine; others can come in only where it is theirs to reach"
                    + " (default: ${DEFAULT-VALUE})")
    private String address;

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description = "keeps labs and links there, so that they come back after the server was stopped"
                    + " (default: ringside in the user's folder for such things, $XDG_STATE_HOME or ~/.local/state)")
    private Optional<Path> data;

    @Option(
            names = "--embed-from",
            paramLabel = "SITES",
            split = ",",
            description = "sites whose pages may show labs inside them, with commas between: https://example.org"
                    + " (default: none)")
    private List<String> embedFrom = List.of();

    @Option(
            names = "--lessons",
            paramLabel = "FOLDER",
            description = "lessons of one's own, shown behind those that come with Ringside")
    private Optional<Path> lessons;

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > MOST_PORT) {
            throw new BadInput("ports go from 1 to 65535 (0 takes any that is free), not " + port);
        }
        PrintWriter out = spec.commandLine().getOut();
        try (LabServer server = LabServer.start(address, port, store(), choice())) {
            out.println("Ringside serves on " + server.url());
            out.flush();
            // Until the process is told to end.
            Thread.currentThread().join();
            return Status.DONE;
        } catch (IOException | IllegalArgumentException refused) {
            throw new BadInput(String.valueOf(refused.getMessage()));
        }
    }

    /** In the folder that was named, or in the usual one; where another server has that, in memory. */
    private LabStore store() throws IOException {
        if (data.isPresent()) {
            return LabStore.in(data.get(), LabStore.Limits.DEFAULT);
        }
        try {
            return LabStore.in(usualFolder(), LabStore.Limits.DEFAULT);
        } catch (IOException busy) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("ringside: " + busy.getMessage() + "; what is kept now is gone when this server ends");
            err.flush();
            return LabStore.inMemory(LabStore.Limits.DEFAULT);
        }
    }

    private LabServer.Choice choice() {
        lessons.filter(folder -> !java.nio.file.Files.isDirectory(folder)).ifPresent(none -> {
            throw new BadInput("there is no folder " + none);
        });
        return new LabServer.Choice(sites(), lessons.map(LessonFolder::at), false);
    }

    private List<String> sites() {
        return embedFrom.stream()
                .map(site -> site.toLowerCase(Locale.ROOT).replaceAll("/$", ""))
                .toList();
    }

    private static Path usualFolder() throws IOException {
        String state = System.getenv("XDG_STATE_HOME");
        Path home = state == null || state.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local", "state")
                : Path.of(state);
        if (!home.isAbsolute()) {
            throw new IOException("the user has no folder to keep labs in (choose one by --data)");
        }
        return home.resolve("ringside");
    }
}
