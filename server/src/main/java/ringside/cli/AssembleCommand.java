package ringside.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import ringside.session.Sources;

/** {@code ringside assemble}: a source to the bytes that NASM makes of it. */
@Command(
        name = "assemble",
        description = "Assembles a NASM source to a flat binary.",
        footer = {"", "Status: 0 done, 2 bad input: FILE:LINE:COLUMN: what is wrong (hint)."})
final class AssembleCommand implements Callable<Integer> {
    @Mixin
    private Help help;

    @Parameters(paramLabel = "SOURCE", description = "file in NASM's language")
    private Path source;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "where the bytes go")
    private Path output;

    @Option(
            names = {"-D", "--define"},
            paramLabel = "NAME[=VALUE]",
            description = "defines a macro before the first line, as for a mode: XEN_PV, XEN_PVH, CONTAINER")
    private List<String> definitions = List.of();

    @Override
    public Integer call() {
        Files.write(output, Sources.assemble(Files.guest(source), definitions));
        return Status.DONE;
    }
}
