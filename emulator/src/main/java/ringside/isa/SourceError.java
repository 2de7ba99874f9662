package ringside.isa;

/** Something wrong in a line of a source, on its way to the list of errors. */
final class SourceError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The column, from 1; 0 if it concerns the whole line. */
    final int column;

    final transient Message message;

    /** What may help, or nothing. */
    final transient Message hint;

    /** Whether a limit was reached, so that reading on makes no sense. */
    final boolean isFatal;

    private SourceError(int column, Message message, Message hint, boolean isFatal) {
        super(message.text(), null, false, false);
        this.column = column;
        this.message = message;
        this.hint = hint;
        this.isFatal = isFatal;
    }

    SourceError(int column, Message message, Message hint) {
        this(column, message, hint, false);
    }

    SourceError(int column, Message message) {
        this(column, message, Message.NONE);
    }

    static SourceError limit(int column, Message message, Message hint) {
        return new SourceError(column, message, hint, true);
    }

    static SourceError limit(int column, Message message) {
        return limit(column, message, Message.NONE);
    }
}
