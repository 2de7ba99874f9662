package ringside.trace;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import ringside.probe.Event;

/** The last events of a run, in order; older ones are forgotten, so that its size is bounded. */
public final class TraceLog {
    private final int capacity;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private long forgotten;

    /**
     * An event and its place in the run.
     *
     * @param time guest time at which it happened
     * @param rip the guest's instruction pointer at that boundary
     */
    public record Entry(long time, long rip, Event event) {}

    /** @param capacity entries kept, at least 1 */
    public TraceLog(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a log keeps at least one entry, not " + capacity);
        }
        this.capacity = capacity;
    }

    public void add(Entry entry) {
        if (entries.size() == capacity) {
            entries.removeFirst();
            forgotten++;
        }
        entries.addLast(entry);
    }

    /** Oldest first. */
    public Collection<Entry> entries() {
        return List.copyOf(entries);
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
        return new State(List.copyOf(entries), forgotten);
    }

    public void restore(State state) {
        entries.clear();
        entries.addAll(state.entries);
        forgotten = state.forgotten;
    }
}
