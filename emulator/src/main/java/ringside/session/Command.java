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

    /**
     * To where the guest first sees something else in one mode than in another.
     *
     * @param first letter of a mode
     * @param second letter of another
     */
    record Part(String first, String second) implements Command {}

    /**
     * On, until it happens.
     *
     * @param aim what
     */
    record Next(Aim aim) implements Command {}

    /**
     * Back to where it happened last before now.
     *
     * @param aim what
     */
    record Previous(Aim aim) implements Command {}

    /**
     * Over the next instruction with all that it calls.
     *
     * @param back over the last one instead, to before it
     */
    record Over(boolean back) implements Command {}

    /**
     * Out of the present procedure or handler.
     *
     * @param back to before the call or event that led into it
     */
    record Out(boolean back) implements Command {}

    /**
     * To a place in the guest's code.
     *
     * @param place as typed: the number of a line of the source, or an address as in {@link Look}
     * @param line it is the number of a line
     * @param back to where it was there last
     */
    record RunTo(String place, boolean line, boolean back) implements Command {}

    /** Back, to what a breakpoint stops at, or to the start. */
    record RunBack() implements Command {}

    /**
     * Sets a breakpoint, in the words of {@link Stop}.
     *
     * @param number of the one whose place it takes; a new one where there is none
     */
    record SetStop(int number, String kind, String what, String access, String condition) implements Command {}

    record RemoveStop(int number) implements Command {}

    record SwitchStop(int number, boolean on) implements Command {}

    /**
     * Sets a breakpoint, or removes the one that is there.
     *
     * @param place number of a line of the source, or an address
     * @param line it is the number of a line
     */
    record ToggleStop(String place, boolean line) implements Command {}

    /**
     * Stops at accesses to a byte of memory, or does so no longer.
     *
     * @param address as in {@link Look}
     */
    record ToggleWatch(String address) implements Command {}

    /** Names the present place. */
    record Mark(String name) implements Command {}

    /** @param time of the bookmark that goes */
    record Unmark(long time) implements Command {}

    /** How fast {@link Run} and {@link RunBack} go. */
    record SetPace(Pace pace) implements Command {}

    /** The next stretch of a run that is watched. */
    record Stretch() implements Command {}

    /**
     * Looks at what was done next about the exits of the last boundary. The machine stays where it is.
     *
     * @param back at what was done before that
     */
    record Action(boolean back) implements Command {}

    /**
     * To where so many steps have been performed.
     *
     * @param step not negative
     */
    record SeekStep(long step) implements Command {}

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
     * Writes instructions in another syntax. What runs goes on running.
     *
     * @param label {@code intel} or {@code att}
     */
    record Write(String label) implements Command {}

    /**
     * Shows how an access is translated.
     *
     * @param address as typed, as in {@link Look}
     */
    record Walk(String address, Walks.Access access) implements Command {}

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
