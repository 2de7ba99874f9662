package ringside.replay;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.LongStream;
import ringside.bus.InputLog;
import ringside.cpu.CodeMarks;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;
import ringside.trace.CostModel;
import ringside.trace.ExitCounts;
import ringside.trace.NextInstruction;
import ringside.trace.TraceLog;

/**
 * A run that can be moved to any guest time: the nearest snapshot before it is restored, and the run is played on from there. Running is a
 * pure function of its start and its inputs, so going back and forth gives the same states as going straight.
 *
 * <p>A <em>boundary</em> is where the guest may be looked at: between two instructions, iterations of a repeated instruction, or
 * deliveries. Guest times are not dense: a HLT leads to the next deadline in one move.
 */
public final class Timeline {
    /** Snapshots that a timeline keeps unless it is told otherwise. */
    public static final int SNAPSHOTS = 64;

    /** Memory for them, in bytes. */
    public static final long SNAPSHOT_BYTES = 192L << 20;

    private static final int LOG_ENTRIES = 256;

    /** The run looks up this often, in units of guest time. */
    private static final long STRIDE = 1 << 16;

    /** On a way that may lead beyond its goal it looks up more seldom: each time it must be able to return. */
    private static final long LONG_STRIDE = 1 << 19;

    /** No snapshots closer to each other than this. */
    private static final long LEAST_DISTANCE = 1 << 12;

    private static final long NEVER = -1;

    private final CostModel costs;
    private final Monitor monitor;
    private final ExitCounts exits = new ExitCounts();
    private final TraceLog log = new TraceLog(LOG_ENTRIES);
    private final Overview overview = new Overview();
    private final Snapshots snapshots;

    /** Events since the last boundary; they count only where {@link #eventsKnown}. */
    private final List<Event> events = new ArrayList<>();

    private boolean eventsKnown = true;

    /** Guest time of the first exit since it was last set to {@link #NEVER}. */
    private long firstExit = NEVER;

    /** Guest time of the first thing that is worth a look, since it was last set to {@link #NEVER}. */
    private long firstSight = NEVER;

    public Timeline(Function<Probe, Monitor> start) {
        this(start, SNAPSHOTS, SNAPSHOT_BYTES, CostModel.TODAY);
    }

    /**
     * @param start makes the monitor, with the guest loaded; its probe is told every event
     * @param mostSnapshots at least 2
     * @param mostBytes memory for snapshots, in bytes; the first and the latest are kept in any case
     * @param costs what is charged for events
     */
    public Timeline(Function<Probe, Monitor> start, int mostSnapshots, long mostBytes, CostModel costs) {
        this.costs = costs;
        // The monitor may not tell of anything before it runs.
        monitor = start.apply(new Watch());
        snapshots = new Snapshots(here(), mostSnapshots, mostBytes);
    }

    public Monitor monitor() {
        return monitor;
    }

    /** Guest time. */
    public long time() {
        return monitor.machine().clock().now();
    }

    /** How the run ended, where it has at the present boundary. */
    public Optional<Ending> ending() {
        return monitor.ending();
    }

    /** How often the guest has been left up to now. */
    public List<ExitCounts.Count> exits() {
        return exits.counts();
    }

    /** Modelled cost up to now, in cycles: one for each step, and what {@link CostModel} charges for events. */
    public long cycles() {
        return monitor.machine().clock().steps() + exits.cycles();
    }

    /** Where the exits of the whole run are, as far as it has been run. */
    public Overview overview() {
        return overview;
    }

    /** What is charged for events. */
    public CostModel costs() {
        return costs;
    }

    /** The last events up to now, oldest first. */
    public Collection<TraceLog.Entry> log() {
        return log.entries();
    }

    /** Over the next boundary; nothing happens at the end of the run. */
    public void forward() {
        if (hasEnded()) {
            return;
        }
        events.clear();
        eventsKnown = true;
        play(time() + 1);
        keep(snapshots.distance(time()));
    }

    /** To the previous boundary; nothing happens at the start. */
    public void back() {
        long time = time();
        if (hasEnded()) {
            land(time);
            if (!hasEnded()) {
                return;
            }
        }
        if (time > 0) {
            land(time - 1);
        }
    }

