package ringside.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import ringside.image.GuestImage;
import ringside.probe.Event;
import ringside.replay.Timeline;

/** One mode of a lab: its timeline, and what a learner should see of the way to the present boundary. */
final class Column {
    /** How far back the lane shows who ran, in units of guest time. */
    static final int LANE = 48;

    /** How far back it is looked which exceptions and interrupts are being handled, where any were delivered. */
    static final int HANDLERS = 1024;

    private final String letter;
    private final String mode;
    private final GuestImage image;
    private final SourceMap source;
    private final Optional<SourceMap> source0;
    private final Timeline timeline;

    /** The last boundaries up to now; they count only where {@link #known}. */
    private final Deque<Moment> moments = new ArrayDeque<>();

    private final Handlers handlers = new Handlers();
    private Optional<Scene> before = Optional.empty();
    private Optional<Lookout> lookout = Optional.empty();
    private Map<String, Inspections.Told> inspectedBefore = Map.of();
    private OpenViews watched = OpenViews.USUAL;
    private boolean known;
    private long memoryAddress;

    /**
     * A boundary that was crossed.
     *
     * @param time guest time after it
     * @param context where the guest was before it
     * @param idle guest time that was skipped, in its units
     */
    record Moment(long time, Views.Context context, long idle, List<Event> events) {}

    /** @param source0 of a domain 0 beside the guest */
    Column(
            String letter,
            String mode,
            GuestImage image,
            SourceMap source,
            Optional<SourceMap> source0,
            Timeline timeline) {
        this.image = image;
        this.source = source;
        this.source0 = source0;
        this.letter = letter;
        this.mode = mode;
        this.timeline = timeline;
    }

    String letter() {
        return letter;
    }

    String mode() {
        return mode;
    }

    /** The guest as it is in this mode. */
    GuestImage image() {
        return image;
    }

    /** Where the lines of its source lie; of the domain that runs, where there are several. */
    SourceMap source() {
        return source(timeline.monitor().domain());
    }

    SourceMap source(String domain) {
        return domain.equals("dom0") ? source0.orElse(source) : source;
    }

    Timeline timeline() {
        return timeline;
    }

    long time() {
        return timeline.time();
    }

    boolean ended() {
        return timeline.ending().isPresent();
    }

    /** Somebody watches every boundary that is crossed from now on. */
    void watch(Lookout watcher) {
        lookout = Optional.of(watcher);
    }

    void unwatch() {
        lookout = Optional.empty();
    }

    void forward() {
        if (lookout.isPresent()) {
            lookout.get().before();
            timeline.forward();
            forget();
            lookout.get().after();
            return;
        }
        if (!known) {
            timeline.forward();
            return;
        }
        var context = context();
        long from = time();
        before = Optional.of(scene());
        inspectedBefore = Inspections.of(timeline.monitor(), watched);
        cross();
        moments.addLast(new Moment(time(), context, Math.max(0, time() - from - 1), timeline.lastEvents()));
        while (!moments.isEmpty() && moments.getFirst().time() <= time() - LANE) {
            moments.removeFirst();
        }
    }

    /** Over a boundary, with an eye on handlers. */
    private void cross() {
        handlers.before(timeline.monitor());
        timeline.forward();
        handlers.after(timeline.monitor(), time(), timeline.lastEvents());
    }

    void seek(long time) {
        if (time() != time || ended()) {
            timeline.seek(time);
            forget();
        }
    }

    void run(long until) {
        timeline.run(until, () -> false);
        forget();
    }

    OptionalLong skim(long until, long[] places) {
        forget();
        return timeline.skim(until, places);
    }

    void approach(long time) {
        forget();
        var here = timeline.place();
        if (time() < time && !ended()) {
            timeline.run(time, () -> false);
            if (time() > time) {
                // Idle time has led beyond.
                timeline.returnTo(here);
                timeline.approach(time, () -> false);
            }
        }
    }

    boolean runToNextExit(long limit, BooleanSupplier enough) {
        forget();
        return timeline.runToNextExit(limit, enough);
    }

    void type(long time, byte[] values) {
        timeline.type(time, values);
        forget();
    }

    /** Memory at another address is wanted. */
    void look(long address) {
        if (memoryAddress != address) {
            memoryAddress = address;
            forget();
        }
    }

    /** These views are open: what they show is looked at before each boundary, so that changes can be told. */
    void watch(OpenViews open) {
        if (!watched.equals(open)) {
            watched = open;
            forget();
        }
    }

    /** What the parts held before the last boundary that {@link #watch} asked for, by the names of the views. */
    Map<String, Inspections.Told> inspectedBefore() {
        return inspectedBefore;
    }

    /** What there is to see now. */
    Scene scene() {
        return Scene.of(timeline.monitor(), memoryAddress);
    }

    /** What there was to see before the last boundary; nothing at the start. */
    Optional<Scene> before() {
        return before;
    }

    List<Moment> moments() {
        return List.copyOf(moments);
    }

    /** Plays the last boundaries again, where it is not known how the present one was reached. */
    void recall() {
        if (known) {
            return;
        }
        long time = time();
        boolean end = ended();
        moments.clear();
        handlers.clear();
        before = Optional.empty();
        known = true;
        if (time == 0 && !end) {
            return;
        }
        timeline.seek(Math.max(0, Math.min(time - LANE, firstDelivery(time - HANDLERS))));
        if (timeline.ending().isPresent()) {
            timeline.back();
        }
        while (time() < time || ended() != end) {
            if (ended() || time() > time) {
                throw new IllegalStateException(mode + " did not come to time " + time + " again, but to " + time());
            }
            if (time() < time - LANE) {
                cross();
            } else {
                forward();
            }
        }
    }

    /** A boundary before the first delivery that is remembered and was not before a time. */
    private long firstDelivery(long earliest) {
        return log().stream()
                .filter(entry -> entry.event() instanceof Event.Delivery && entry.time() > earliest)
                .mapToLong(entry -> entry.time() - 1)
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    /** The exceptions and interrupts that are being handled, the innermost last, as far as {@link #HANDLERS} leads back. */
    List<Handlers.Frame> handled() {
        return handlers.frames(timeline.monitor().domain());
    }

    /** How the present boundary was reached is not known: {@link #recall} finds out. */
    void forget() {
        known = false;
        moments.clear();
        before = Optional.empty();
        inspectedBefore = Map.of();
    }

    /** Who runs: a translation, or the guest itself, by the ring that it believes in. */
    Views.Context context() {
        if (timeline.monitor().translation().isPresent()) {
            return Views.Context.TRANSLATED;
        }
        return timeline.monitor().believed().system.cpl == 3 ? Views.Context.GUEST_USER : Views.Context.GUEST_KERNEL;
    }

    long exits() {
        return timeline.exits().stream().mapToLong(count -> count.count()).sum();
    }

    /** The last events, oldest first. */
    List<ringside.trace.TraceLog.Entry> log() {
        return new ArrayList<>(timeline.log());
    }
}
