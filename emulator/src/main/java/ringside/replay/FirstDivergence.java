package ringside.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.probe.Probe;
import ringside.trace.NextInstruction;

/**
 * Runs of one guest side by side, and the first boundary at which not all of its machines are as the first one is, in anything that the
 * guest can see.
 *
 * <p>States can meet again, so each run has a <em>rolling</em> hash, which takes in every state so far and, once it differs, differs for
 * good: the first boundary is found by bisection. At each of the first boundaries the whole state goes into it; later, where a run is
 * long, registers at each boundary and the whole state once a chunk. A chunk that parts is played again with the whole state at each.
 */
public final class FirstDivergence {
    /** Boundaries between two snapshots. */
    private static final int CHUNK = 1 << 11;

    /** Chunks in which the whole state is taken in at each boundary. */
    private static final int WHOLE_CHUNKS = 4;

    private static final int MOST_BYTES_NAMED = 16;

    private final List<Run> runs;
    private boolean repeating;

    /** Chunks that have been played. */
    private long chunks;

    /** Told what happened in one of the runs. */
    @FunctionalInterface
    public interface Listener {
        /** @param run counts from 0 */
        void happened(int run, Monitor monitor, Event event);
    }

    /**
     * Where the runs part.
     *
     * @param time guest time before it
     * @param instruction what was about to be performed, the same in all runs; empty where they differ from the start
     * @param events what happened at this boundary in each run, in their order
     * @param differs what they do not share after it
     * @param ends how each run ended there, if it did
     */
    public record Divergence(
            long time,
            long rip,
            Optional<NextInstruction.Instruction> instruction,
            List<List<Event>> events,
            List<GuestState.Disagreement> differs,
            List<Optional<Ending>> ends) {
        public Divergence {
            events = List.copyOf(events);
            differs = List.copyOf(differs);
            ends = List.copyOf(ends);
        }
    }

    /**
     * Starts the runs.
     *
     * @param starts each makes a monitor with the same guest loaded; at least one
     * @param listener told every event once, although boundaries are played again where runs part
     */
    public FirstDivergence(List<Function<Probe, Monitor>> starts, Listener listener) {
        runs = new ArrayList<>();
        for (Function<Probe, Monitor> start : starts) {
            runs.add(new Run(runs.size(), start, listener));
        }
    }

    /** The machines, in the order of their starts. */
    public List<Monitor> monitors() {
        return runs.stream().map(run -> run.monitor).toList();
    }

    /**
     * Runs until runs part, all have ended, or somebody wants it to stop; afterwards the monitors stand at, or not far behind, that boundary.
     * Asked again it goes on from where it stopped.
     *
     * @param limit steps from the start
     * @return where they part; empty where they did not up to where the search came
     */
    public Optional<Divergence> find(long limit, BooleanSupplier cancelled) {
        if (chunks == 0) {
            runs.forEach(Run::takeInWholeState);
            if (differ(0)) {
                return Optional.of(atTheStart());
            }
        }
        for (; goesOn(limit) && !cancelled.getAsBoolean(); chunks++) {
            boolean whole = chunks < WHOLE_CHUNKS;
            List<Monitor.State> before =
                    runs.stream().map(run -> run.monitor.save()).toList();
            long[] hashes = runs.stream().mapToLong(run -> run.rolling).toArray();
            runs.forEach(run -> run.play(limit, whole));
            if (partedAfter(CHUNK)) {
                return Optional.of(explain(before, hashes, limit));
            }
        }
        return Optional.empty();
    }

    /** Is there more of the runs, up to so many steps from the start? */
    public boolean goesOn(long limit) {
        return runs.get(0).goesOn(limit);
    }

    private Divergence atTheStart() {
        return new Divergence(
                0,
                runs.get(0).monitor.believed().registers.rip(),
                Optional.empty(),
                runs.stream().map(run -> List.<Event>of()).toList(),
                GuestState.disagreements(monitors(), MOST_BYTES_NAMED),
                ends());
    }

