package ringside.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import ringside.session.BadInput;
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

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > MOST_PORT) {
            throw new BadInput("ports go from 1 to 65535 (0 takes any that is free), not " + port);
        }
        PrintWriter out = spec.commandLine().getOut();
        try (LabServer server = LabServer.start(address, port)) {
            out.println("Ringside serves on " + server.url());
            out.flush();
            // Until the process is told to end.
            Thread.currentThread().join();
            return Status.DONE;
        } catch (IOException refused) {
            throw new BadInput(String.valueOf(refused.getMessage()));
        }
    }
}
