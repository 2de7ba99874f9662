package ringside.session;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import ringside.probe.Event;
import ringside.trace.CostModel;
import ringside.trace.ExitCounts;

/**
 * How often the guest was left, and where its modelled cycles went.
 *
 * @param exits in all
 * @param cycles modelled, in all
 * @param reasons sorts of exits, the most frequent first
 * @param places by whom the cycles were spent, the most first
 */
public record Counts(long exits, long cycles, List<Reason> reasons, List<Place> places) {
    /** What the guest's own instructions and the delivery of its events are charged to. */
    static final String GUEST = "guest";

    static final String DELIVERY = "delivery";

    public Counts {
        reasons = List.copyOf(reasons);
        places = List.copyOf(places);
    }

    /**
     * One sort of exit.
     *
     * @param cycles modelled, of all of them
     * @param domain which domain was left; empty where there is only one
     */
    public record Reason(
            String kind,
            String reason,
            int number,
            String answeredBy,
            Views.Context context,
            String domain,
            long count,
            long cycles) {}

    /** @param by as summaries name it; {@code guest} for its own instructions, {@code delivery} for exceptions and interrupts delivered to it */
    public record Place(String by, Views.Context context, long cycles) {}

    static Counts of(Column column) {
        CostModel costs = column.timeline().costs();
        List<Reason> reasons = new ArrayList<>();
        Map<String, Long> places = new LinkedHashMap<>();
        long steps = column.timeline().monitor().machine().clock().steps();
        places.put(GUEST, steps);
        long charged = steps;
        long exits = 0;
        for (ExitCounts.Count count : column.timeline().exits()) {
            long cycles = count.count() * costs.cycles(event(count));
            exits += count.count();
            charged += cycles;
            places.merge(count.answeredBy(), cycles, Long::sum);
            reasons.add(new Reason(
                    count.kind(),
                    count.reason(),
                    count.number(),
                    count.answeredBy(),
                    Portrait.contextOf(count.answeredBy()),
                    count.domain(),
                    count.count(),
                    cycles));
        }
        long all = column.timeline().cycles();
        places.put(DELIVERY, all - charged);
        reasons.sort(Comparator.comparingLong(Reason::count).reversed());
        List<Place> sorted = new ArrayList<>();
        places.forEach((by, cycles) -> {
            if (cycles > 0) {
                sorted.add(new Place(by, context(by), cycles));
            }
        });
        sorted.sort(Comparator.comparingLong(Place::cycles).reversed());
        return new Counts(exits, all, reasons, sorted);
    }

    private static Views.Context context(String by) {
        return by.equals(GUEST) || by.equals(DELIVERY) ? Views.Context.GUEST_KERNEL : Portrait.contextOf(by);
    }

    /** An exit of that sort: what it is charged does not depend on its qualification. */
    private static Event event(ExitCounts.Count count) {
        return new Event.Exit(
                count.kind(), count.reason(), count.number(), 0, 0, count.answeredBy(), 0, count.domain());
    }
}
