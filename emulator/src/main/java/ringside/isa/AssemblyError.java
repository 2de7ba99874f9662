package ringside.isa;

/**
 * What is wrong with a source.
 *
 * @param file the file that has the error
 * @param line its line, from 1
 * @param column its column, from 1
 * @param text what is wrong, one sentence without a full stop
 * @param hint what may help, or empty
 */
public record AssemblyError(String file, int line, int column, String text, String hint) {
    /** One line as the command line prints it: {@code FILE:LINE:COL: text (hint)}. */
    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + text + (hint.isEmpty() ? "" : " (" + hint + ")");
    }
}
