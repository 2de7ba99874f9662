package ringside.replay;

import java.util.ArrayList;
import java.util.List;

/**
 * The snapshots of one run, by guest time. Their number and their memory are bounded: what is too much is thinned out, so that they lie
 * dense around the present, where a learner goes back and forth, and evenly far away from it, up to the end of what was run.
 */
final class Snapshots {
    /** Where a snapshot is farther from the present than this part of the run, it counts as far: all far ones lie equally dense. */
    private static final int FAR = 16;

    /** Where it is nearer than this part of the run, it counts as near. In between they lie the denser, the nearer the present is. */
    private static final int NEAR = 1024;

    private final int most;
    private final long mostBytes;
    private final List<Snapshot> byTime = new ArrayList<>();

    /** Bytes of each snapshot beside its predecessor. */
    private final List<Long> bytes = new ArrayList<>();

    private long totalBytes;

    /** @param first the start of the run, which is never thinned out */
    Snapshots(Snapshot first, int most, long mostBytes) {
        if (most < 2) {
            throw new IllegalArgumentException("a timeline needs room for 2 snapshots, not " + most);
        }
        this.most = most;
        this.mostBytes = mostBytes;
        byTime.add(first);
        bytes.add(0L);
    }

    /** The latest snapshot that is not later than the given time. */
    Snapshot atOrBefore(long time) {
        return byTime.get(indexAtOrBefore(time));
    }

    /** The distance in guest time at which a run of this length should leave snapshots. */
    long distance(long present) {
        return present / most;
    }

    void add(Snapshot snapshot) {
        int before = indexAtOrBefore(snapshot.time());
        if (byTime.get(before).time() == snapshot.time()) {
            return;
        }
        byTime.add(before + 1, snapshot);
        bytes.add(before + 1, 0L);
        weigh(before + 1);
        weigh(before + 2);
        while (byTime.size() > 2 && (byTime.size() > most || totalBytes > mostBytes)) {
            remove(leastUseful(snapshot.time()));
        }
    }

    /** Another future begins here: what lies behind is void. */
    void forgetAfter(long time) {
        while (byTime.get(byTime.size() - 1).time() > time) {
            remove(byTime.size() - 1);
        }
    }

    int count() {
        return byTime.size();
    }

    long bytes() {
        return totalBytes;
    }

    private void remove(int index) {
        byTime.remove(index);
        totalBytes -= bytes.remove(index);
        weigh(index);
    }

    private void weigh(int index) {
        if (index < byTime.size()) {
            long weight = byTime.get(index).bytesBeside(byTime.get(index - 1));
            totalBytes += weight - bytes.get(index);
            bytes.set(index, weight);
        }
    }

    /**
     * Where its neighbours lie close together, measured by the distance from the present. Never the first, nor the present, nor the last:
     * who has gone back wants to go forward again.
     */
    private int leastUseful(long present) {
        double last = byTime.get(byTime.size() - 1).time();
        int least = byTime.size() - 1;
        double leastUse = Double.MAX_VALUE;
        for (int i = 1; i < byTime.size() - 1; i++) {
            long time = byTime.get(i).time();
            double gap = byTime.get(i + 1).time() - byTime.get(i - 1).time();
            double use = gap / (Math.min(Math.abs(time - present), last / FAR) + last / NEAR + 1);
            if (time != present && use < leastUse) {
                leastUse = use;
                least = i;
            }
        }
        return least;
    }

    private int indexAtOrBefore(long time) {
        int low = 0;
        int high = byTime.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (byTime.get(middle).time() <= time) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
