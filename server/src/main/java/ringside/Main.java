package ringside;

import ringside.cli.RingsideCommand;

/** The entry of the program: hands the arguments to the command line and ends with its status. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(RingsideCommand.execute(arguments));
    }
}
