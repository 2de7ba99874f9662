package ringside.session;

import java.util.Optional;

/** Something that a lab does by itself, in slices: running to its end, or to a place. */
final class Errand {
    /** Units of guest time in the first slice; slices grow while they are quick. */
    private static final long FIRST = 1 << 12;

    private static final long MOST = 1L << 28;
    private static final long QUICK_NANOS = 20_000_000;

    /** Guest time after which it pauses by itself, in its units: one step is one unit. */
    private static final long FAR = 20_000_000_000L;

    private final Lockstep lockstep;
    private final Goal goal;
    private final long until;
    private final long pauseAt;
    private long size = FIRST;
    private boolean done;

    enum Goal {
        TIME,
        END,
        EXIT,
        DIFFERENCE
    }

    /** @param until guest time at which a {@link Goal#TIME} is reached */
    Errand(Lockstep lockstep, Goal goal, long until) {
        this.lockstep = lockstep;
        this.goal = goal;
        this.until = until;
        this.pauseAt = lockstep.time() + FAR;
    }

    boolean done() {
        return done;
    }

    /** Goes on for a moment; says why it stopped, where that is not plain to see. */
    Optional<Sentence> slice() {
        long begin = System.nanoTime();
        Optional<Sentence> said = advance(Math.min(until, lockstep.time() + size));
        boolean quick = System.nanoTime() - begin < QUICK_NANOS;
        size = quick ? Math.min(MOST, 2 * size) : Math.max(FIRST, size / 2);
        if (!done && lockstep.time() >= pauseAt) {
            done = true;
            return Optional.of(Sentence.of("notice.far", FAR));
        }
        return said;
    }

    private Optional<Sentence> advance(long target) {
        switch (goal) {
            case TIME -> {
                lockstep.run(target);
                if (target >= until || lockstep.ended()) {
                    lockstep.seek(until);
                    done = true;
                }
            }
            case END -> {
                lockstep.run(target);
                done = lockstep.ended();
            }
            case EXIT -> {
                done = lockstep.runToNextExit(target);
                if (!done && lockstep.ended()) {
                    done = true;
                    return Optional.of(Sentence.of("notice.noexit"));
                }
            }
            case DIFFERENCE -> {
                done = lockstep.runToNextDifference((int) FIRST);
                if (!done && lockstep.ended()) {
                    done = true;
                    return Optional.of(
                            Sentence.of(lockstep.differs() ? "notice.samedifference" : "notice.nodifference"));
                }
            }
        }
        return Optional.empty();
    }
}
