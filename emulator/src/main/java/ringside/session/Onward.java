package ringside.session;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The guest runs: to its end, or to a place. Given up, it stands where it has come to. */
final class Onward implements Errand {
    /** Guest time after which it pauses by itself, in its units: one step is one unit. */
    static final long FAR = 20_000_000_000L;

    private final Lockstep lockstep;
    private final Goal goal;
    private final long until;
    private final long pauseAt;
    private boolean begun;
    private boolean done;

    enum Goal {
        TIME,
        END,
        EXIT,
        DIFFERENCE
    }

    /** @param until guest time at which a {@link Goal#TIME} is reached */
    Onward(Lockstep lockstep, Goal goal, long until) {
        this.lockstep = lockstep;
        this.goal = goal;
        this.until = until;
        this.pauseAt = lockstep.time() + FAR;
    }

    @Override
    public boolean done() {
        return done;
    }

    @Override
    public Optional<Sentence> giveUp() {
        return Optional.empty();
    }

    @Override
    public long memory() {
        return 0;
    }

    @Override
    public boolean isOnward() {
        return true;
    }

    @Override
    public Optional<Sentence> slice(BooleanSupplier enough) {
        Optional<Sentence> said = advance(enough);
        if (!done && lockstep.time() >= pauseAt) {
            done = true;
            return Optional.of(Sentence.of("notice.far", FAR));
        }
        return said;
    }

    private Optional<Sentence> advance(BooleanSupplier enough) {
        switch (goal) {
            case TIME -> {
                if (!begun) {
                    begun = true;
                    lockstep.leap(until);
                }
                lockstep.run(until, enough);
                if (lockstep.time() >= until || lockstep.ended()) {
                    lockstep.seek(until);
                    done = true;
                }
            }
            case END -> {
                lockstep.run(Math.min(until, pauseAt), enough);
                done = lockstep.ended();
            }
            case EXIT -> {
                done = lockstep.runToNextExit(enough);
                if (!done && lockstep.ended()) {
                    done = true;
                    return Optional.of(Sentence.of("notice.noexit"));
                }
            }
            case DIFFERENCE -> {
                done = lockstep.runToNextDifference(enough);
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
