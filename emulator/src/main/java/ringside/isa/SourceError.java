package ringside.isa;

/** Something wrong in a line of a source, on its way to the list of errors. */
final class SourceError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The column, from 1; 0 if it concerns the whole line. */
    final int column;

    final String hint;

    /** Whether a limit was reached, so that reading on makes no sense. */
    final boolean isFatal;

    private SourceError(int column, String text, String hint, boolean isFatal) {
        super(text, null, false, false);
        this.column = column;
        this.hint = hint;
        this.isFatal = isFatal;
    }

    SourceError(int column, String text, String hint) {
        this(column, text, hint, false);
    }

    static SourceError limit(int column, String text, String hint) {
        return new SourceError(column, text, hint, true);
    }

    SourceError(int column, String text) {
        this(column, text, "");
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
