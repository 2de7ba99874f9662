package ringside.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code ringside} itself, which only names its subcommands. */
@Command(
        name = "ringside",
        description = "Steps an x86 guest through every way of virtualizing it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class RingsideCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do: ringside --help lists the commands");
    }
}
