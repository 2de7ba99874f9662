package ringside.session;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The guest runs boundary by boundary until something is met that is looked for. Given up, it stands where it has come to. */
final class Search implements Errand {
    /** Boundaries between two looks at whoever may have enough. */
    private static final int LOOK_UP = 64;

    private final Lockstep lockstep;
    private final Lookouts lookouts;
    private final long pauseAt;
    private final Optional<Skim> skim;
    private final Optional<Sentence> nothing;
    private final Optional<Sentence> far;
    private boolean armed;
    private boolean done;

    /** @param nothing what is said where the guest ends before */
    Search(Lockstep lockstep, Lookouts lookouts, Optional<Sentence> nothing) {
        this(lockstep, lookouts, Onward.FAR, Optional.of(Sentence.of("notice.far", Onward.FAR)), nothing);
    }

    /**
     * @param most units of guest time after which it ends by itself
     * @param far what is said then
     */
    Search(Lockstep lockstep, Lookouts lookouts, long most, Optional<Sentence> far, Optional<Sentence> nothing) {
        this.far = far;
        this.lockstep = lockstep;
        this.lookouts = lookouts;
        this.skim = lookouts.skim();
        this.nothing = nothing;
        this.pauseAt = lockstep.time() + most;
        lockstep.columns().forEach(Column::forget);
        lockstep.mark();
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
        lookouts.post();
        try {
            if (!armed) {
                armed = true;
                lookouts.arm();
            }
            return walk(enough);
        } finally {
            lookouts.leave();
        }
    }

    private Optional<Sentence> walk(BooleanSupplier enough) {
        for (int i = 1; !lockstep.ended(); i++) {
            boolean skipped = skim.isPresent() && skim.get().skip(pauseAt);
            var said = skipped ? Optional.<Sentence>empty() : lookouts.forward();
            if (said.isPresent()) {
                done = true;
                return said;
            }
            if (lockstep.time() >= pauseAt) {
                done = true;
                return far;
            }
            if ((skipped || i % LOOK_UP == 0) && enough.getAsBoolean()) {
                return Optional.empty();
            }
        }
        done = true;
        return nothing;
    }
}
