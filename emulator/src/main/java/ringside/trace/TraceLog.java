package ringside.trace;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import ringside.probe.Deed;
import ringside.probe.Event;

/** The last events of a run, in order, and what was done about exits; older ones are forgotten, so that its size is bounded. */
public final class TraceLog {
    private final int capacity;
    private final Deque<Kept> entries = new ArrayDeque<>();
    private Answer answer = new Answer();
    private long forgotten;

    /**
     * An event and its place in the run.
     *
     * @param time guest time at which it happened
     * @param rip the guest's instruction pointer at that boundary
     * @param steps what was done about it, where it is an exit
     */
    public record Entry(long time, long rip, Event event, List<Answer.Step> steps) {
        public Entry {
            steps = List.copyOf(steps);
        }
    }

    /** The same, to which steps may come. */
    private record Kept(long time, long rip, Event event, List<Answer.Step> steps) {
        static Kept of(Entry entry) {
            return new Kept(entry.time, entry.rip, entry.event, new ArrayList<>(entry.steps));
        }

        Entry entry() {
            return new Entry(time, rip, event, steps);
        }
    }

    /** @param capacity entries kept, at least 1 */
    public TraceLog(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a log keeps at least one entry, not " + capacity);
        }
        this.capacity = capacity;
    }

    /** An event has happened. */
    public void add(long time, long rip, Event event) {
        if (entries.size() == capacity) {
            entries.removeFirst();
            forgotten++;
        }
        entries.addLast(new Kept(
                time, rip, event, event instanceof Event.Exit exit && exit.isAnswered() ? answer.exit() : List.of()));
    }

    /** Something was done about an exit. */
    public void add(Deed deed, String by, long detail) {
        answer.add(deed, by, detail);
    }

    /** Oldest first. */
    public Collection<Entry> entries() {
        return entries.stream().map(Kept::entry).toList();
    }

    /** How many entries came before those that are kept. */
    public long forgotten() {
        return forgotten;
    }

    /** The entries kept, and the number of those that were not. */
    public record State(List<Entry> entries, long forgotten) {
        public State {
            entries = List.copyOf(entries);
        }
    }

    public State save() {
        return new State(List.copyOf(entries()), forgotten);
    }

    public void restore(State state) {
        entries.clear();
        answer = new Answer();
        for (Entry entry : state.entries) {
            Kept kept = Kept.of(entry);
            entries.addLast(kept);
            if (entry.event instanceof Event.Exit exit && exit.isAnswered()) {
                answer.goOn(kept.steps);
            }
        }
        forgotten = state.forgotten;
    }
}
