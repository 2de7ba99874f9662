package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import ringside.memory.Ram;
import ringside.replay.Timeline;

/**
 * All columns go to an earlier boundary, each machine from its nearest snapshot, which may be far before it. Given up, they are at once
 * where they were.
 */
final class WayBack implements Errand {
    private final Lockstep lockstep;
    private final List<Return> returns = new ArrayList<>();
    private final List<Leg> legs;
    private final Arrival arrival;
    private final long memory;
    private boolean done;

    /** A machine, and the boundary from which it set out. */
    private record Return(Timeline machine, Timeline.Place place) {}

    /** What is still to be done where all machines have come. */
    private interface Arrival {
        void settle();
    }

    private WayBack(Lockstep lockstep, List<Leg> legs, Arrival arrival) {
        this.lockstep = lockstep;
        this.legs = legs;
        this.arrival = arrival;
        lockstep.machines().forEach(machine -> returns.add(new Return(machine, machine.place())));
        memory = lockstep.frames() * Ram.FRAME_SIZE;
        lockstep.columns().forEach(Column::forget);
        legs.forEach(Leg::setOut);
    }

    /** To the boundary at a time, not later than now, or the last before it. */
    static WayBack to(Lockstep lockstep, long time) {
        return new WayBack(
                lockstep,
                lockstep.machines().stream()
                        .map(machine -> new Leg(machine, time, false))
                        .toList(),
                () -> lockstep.seek(time));
    }

    /** To the boundary before, in all columns that are at the present one. */
    static WayBack byOne(Lockstep lockstep) {
        long time = lockstep.time();
        return new WayBack(
                lockstep,
                lockstep.machines().stream()
                        .filter(machine -> machine.time() == time)
                        .filter(machine -> time > 0 || machine.ending().isPresent())
                        .map(machine -> machine.ending().isPresent()
                                ? new Leg(machine, time, true)
                                : new Leg(machine, time - 1, false))
                        .toList(),
                () -> {
                    long now = lockstep.time();
                    if (now < time) {
                        lockstep.columns().forEach(column -> column.seek(Math.min(now, column.time())));
                    }
                });
    }

    @Override
    public boolean done() {
        return done;
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
    public Optional<Sentence> slice(BooleanSupplier enough) {
        for (Leg leg : legs) {
            if (!leg.walk(enough)) {
                return Optional.empty();
            }
        }
        arrival.settle();
        done = true;
        return Optional.empty();
    }

    @Override
    public Optional<Sentence> giveUp() {
        returns.forEach(each -> each.machine().returnTo(each.place()));
        lockstep.columns().forEach(Column::forget);
        return Optional.of(Sentence.of("notice.givenup"));
    }

    /** One machine's part of the way. */
    private static final class Leg {
        private final Timeline machine;
        private long target;
        private boolean fromEnd;

        /** @param fromEnd the boundary before an end, which takes time or does not: the target is the end's own time */
        Leg(Timeline machine, long target, boolean fromEnd) {
            this.machine = machine;
            this.target = target;
            this.fromEnd = fromEnd;
        }

        void setOut() {
            machine.rewind(target);
        }

        /** @return false where somebody has enough before the target is reached */
        boolean walk(BooleanSupplier enough) {
            if (!machine.approach(target, enough)) {
                return false;
            }
            if (fromEnd && machine.ending().isPresent() && target > 0) {
                fromEnd = false;
                target--;
                machine.rewind(target);
                return machine.approach(target, enough);
            }
            return true;
        }
    }
}
