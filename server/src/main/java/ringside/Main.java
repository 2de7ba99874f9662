package ringside;

import java.util.Locale;
import ringside.cli.RingsideCommand;

/** The entry of the program: hands the arguments to the command line and ends with its status. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        // The command line speaks English, numbers included, whatever the system speaks.
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
        System.exit(RingsideCommand.execute(arguments));
    }
}