    /**
     * To the boundary at the given time, or the last before it; of two at the same time (a triple fault takes none) to the later.
     *
     * @return true where there is a boundary at exactly that time
     */
    public boolean seek(long time) {
        land(Math.max(time, 0));
        if (time() == time && !hasEnded()) {
            Snapshot before = here();
            play(time + 1);
            if (time() != time) {
                restore(before);
            }
        }
        return time() == time;
    }

    /** A boundary to which the run can return at once, as long as nothing is typed at an earlier time. */
    public static final class Place {
        private final Snapshot snapshot;

        private Place(Snapshot snapshot) {
            this.snapshot = snapshot;
        }
    }

    /** Where the run stands. */
    public Place place() {
        return new Place(here());
    }

    public void returnTo(Place place) {
        restore(place.snapshot);
    }

    /** Leaves a snapshot here, so that what comes can soon be looked back at. */
    public void mark() {
        keep(0);
    }

    /** Goes to the nearest snapshot, from which the boundary at a time, or the last before it, is reached by playing on. */
    public void rewind(long time) {
        Snapshot nearest = snapshots.atOrBefore(time);
        if (hasEnded() || time() > time || time() < nearest.time()) {
            restore(nearest);
        }
    }

    /** Goes forward to the last snapshot that is not later than a time, where there is one beyond the present. */
    public void leap(long time) {
        if (snapshots.atOrBefore(time).time() > time()) {
            rewind(time);
        }
    }

    /**
     * Plays on to the boundary at a time, or the last before it; of two at the same time, to the earlier. The run must not stand beyond
     * it. What was stopped is gone on with by asking again.
     *
     * @return false where somebody wanted it to stop on the way
     */
    public boolean approach(long wanted, BooleanSupplier cancelled) {
        long target = wanted;
        while (time() < target && !hasEnded()) {
            Snapshot before = here();
            // Half of the way at a time: it leaves snapshots ever closer to the target, and finds the end of a leap.
            long half = target - (target - time()) / 2;
            long next = Math.min(half, later(LONG_STRIDE));
            eventsKnown = false;
            play(next);
            if (time() > target) {
                restore(before);
                target = next - 1;
                continue;
            }
            if (time() >= half) {
                keep(0);
            }
            // Where idle time leads is found in one go, which is short.
            if (target == wanted && time() < target && cancelled.getAsBoolean()) {
                return false;
            }
        }
        return true;
    }

    /** Runs until guest time reaches {@code untilTime} (idle time may lead beyond), the run ends, or somebody wants it to stop. */
    public void run(long untilTime, BooleanSupplier cancelled) {
        while (!hasEnded() && time() < untilTime && !cancelled.getAsBoolean()) {
            eventsKnown = false;
            play(Math.min(untilTime, later(STRIDE)));
            keep(snapshots.distance(time()));
        }
    }

    /**
     * Runs like {@link #run}, and finds out where on the way a look is worth while.
     *
     * @param addresses linear addresses of instructions
     * @return the first guest time at which the guest came to an instruction at one of them, something was told, or the run ended; empty
     *     where there was no such time. It may be told of more than is there, and of the time behind it, but of nothing too late
     */
    public OptionalLong skim(long untilTime, long[] addresses) {
        if (hasEnded()) {
            return OptionalLong.empty();
        }
        firstSight = NEVER;
        mark(addresses.length == 0 ? CodeMarks.NONE : new CodeMarks(addresses, this::sight));
        try {
            run(untilTime, () -> firstSight != NEVER);
        } finally {
            mark(CodeMarks.NONE);
        }
        long next = NextInstruction.linear(monitor.believed());
        if (hasEnded() || LongStream.of(addresses).anyMatch(address -> address == next)) {
            sight(time());
        }
        return firstSight == NEVER ? OptionalLong.empty() : OptionalLong.of(firstSight);
    }

    private void mark(CodeMarks marks) {
        monitor.real().memory.mark(marks);
        monitor.believed().memory.mark(marks);
    }

    private void sight(long time) {
        if (firstSight == NEVER) {
            firstSight = time;
        }
    }

