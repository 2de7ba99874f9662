package ringside.monitor;

/**
 * How a run ended.
 *
 * @param status exit status of the command line
 */
public record Ending(Kind kind, int status) {
    /** The ends that a run can have; names as in summaries. */
    public enum Kind {
        /** HLT with IF=0: nothing can end it. */
        HALT("halt", 0),
        /** HLT with IF=1, and no device can ever interrupt. */
        IDLE("idle", 8),
        /** The guest wrote to the debug-exit port. */
        DEBUG_EXIT("debug-exit", 1),
        TRIPLE_FAULT("triple-fault", 6),
        /** A program of an operating system has ended; its status is its own. */
        EXITED("exited", 0),
        /** A domain has shut itself down. */
        SHUTDOWN("shutdown", 0),
        /** The hypervisor has ended a domain that it cannot go on with, or the domain has asked for it. */
        CRASH("crash", 7);

        private final String text;
        private final int status;

        Kind(String text, int status) {
            this.text = text;
            this.status = status;
        }

        public String text() {
            return text;
        }
    }

    /** An end whose status follows from its kind: not the debug-exit port. */
    public static Ending of(Kind kind) {
        return new Ending(kind, kind.status);
    }
}
