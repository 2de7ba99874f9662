package ringside.session;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import ringside.replay.Timeline;

/**
 * Goes over stretches of a run in which nothing that is looked for can be met: nothing of them is told, and no instruction fetched that
 * stands at a place that counts. Where that is not so, it goes on up to there, and the next boundaries are to be crossed with a look.
 *
 * <p>A stretch is played first and looked at then, so that the guest runs as fast as ever. That pays where it is long: each begins by
 * keeping the state, and there are none for a while after something was there.
 */
final class Skim {
    /** Boundaries that are crossed with a look after something was there. */
    private static final int CARE = 256;

    private static final long SHORTEST = 1 << 10;
    private static final long LONGEST = 1 << 18;

    private final Lockstep lockstep;
    private final Map<Column, long[]> places;
    private final long shortest;
    private final int mostCare;
    private long length;
    private int care;

    /** @param places by column: linear addresses of instructions */
    Skim(Lockstep lockstep, Map<Column, long[]> places) {
        this(lockstep, places, SHORTEST, CARE);
    }

    /**
     * @param shortest units of guest time that a stretch has at least
     * @param care boundaries that are crossed with a look where something was there
     */
    Skim(Lockstep lockstep, Map<Column, long[]> places, long shortest, int care) {
        this.lockstep = lockstep;
        this.places = new HashMap<>(places);
        this.shortest = shortest;
        this.length = shortest;
        this.mostCare = care;
    }

    /**
     * Over a stretch, or the part of it before the first place that counts.
     *
     * @param limit guest time beyond which it does not go, but by idle time
     * @return false where it has not gone on: the next boundary is to be crossed with a look
     */
    boolean skip(long limit) {
        if (care > 0) {
            care--;
            return false;
        }
        long from = lockstep.time();
        if (limit - from < shortest || lockstep.ended()) {
            return false;
        }
        var start = new Start(lockstep);
        long until = Math.min(limit, from + length);
        OptionalLong first = lockstep.skim(until, places);
        if (first.isEmpty()) {
            length = Math.min(LONGEST, 2 * length);
            return true;
        }
        length = shortest;
        care = mostCare;
        start.comeBack();
        // What is told at a time may belong to the boundary that leads there.
        long before = first.getAsLong() - 2;
        if (before > from) {
            lockstep.approach(before);
        }
        return lockstep.time() > from;
    }

    /** Where all columns were. */
    private static final class Start {
        private final Map<Column, Timeline.Place> at = new HashMap<>();

        Start(Lockstep lockstep) {
            lockstep.columns()
                    .forEach(column -> at.put(column, column.timeline().place()));
        }

        void comeBack() {
            at.forEach((column, place) -> column.timeline().returnTo(place));
        }
    }
}