    /**
     * Runs until just after the next exit: the next boundary at which anybody but the guest has been entered.
     *
     * @return false where there was none before the limit, the end, or somebody wanted it to stop
     */
    public boolean runToNextExit(long limitTime, BooleanSupplier cancelled) {
        long stride = 1;
        while (!hasEnded() && time() < limitTime && !cancelled.getAsBoolean()) {
            Snapshot from = here();
            firstExit = NEVER;
            eventsKnown = false;
            play(Math.min(limitTime, later(stride)));
            if (firstExit != NEVER) {
                long exit = firstExit;
                restore(from);
                if (exit > from.time()) {
                    land(exit - 1);
                }
                firstExit = NEVER;
                while (firstExit == NEVER) {
                    forwardAsBefore();
                }
                return true;
            }
            keep(snapshots.distance(time()));
            stride = Math.min(4 * stride, STRIDE);
        }
        return false;
    }

    /** What was told of the last boundary crossed, in order: nothing at the start of the run. */
    public List<Event> lastEvents() {
        if (!eventsKnown) {
            long time = time();
            boolean ended = hasEnded();
            back();
            forwardAsBefore();
            while (time() != time || hasEnded() != ended) {
                forwardAsBefore();
            }
        }
        return List.copyOf(events);
    }

    /**
     * A byte arrives at COM1 from outside, now. What had been played beyond this boundary is void: another future begins.
     *
     * @param value 0 to 255
     * @return false where the machine takes no more
     */
    public boolean type(int value) {
        return type(time(), new byte[] {(byte) value});
    }

    /**
     * The same for several bytes at a time of their own. What had been played beyond that time is void.
     *
     * @return false where the machine takes no more
     */
    public boolean type(long at, byte[] values) {
        InputLog inputs = monitor.machine().inputs();
        snapshots.forgetAfter(at);
        overview.forgetAfter(at);
        inputs.forgetAfter(at);
        boolean taken = true;
        for (byte value : values) {
            taken &= inputs.append(at, value & 0xFF);
        }
        if (hasEnded() || time() > at) {
            // A processor that idled for ever may be woken by it.
            land(Math.min(time(), at));
        }
        return taken;
    }

    /** Snapshots kept at present. */
    int snapshotCount() {
        return snapshots.count();
    }

    /** An upper bound of what they take, in bytes. */
    public long snapshotBytes() {
        return snapshots.bytes();
    }

    /** Lets the guest run, and keeps in mind how far the run is known. */
    private void play(long until) {
        monitor.run(until);
        overview.reached(time(), hasEnded());
    }

    private boolean hasEnded() {
        return monitor.ending().isPresent();
    }

    private long later(long units) {
        return time() > Long.MAX_VALUE - units ? Long.MAX_VALUE : time() + units;
    }

    /** Forward where the run has been before. */
    private void forwardAsBefore() {
        if (hasEnded()) {
            throw new IllegalStateException("the run did not go the same way twice: it ended at " + time());
        }
        forward();
    }

    private final class Watch implements Probe {
        @Override
        public void event(Event event) {
            exits.add(event, costs.cycles(event));
            if (event instanceof Event.Exit exit) {
                overview.exit(time(), exit.answeredBy());
            }
            log.add(time(), monitor.real().registers.rip(), event);
            if (eventsKnown) {
                events.add(event);
            }
            sight(time());
            if (firstExit == NEVER && event instanceof Event.Exit) {
                firstExit = time();
            }
        }

        @Override
        public void step(Deed deed, String who, long detail) {
            log.add(deed, who, detail);
        }
    }

    /** To the state that {@code run(target)} from the start gives, or, where idle time led beyond, to the boundary before. */
    private void land(long wanted) {
        rewind(wanted);
        approach(wanted, () -> false);
    }

    /** Leaves a snapshot where the last one is at least this far away. */
    private void keep(long distance) {
        long since = time() - snapshots.atOrBefore(time()).time();
        if (!hasEnded() && since >= Math.max(distance, LEAST_DISTANCE)) {
            snapshots.add(here());
        }
    }

    private Snapshot here() {
        return new Snapshot(time(), hasEnded(), monitor.save(), exits.save(), log.save());
    }

    private void restore(Snapshot snapshot) {
        monitor.restore(snapshot.state());
        exits.restore(snapshot.exits());
        log.restore(snapshot.log());
        events.clear();
        eventsKnown = snapshot.time() == 0 && !snapshot.ended();
    }
}
