package ringside;

import picocli.CommandLine;
import ringside.cli.RingsideCommand;

/** The entry of the program: hands the arguments to the command line and ends with its status. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RingsideCommand()).execute(arguments));
    }
}
