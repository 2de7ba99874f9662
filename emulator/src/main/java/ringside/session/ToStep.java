package ringside.session;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The lab goes to where the first column has performed so many steps. A step takes a unit of guest time, and idle time none, so that the
 * place lies at that guest time or later.
 */
final class ToStep implements Errand {
    private final Lockstep lockstep;
    private final long step;
    private Optional<WayBack> way = Optional.empty();
    private boolean done;

    ToStep(Lockstep lockstep, long step) {
        this.lockstep = lockstep;
        this.step = step;
        if (steps() > step) {
            way = Optional.of(WayBack.to(lockstep, Math.min(step, lockstep.time())));
        } else if (steps() == step) {
            // It may have been idle since.
            way = Optional.of(WayBack.to(lockstep, Math.max(0, Math.min(step, lockstep.time()) - 1)));
        } else if (step > lockstep.time()) {
            lockstep.leap(step);
        }
    }

    private Column lead() {
        return lockstep.columns().get(0);
    }

    private long steps() {
        return lead().timeline().monitor().machine().clock().steps();
    }

    @Override
    public boolean done() {
        return done;
    }

    @Override
    public Optional<Sentence> slice(BooleanSupplier enough) {
        if (way.isPresent()) {
            way.get().slice(enough);
            if (!way.get().done()) {
                return Optional.empty();
            }
            way = Optional.empty();
        }
        while (steps() < step && !lead().ended()) {
            lockstep.run(lockstep.time() + step - steps(), enough);
            if (enough.getAsBoolean()) {
                return Optional.empty();
            }
        }
        done = true;
        lockstep.seek(lead().time());
        return steps() == step ? Optional.empty() : Optional.of(Sentence.of("notice.steps", steps()));
    }

    @Override
    public Optional<Sentence> giveUp() {
        return way.flatMap(WayBack::giveUp);
    }

    @Override
    public long memory() {
        return way.map(WayBack::memory).orElse(0L);
    }

    @Override
    public boolean isOnward() {
        return way.isEmpty();
    }
}
