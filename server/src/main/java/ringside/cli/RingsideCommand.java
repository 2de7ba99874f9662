package ringside.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code ringside} itself, which only names its subcommands. */
@Command(
        name = "ringside",
        description = "Steps an x86 guest through every way of virtualizing it.",
        versionProvider = Version.class,
        subcommands = {
            RunCommand.class,
            AssembleCommand.class,
            DisassembleCommand.class,
            GuestsCommand.class,
            BenchCommand.class,
            ServeCommand.class,
            WarmUpCommand.class
        },
        footer = {"", "ringside COMMAND --help explains a command. Without a command, ./ringside serves the lab."})
public final class RingsideCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private Help help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "shows the versions of Ringside and Java")
    private boolean versionAsked;

    /** Runs the program's command line; returns its exit status. */
    public static int execute(String... arguments) {
        var complaints = new Complaints();
        return new CommandLine(new RingsideCommand())
                .setParameterExceptionHandler(complaints)
                .setExecutionExceptionHandler(complaints)
                .setUsageHelpAutoWidth(false)
                .execute(arguments);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
