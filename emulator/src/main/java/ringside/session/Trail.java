package ringside.session;

import java.util.Arrays;
import java.util.OptionalLong;

/**
 * What a column has done on a stretch of its way, told forwards and looked through backwards, stretch by stretch: by it the call is found
 * that a return belongs to.
 */
final class Trail {
    /** Where a way back leads. */
    enum Wanted {
        /** Before the last instruction, and where that was a return, before the call that it returned from. */
        OVER,
        /** Before the call, or the event, that led into the present procedure or handler. */
        OUT
    }

    private final Wanted wanted;
    private final String domain;
    private long[] times = new long[1024];
    private long[] addresses = new long[1024];
    private byte[] depths = new byte[1024];
    private boolean[] repeats = new boolean[1024];
    private int count;

    /** Returns whose call has not been found yet. */
    private int level;

    private boolean begun;

    /** It goes back over the iterations of one instruction; the earliest up to now. */
    private boolean repeating;

    private long repeated;
    private long earliest;

    /** @param domain the one that is gone back in; empty where there is only one */
    Trail(Wanted wanted, String domain) {
        this.wanted = wanted;
        this.domain = domain;
    }

    /** An earlier stretch begins. */
    void clear() {
        count = 0;
    }

    /** A boundary of the stretch was crossed. */
    void add(Lookout crossed) {
        if (!crossed.domain.equals(domain)) {
            return;
        }
        if (count == times.length) {
            times = Arrays.copyOf(times, 2 * count);
            addresses = Arrays.copyOf(addresses, 2 * count);
            depths = Arrays.copyOf(depths, 2 * count);
            repeats = Arrays.copyOf(repeats, 2 * count);
        }
        times[count] = crossed.fromTime;
        addresses[count] = crossed.from;
        depths[count] = (byte) crossed.depth();
        repeats[count] = crossed.glance.repeated && !crossed.delivered;
        count++;
    }

    /** The guest time that is wanted, where it lies in this stretch. */
    OptionalLong target() {
        for (int i = count - 1; i >= 0; i--) {
            if (isTarget(i)) {
                return OptionalLong.of(repeating ? earliest : times[i]);
            }
        }
        return OptionalLong.empty();
    }

    /** Where the run begins before anything was found: what is known of a repeated instruction. */
    OptionalLong earliest() {
        return repeating ? OptionalLong.of(earliest) : OptionalLong.empty();
    }

    private boolean isTarget(int i) {
        if (wanted == Wanted.OUT) {
            level -= depths[i];
            return level < 0;
        }
        if (repeating) {
            return !iterates(i);
        }
        if (!begun) {
            begun = true;
            if (repeats[i]) {
                repeating = true;
                repeated = addresses[i];
                earliest = times[i];
                return false;
            }
            level = depths[i] < 0 ? 1 : 0;
            return level == 0;
        }
        level -= depths[i];
        return level == 0;
    }

    /** One iteration more of the same instruction. */
    private boolean iterates(int i) {
        boolean more = repeats[i] && addresses[i] == repeated;
        if (more) {
            earliest = times[i];
        }
        return more;
    }
}
