package ringside.cli;

/** Exit statuses that do not come from a guest's run. */
final class Status {
    static final int DONE = 0;
    static final int BAD_INPUT = 2;

    /** The bug is ours. */
    static final int BUG = 70;

    /** Nobody reads our output any more: as a shell reports a process that SIGPIPE ended. */
    static final int BROKEN_PIPE = 141;

    private Status() {}
}
