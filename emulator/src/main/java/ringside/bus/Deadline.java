package ringside.bus;

/** A moment of guest time at which a device wants to act: its alarm clock, set and cancelled as often as it likes. */
public final class Deadline {
    /** A deadline that is not set. */
    public static final long NEVER = Long.MAX_VALUE;

    /** What happens when a deadline is due. */
    @FunctionalInterface
    public interface Action {
        /**
         * The deadline is no longer set when this runs, and may be set again from within.
         *
         * @param time the moment for which it was set; the clock may already show a little more
         */
        void due(long time);
    }

    /** Whether what a deadline leads to would interrupt the processor, as the machine is programmed now. */
    @FunctionalInterface
    public interface Hearing {
        /** @param maskable whether the processor takes maskable interrupts; else only NMI and INIT reach it */
        boolean reaches(boolean maskable);
    }

    private final Schedule schedule;
    private final String name;
    private final Hearing canInterrupt;
    private final Action action;
    private final boolean followsFromInputs;
    private long time = NEVER;

    Deadline(Schedule schedule, String name, Hearing canInterrupt, Action action, boolean followsFromInputs) {
        this.schedule = schedule;
        this.name = name;
        this.canInterrupt = canInterrupt;
        this.action = action;
        this.followsFromInputs = followsFromInputs;
    }

    /** Sets or moves the deadline; one that lies in the past is due at once, {@link #NEVER} cancels. */
    public void at(long newTime) {
        if (time != newTime) {
            time = newTime;
            schedule.changed();
        }
    }

    /** The deadline is no longer set. */
    public void cancel() {
        at(NEVER);
    }

    /** The moment for which it is set, or {@link #NEVER}. */
    public long time() {
        return time;
    }

    /** Whether it is set, and it or one that follows from it can raise an interrupt that reaches the processor. */
    public boolean canInterrupt(boolean maskable) {
        return time != NEVER && canInterrupt.reaches(maskable);
    }

    /** Whether the logged inputs say when it is, so that it is no part of a snapshot. */
    boolean followsFromInputs() {
        return followsFromInputs;
    }

    /** For snapshots only: sets the time without telling the schedule. */
    void restore(long savedTime) {
        time = savedTime;
    }

    void run() {
        long due = time;
        time = NEVER;
        action.due(due);
    }

    @Override
    public String toString() {
        return name + (time == NEVER ? " is not set" : " at " + time);
    }
}
