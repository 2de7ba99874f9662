package ringside.cli;

import picocli.CommandLine.Option;

/** Every command explains itself. */
final class Help {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "shows this and ends")
    private boolean asked;
}
