package ringside.session;

/** What a learner can do in a lab. */
public sealed interface Command {
    /** Over the next boundary: an instruction, an iteration, a delivery. */
    record Step() implements Command {}

    /** To the previous boundary. */
    record Back() implements Command {}

    /** On, until paused or ended. */
    record Run() implements Command {}

    record Pause() implements Command {}

    /** On, until anybody but the guest has been entered. */
    record NextExit() implements Command {}

    /** On, until the guest sees something else than it would on a bare machine. */
    record NextDifference() implements Command {}

    /** To the start. */
    record Reset() implements Command {}

    /**
     * To the boundary at a guest time, or the last one before.
     *
     * @param time in units of guest time, not negative
     */
    record Seek(long time) implements Command {}

    /**
     * Shows memory at an address.
     *
     * @param address as typed: a number, a register, a segment and an offset, or a symbol
     */
    record Look(String address) implements Command {}

    /** Opens these views, and closes all others. What runs goes on running. */
    record Open(OpenViews views) implements Command {}

    /**
     * Types into COM1, now.
     *
     * @param text one character a byte (Latin-1)
     * @param enter a carriage return follows
     * @param over what was typed later than now is discarded; otherwise nothing is typed where there is such
     */
    record Type(String text, boolean enter, boolean over) implements Command {}

    /**
     * Assembles a source of the learner's own and starts it from the beginning.
     *
     * @param source NASM source
     */
    record Assemble(String source) implements Command {}
}
