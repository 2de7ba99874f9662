package ringside.replay;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where in a run its exits are, as far as it has been run: guest time in columns of equal width, in each the number of exits by who answered. The
 * width doubles whenever the run outgrows the columns, so that a run of any length takes the same room. Playing a part again changes nothing.
 */
public final class Overview {
    /** Columns that there are at most. */
    public static final int COLUMNS = 256;

    private final Map<String, int[]> exits = new TreeMap<>();
    private long width = 1;
    private long known;
    private boolean ended;

    /**
     * An exit has happened.
     *
     * @param time guest time at the boundary where it did
     */
    void exit(long time, String answeredBy) {
        if (time < known || ended) {
            return;
        }
        fit(time);
        exits.computeIfAbsent(answeredBy, by -> new int[COLUMNS])[(int) (time / width)]++;
    }

    /** The run has come to a boundary. */
    void reached(long time, boolean atEnd) {
        known = Math.max(known, time);
        ended |= atEnd;
    }

    /** Another future begins: what is known ends with the column in which it does. */
    void forgetAfter(long time) {
        if (time < known || ended) {
            ended = false;
            known = Math.min(known, time / width * width);
            int first = (int) Math.min(COLUMNS, known / width);
            exits.values().forEach(counts -> Arrays.fill(counts, first, COLUMNS, 0));
        }
    }

    /** So far the run is known, in guest time. */
    public long known() {
        return known;
    }

    /** Is that its end? */
    public boolean ended() {
        return ended;
    }

    /** Guest time in a column, in its units. */
    public long width() {
        return width;
    }

    /** The number of exits in each column, by who answered. */
    public Map<String, int[]> exits() {
        Map<String, int[]> copy = new TreeMap<>();
        exits.forEach((by, counts) -> copy.put(by, counts.clone()));
        return copy;
    }

    private void fit(long time) {
        while (time / width >= COLUMNS) {
            width *= 2;
            exits.values().forEach(Overview::halve);
        }
    }

    private static void halve(int[] counts) {
        for (int i = 0; i < COLUMNS / 2; i++) {
            counts[i] = counts[2 * i] + counts[2 * i + 1];
        }
        Arrays.fill(counts, COLUMNS / 2, COLUMNS, 0);
    }
}
