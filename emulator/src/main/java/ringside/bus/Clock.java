package ringside.bus;

/**
 * Guest time. One unit is one nanosecond of the guest; it passes only when the guest could count it: one unit for each
 * completed instruction, each completed REP iteration and each delivery that the guest can see, and whole stretches
 * when HLT skips to the next deadline.
 */
public final class Clock {
    private long now;
    private long deliveries;
    private long idle;

    /** Units since the machine started, never negative. */
    public long now() {
        return now;
    }

    /** An instruction or an iteration has completed: one unit passes. */
    public void tick() {
        now++;
    }

    /** The instruction that is being performed is not the guest's: the {@link #tick} that follows it passes no time. */
    public void withhold() {
        now--;
    }

    /** The guest was delivered an exception or interrupt: one unit passes. */
    public void tickDelivery() {
        now++;
        deliveries++;
    }

    /** Completed instructions and iterations. */
    public long steps() {
        return now - deliveries - idle;
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
        idle += time - now;
        now = time;
    }

    public State save() {
        return new State(now, deliveries, idle);
    }

    public void restore(State state) {
        now = state.now;
        deliveries = state.deliveries;
        idle = state.idle;
    }

    /** Time in units, and how much of it was deliveries and idle time. */
    public record State(long now, long deliveries, long idle) {}
}
