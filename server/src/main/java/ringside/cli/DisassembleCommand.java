package ringside.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import ringside.session.BadInput;
import ringside.session.Sources;

/** {@code ringside disassemble}: bytes to text, in the columns of ndisasm. */
@Command(
        name = "disassemble",
        description = "Disassembles a flat binary, in ndisasm's columns: address, bytes, instruction.",
        footer = {"", "Status: 0 done, 2 bad input."})
final class DisassembleCommand implements Callable<Integer> {
    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Parameters(paramLabel = "FILE", description = "any file of bytes")
    private Path file;

    @Option(
            names = "--bits",
            paramLabel = "16|32|64",
            defaultValue = "16",
            description = "code size (default: ${DEFAULT-VALUE})")
    private int bits;

    @Option(
            names = "--org",
            paramLabel = "A",
            defaultValue = "0",
            converter = Numbers.Address.class,
            description = "address of the first byte (default: ${DEFAULT-VALUE})")
    private long origin;

    @Option(
            names = "--syntax",
            paramLabel = "intel|att",
            defaultValue = "intel",
            description = "Intel's and NASM's, or AT&T's (default: ${DEFAULT-VALUE})")
    private String syntax;

    @Override
    public Integer call() {
        if (!List.of(16, 32, 64).contains(bits)) {
            throw new BadInput("code has 16, 32 or 64 bits, not " + bits);
        }
        Output output = ringside.output();
        Sources.disassemble(Files.read(file), bits, origin, syntax, output::line);
        output.flush();
        return Status.DONE;
    }
}
