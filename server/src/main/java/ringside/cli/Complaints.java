package ringside.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import ringside.session.BadInput;

/** Says in one line what was wrong: with the arguments, with the guest, or with us. */
final class Complaints implements IParameterExceptionHandler, IExecutionExceptionHandler {
    @Override
    public int handleParseException(ParameterException exception, String[] arguments) {
        CommandLine command = exception.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        command.getErr().println(sentence(exception, name) + " (" + name + " --help lists what there is)");
        return Status.BAD_INPUT;
    }

    private static String sentence(ParameterException exception, String command) {
        if (exception instanceof UnmatchedArgumentException unmatched) {
            List<String> words = unmatched.getUnmatched();
            String word = words.get(0);
            if (word.startsWith("-")) {
                return command + " has no option " + word;
            }
            return command.contains(" ")
                    ? command + " does not take '" + word + "'"
                    : command + " has no command '" + word + "'";
        }
        return String.valueOf(exception.getMessage()).lines().findFirst().orElse("bad arguments");
    }

    @Override
    public int handleExecutionException(Exception exception, CommandLine command, ParseResult arguments) {
        PrintWriter err = command.getErr();
        if (exception instanceof BadInput bad) {
            err.println(bad.sentence());
            return Status.BAD_INPUT;
        }
        if (exception instanceof BrokenPipe) {
            return Status.BROKEN_PIPE;
        }
        return bug(exception, err);
    }

    int bug(Throwable ours, PrintWriter err) {
        err.println("ringside: a bug of ours, not of your guest; please report what follows");
        ours.printStackTrace(err);
        return Status.BUG;
    }
}
