package ringside.monitor.paravirtual;

import java.util.ArrayList;
import java.util.List;

/**
 * Numbers, as ranges that neither meet nor touch (Xen, common/rangeset.c); all are unsigned.
 *
 * @param ranges in no order
 */
record RangeSet(List<Range> ranges) {
    static final RangeSet EMPTY = new RangeSet(List.of());

    /** The highest number. */
    private static final long LAST = -1;

    /** MAX_NR_IO_RANGES. */
    private static final int MOST = 256;

    /** @param last included */
    record Range(long first, long last) {}

    boolean contains(long first, long last) {
        return ranges.stream()
                .anyMatch(range ->
                        Long.compareUnsigned(range.first, first) <= 0 && Long.compareUnsigned(last, range.last) <= 0);
    }

    boolean overlaps(long first, long last) {
        return ranges.stream()
                .anyMatch(range ->
                        Long.compareUnsigned(range.first, last) <= 0 && Long.compareUnsigned(first, range.last) <= 0);
    }

    /** With a range that overlaps none. */
    RangeSet add(long first, long last) {
        long from = first;
        long to = last;
        List<Range> all = new ArrayList<>();
        for (Range range : ranges) {
            if (range.last != LAST && range.last + 1 == from) {
                from = range.first;
            } else if (to != LAST && to + 1 == range.first) {
                to = range.last;
            } else {
                all.add(range);
            }
        }
        all.add(new Range(from, to));
        return of(all);
    }

    /** Without a range that it contains. */
    RangeSet remove(long first, long last) {
        List<Range> all = new ArrayList<>();
        for (Range range : ranges) {
            if (Long.compareUnsigned(range.first, last) > 0 || Long.compareUnsigned(first, range.last) > 0) {
                all.add(range);
                continue;
            }
            if (range.first != first) {
                all.add(new Range(range.first, first - 1));
            }
            if (range.last != last) {
                all.add(new Range(last + 1, range.last));
            }
        }
        return of(all);
    }

    private static RangeSet of(List<Range> ranges) {
        if (ranges.size() > MOST) {
            throw Errno.ENOMEM.failure();
        }
        return new RangeSet(List.copyOf(ranges));
    }
}
