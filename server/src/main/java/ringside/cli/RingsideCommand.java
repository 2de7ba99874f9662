package ringside.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
            CompareCommand.class,
            MatrixCommand.class,
            ReferenceCommand.class,
            ShowCommand.class,
            ExportCommand.class,
            AssembleCommand.class,
            DisassembleCommand.class,
            FormatCommand.class,
            GuestsCommand.class,
            BenchCommand.class,
            LessonCommand.class,
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

    private final Output output;

    /** On the process's own standard output. */
    RingsideCommand() {
        this(new Output(new FileOutputStream(FileDescriptor.out)));
    }

    private RingsideCommand(Output output) {
        this.output = output;
    }

    /** Runs the program's command line on the process's own streams; returns its exit status. */
    public static int execute(String... arguments) {
        return execute(new FileOutputStream(FileDescriptor.out), new PrintWriter(System.err, true), arguments);
    }

    /**
     * Runs a command line; returns its exit status.
     *
     * @param out standard output, as bytes: what a guest sends must arrive unchanged
     * @param err takes everything else that there is to say
     */
    static int execute(OutputStream out, PrintWriter err, String... arguments) {
        var complaints = new Complaints();
        var commands = new CommandLine(new RingsideCommand(new Output(out)))
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(err)
                .setParameterExceptionHandler(complaints)
                .setExecutionExceptionHandler(complaints)
                .setUsageHelpAutoWidth(false);
        try {
            if (arguments.length > 0 && isUnknownCommand(commands, arguments[0])) {
                // Asking for help as well would hide it.
                return commands.execute(arguments[0]);
            }
            return commands.execute(arguments);
        } catch (Error error) {
            // Java's own status would be 1, which means that the guest wrote 0 to the debug-exit port.
            return complaints.bug(error, commands.getErr());
        }
    }

    private static boolean isUnknownCommand(CommandLine commands, String first) {
        return !first.startsWith("-") && !commands.getSubcommands().containsKey(first);
    }

    Output output() {
        return output;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
