package ringside.isa;

/**
 * What is wrong with a source.
 *
 * @param file the file that has the error
 * @param line its line, from 1
 * @param column its column, from 1
 * @param message what is wrong, one sentence without a full stop
 * @param advice what may help, or {@link Message#NONE}
 */
public record AssemblyError(String file, int line, int column, Message message, Message advice) {
    /** What is wrong, in English. */
    public String text() {
        return message.text();
    }

    /** What may help, in English, or empty. */
    public String hint() {
        return advice.text();
    }

    /** One line as the command line prints it: {@code FILE:LINE:COL: text (hint)}. */
    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + text() + (advice.isEmpty() ? "" : " (" + hint() + ")");
    }
}
