package ringside.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.session.Sources;

/** Sets a source in columns. */
@Command(
        name = "format",
        description = "Sets a NASM source in columns. The program stays the same.",
        footer = {"", "Status: 0 done, 1 it is not in columns (--check), 2 bad input."})
final class FormatCommand implements Callable<Integer> {
    private static final int NOT_IN_COLUMNS = 1;

    @Mixin
    private Help help;

    @Parameters(paramLabel = "SOURCE", description = "file in NASM's language")
    private Path source;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "where the result goes; without it, into SOURCE itself")
    private Optional<Path> output;

    @Option(names = "--check", description = "changes nothing; the status tells whether it would")
    private boolean check;

    @Override
    public Integer call() {
        byte[] before = Files.read(source);
        byte[] after = Sources.format(Files.guest(source)).getBytes(StandardCharsets.UTF_8);
        boolean same = Arrays.equals(before, after);
        if (check) {
            return same ? Status.DONE : NOT_IN_COLUMNS;
        }
        var target = output.orElse(source);
        if (!same || !target.equals(source)) {
            Files.write(target, after);
        }
        return Status.DONE;
    }
}