    /** Plays the chunk again, finds the boundary in it, and looks at what happens there; then all is as it was found. */
    private Divergence explain(List<Monitor.State> before, long[] hashes, long limit) {
        List<Monitor.State> after = runs.stream().map(run -> run.monitor.save()).toList();
        repeating = true;
        restore(before, hashes);
        runs.forEach(run -> run.play(limit, true));
        int first = bisect();
        restore(before, hashes);
        runs.forEach(run -> run.repeat(first - 1));
        Monitor reference = runs.get(0).monitor;
        long time = reference.machine().clock().now();
        var instruction = new NextInstruction().of(reference.believed());
        runs.forEach(run -> run.events.clear());
        runs.forEach(run -> run.repeat(1));
        var divergence = new Divergence(
                time,
                instruction.rip(),
                Optional.of(instruction),
                runs.stream().map(run -> List.copyOf(run.events)).toList(),
                GuestState.disagreements(monitors(), MOST_BYTES_NAMED),
                ends());
        for (int i = 0; i < runs.size(); i++) {
            runs.get(i).monitor.restore(after.get(i));
        }
        repeating = false;
        return divergence;
    }

    private List<Optional<Ending>> ends() {
        return monitors().stream().map(Monitor::ending).toList();
    }

    private void restore(List<Monitor.State> states, long[] hashes) {
        for (int i = 0; i < runs.size(); i++) {
            runs.get(i).monitor.restore(states.get(i));
            runs.get(i).rolling = hashes[i];
        }
    }

    /** The number of boundaries after which the hashes differ for the first time: once they do, they do for good. */
    private int bisect() {
        int equal = 0;
        int different = CHUNK;
        while (different - equal > 1) {
            int middle = (equal + different) >>> 1;
            if (partedAfter(middle)) {
                different = middle;
            } else {
                equal = middle;
            }
        }
        return different;
    }

    private boolean partedAfter(int boundaries) {
        return differ(boundaries - 1);
    }

    private boolean differ(int place) {
        return runs.stream().mapToLong(run -> run.hashes[place]).distinct().count() > 1;
    }

    /** One machine, and its rolling hash after each boundary of the present chunk. */
    private final class Run {
        private final Monitor monitor;
        private final StateHash hash;
        private final long[] hashes = new long[CHUNK];
        private final List<Event> events = new ArrayList<>();
        private long rolling = StateHash.START;

        Run(int number, Function<Probe, Monitor> start, Listener listener) {
            monitor = start.apply(event -> {
                if (repeating) {
                    events.add(event);
                } else {
                    happened(number, listener, event);
                }
            });
            hash = new StateHash(monitor);
        }

        private void happened(int number, Listener listener, Event event) {
            listener.happened(number, monitor, event);
        }

        boolean goesOn(long limit) {
            return monitor.ending().isEmpty() && monitor.machine().clock().steps() < limit;
        }

        /** Over the boundaries of one chunk; behind the end of a run nothing changes any more. */
        void play(long limit, boolean whole) {
            for (int i = 0; i < CHUNK; i++) {
                if (goesOn(limit)) {
                    step();
                    boolean all = whole || i == CHUNK - 1 || !goesOn(limit);
                    takeIn(all ? hash.now() : hash.ofRegisters());
                    if (!goesOn(limit)) {
                        takeIn(end());
                    }
                }
                hashes[i] = rolling;
            }
        }

        void takeInWholeState() {
            takeIn(hash.now());
            hashes[0] = rolling;
        }

        void repeat(int boundaries) {
            for (int i = 0; i < boundaries; i++) {
                step();
            }
        }

        private void step() {
            monitor.run(monitor.machine().clock().now() + 1);
        }

        private void takeIn(long state) {
            rolling = StateHash.mix(rolling, state);
        }

        private long end() {
            return monitor.ending()
                    .map(ending -> ending.status() + 0x100L * (1 + ending.kind().ordinal()))
                    .orElse(0L);
        }
    }
}
