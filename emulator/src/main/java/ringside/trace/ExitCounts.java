package ringside.trace;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import ringside.probe.Event;

/** How often the guest was left, by reason and by who answered, in the order in which each came first; and what all events cost. */
public final class ExitCounts {
    private record Sort(String kind, String reason, int number, String answeredBy, String domain) {}

    private final Map<Sort, Long> counts = new LinkedHashMap<>();
    private long cycles;

    /**
     * One sort of exit.
     *
     * @param domain which domain was left; empty where there is only one
     */
    public record Count(String kind, String reason, int number, String answeredBy, String domain, long count) {
        public Count(String kind, String reason, int number, String answeredBy, long count) {
            this(kind, reason, number, answeredBy, "", count);
        }
    }

    /** Counts an exit; a delivery adds its cost only. */
    public void add(Event event, long cost) {
        cycles += cost;
        if (event instanceof Event.Exit exit) {
            Sort sort = new Sort(exit.kind(), exit.reason(), exit.number(), exit.answeredBy(), exit.domain());
            counts.merge(sort, 1L, Long::sum);
        }
    }

    public List<Count> counts() {
        List<Count> list = new ArrayList<>();
        counts.forEach((sort, count) ->
                list.add(new Count(sort.kind, sort.reason, sort.number, sort.answeredBy, sort.domain, count)));
        return list;
    }

    /** Modelled cost of all events, in cycles. */
    public long cycles() {
        return cycles;
    }

    /** The counts and the cost so far. */
    public record State(List<Count> counts, long cycles) {
        public State {
            counts = List.copyOf(counts);
        }
    }

    public State save() {
        return new State(counts(), cycles);
    }

    public void restore(State state) {
        counts.clear();
        for (Count c : state.counts) {
            counts.put(new Sort(c.kind, c.reason, c.number, c.answeredBy, c.domain), c.count);
        }
        cycles = state.cycles;
    }
}
