package ringside.bus;

/**
 * Guest time. One unit is one nanosecond of the guest; it passes only when the guest could count it: one unit for each
 * completed instruction, each completed REP iteration and each delivery that the guest can see, and whole stretches
 * when HLT skips to the next deadline.
 */
public final class Clock {
    private long now;

    /** Units since the machine started, never negative. */
    public long now() {
        return now;
    }

    /** One unit passes. */
    public void tick() {
        now++;
    }

    /**
     * Several units pass.
     *
     * @param units zero or more
     */
    public void advance(long units) {
        if (units < 0) {
            throw new IllegalStateException("guest time cannot run backwards by " + -units);
        }
        now += units;
    }

    /**
     * Idle time passes until the given moment.
     *
     * @param time not before {@link #now()}
     */
    public void skipTo(long time) {
        if (time < now) {
            throw new IllegalStateException("guest time " + time + " is before now, " + now);
        }
        now = time;
    }

    public State save() {
        return new State(now);
    }

    public void restore(State state) {
        now = state.now;
    }

    /** The whole state: the time in units. */
    public record State(long now) {}
}
