package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import ringside.memory.Ram;
import ringside.replay.Timeline;

/**
 * The lab goes back to the last boundary before the present one that is looked for. Stretch by stretch, each before the last one, the run
 * is played again and watched. Given up, or where nothing is found, it stands where it was.
 */
final class SearchBack implements Errand {
    private static final int LOOK_UP = 64;

    /** Units of guest time that the first stretch has, and at most each of the earlier ones. */
    private static final long SHORTEST = 1 << 10;

    private static final long LONGEST = 1 << 16;

    /** The same where most of a stretch is gone over without a look. */
    private static final long LONGEST_SKIMMED = 1 << 20;

    private final Lockstep lockstep;
    private final Lookouts lookouts;
    private final Optional<Skim> skim;
    private final Optional<Trail> trail;
    private final long floor;
    private final Optional<Sentence> nothing;
    private final List<Return> returns = new ArrayList<>();
    private final long now;
    private final long memory;

    private long length = SHORTEST;
    private long low;
    private long high;
    private WayBack way;
    private Phase phase = Phase.TO_A_STRETCH;
    private long found = -1;
    private Optional<Sentence> why = Optional.empty();

    private record Return(Timeline machine, Timeline.Place place) {}

    private enum Phase {
        TO_A_STRETCH,
        WATCHING,
        TO_THE_FOUND,
        DONE
    }

    /**
     * @param trail of the column that is followed
     * @param floor guest time before which it is not gone
     * @param nothing what is said where nothing is found; empty: then it goes to the floor
     */
    SearchBack(Lockstep lockstep, Lookouts lookouts, Optional<Trail> trail, long floor, Optional<Sentence> nothing) {
        this.lockstep = lockstep;
        this.lookouts = lookouts;
        this.skim = lookouts.skim();
        this.trail = trail;
        this.floor = Math.max(0, floor);
        this.nothing = nothing;
        now = lockstep.time();
        high = now;
        memory = lockstep.frames() * Ram.FRAME_SIZE;
        lockstep.machines().forEach(machine -> returns.add(new Return(machine, machine.place())));
        way = stretch();
    }

    /** The way to the beginning of the stretch before the last one. */
    private WayBack stretch() {
        low = Math.max(floor, high - length);
        length = Math.min(skim.isPresent() ? LONGEST_SKIMMED : LONGEST, 4 * length);
        phase = Phase.TO_A_STRETCH;
        return WayBack.to(lockstep, low);
    }

    @Override
    public boolean done() {
        return phase == Phase.DONE;
    }

    @Override
    public long memory() {
        return memory;
    }

    @Override
    public boolean isOnward() {
        return false;
    }

    @Override
    public Optional<Sentence> progress() {
        return Optional.of(Sentence.of("notice.back", low));
    }

    @Override
    public Optional<Sentence> giveUp() {
        goBack();
        return Optional.of(Sentence.of("notice.givenup"));
    }

    private void goBack() {
        returns.forEach(each -> each.machine().returnTo(each.place()));
        lockstep.columns().forEach(Column::forget);
    }

    @Override
    public Optional<Sentence> slice(BooleanSupplier enough) {
        while (phase != Phase.DONE) {
            if (phase == Phase.WATCHING) {
                if (!watch(enough)) {
                    return Optional.empty();
                }
                decide();
            } else {
                way.slice(enough);
                if (!way.done()) {
                    return Optional.empty();
                }
                arrive();
            }
        }
        return why;
    }

    private void arrive() {
        if (phase == Phase.TO_THE_FOUND) {
            phase = Phase.DONE;
            return;
        }
        phase = Phase.WATCHING;
        low = lockstep.time();
        trail.ifPresent(Trail::clear);
        lookouts.arm();
        if (low == 0 && now > 0) {
            meet(lookouts.ask());
        }
    }

    private void meet(Optional<Sentence> said) {
        if (said.isPresent() && lockstep.time() < now) {
            found = lockstep.time();
            why = said;
        }
    }

    /** @return false where somebody has enough before the end of the stretch */
    private boolean watch(BooleanSupplier enough) {
        lookouts.post();
        try {
            for (int i = 1; lockstep.time() < high && !lockstep.ended(); i++) {
                boolean skipped = skim.isPresent() && skim.get().skip(high);
                if (!skipped) {
                    meet(lookouts.forward());
                }
                if ((skipped || i % LOOK_UP == 0) && enough.getAsBoolean()) {
                    return false;
                }
            }
            return true;
        } finally {
            lookouts.leave();
        }
    }

    private void decide() {
        var wanted = trail.map(Trail::target).orElse(java.util.OptionalLong.empty());
        if (wanted.isEmpty() && low <= floor) {
            wanted = trail.map(Trail::earliest).orElse(wanted);
        }
        if (wanted.isPresent() && wanted.getAsLong() > found) {
            found = wanted.getAsLong();
            why = Optional.empty();
        }
        if (found >= 0) {
            go(found);
        } else if (low > floor) {
            high = low;
            way = stretch();
        } else if (nothing.isPresent()) {
            goBack();
            why = nothing;
            phase = Phase.DONE;
        } else {
            go(floor);
        }
    }

    private void go(long time) {
        way = WayBack.to(lockstep, time);
        phase = Phase.TO_THE_FOUND;
    }
}
