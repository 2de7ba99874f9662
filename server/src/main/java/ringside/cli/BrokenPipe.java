package ringside.cli;

/** Whoever read our output has gone: nothing more can be said to anybody. */
final class BrokenPipe extends RuntimeException {
    private static final long serialVersionUID = 1;

    BrokenPipe() {
        super(null, null, false, false);
    }
}
