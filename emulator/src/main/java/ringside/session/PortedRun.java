package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import ringside.image.GuestImage;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.trace.CostModel;
import ringside.trace.ExitCounts;
import ringside.trace.NextInstruction;

/** A run of one port of a guest, cut into stretches by the milestones that it comes to. */
final class PortedRun {
    /** Stretches that are told of; what comes later is part of the last one. */
    private static final int MOST = 1_000;

    private static final String DOMAIN_0 = "dom0";

    private final String mode;
    private final Monitor monitor;
    private final CostModel costs;
    private final ExitRecord record;
    private final Map<Long, String> milestones = new HashMap<>();
    private final List<Event> events = new ArrayList<>();
    private final NextInstruction next = new NextInstruction();
    private final LineCalls calls;

    private final List<Stretch> stretches = new ArrayList<>();
    private ExitCounts counts = new ExitCounts();
    private Place place;

    /** The milestone that the last step has performed. */
    private String standing = "";

    /** Where a stretch begins: a milestone, or the start. */
    private record Place(String name, long time, long steps, long rip, String text, int exits, int printed) {}

    /**
     * What was done from one milestone to the next.
     *
     * @param from empty at the start
     * @param to empty at the end
     * @param rip where it begins
     * @param text the instruction there
     * @param exits where its exits are among all
     * @param printed how many bytes were printed up to its end
     */
    record Stretch(String from, String to, long rip, String text, Range exits, int printed, Alignment.Part part) {}

    /** From one index to another, which is not in it. */
    record Range(int from, int to) {}

    PortedRun(GuestFile file, RunOptions options, CostModel costs) {
        this.costs = costs;
        mode = options.mode();
        record = new ExitRecord(costs);
        GuestImage image = GuestStart.checked(file, options).in(mode);
        calls = new LineCalls(new SourceMap(image));
        for (GuestImage.Milestone milestone : image.milestones()) {
            milestones.put(milestone.address(), milestone.name());
        }
        monitor = GuestStart.start(file, options, this::happened);
        place = here("");
    }

    Monitor monitor() {
        return monitor;
    }

    private void happened(Event event) {
        record.add(monitor, event);
        events.add(event);
    }

    /**
     * Runs to its end, to the limit, or until somebody has enough; asked again it goes on.
     *
     * @return whether nothing is left of it
     */
    boolean run(long limit, BooleanSupplier enough) {
        var clock = monitor.machine().clock();
        while (monitor.ending().isEmpty() && clock.steps() < limit) {
            if (enough.getAsBoolean()) {
                return false;
            }
            step();
        }
        return true;
    }

    private void step() {
        String name = milestone();
        Place before = name.isEmpty() ? place : here(name);
        boolean own = !monitor.domain().equals(DOMAIN_0);
        if (own) {
            calls.before(monitor);
        }
        monitor.run(monitor.machine().clock().now() + 1);
        if (own) {
            calls.after(events);
        }
        // A delivery before the instruction leads away from it, and it is come to again.
        boolean passed = events.stream().noneMatch(event -> event instanceof Event.Delivery);
        if (!name.isEmpty() && passed && !name.equals(standing)) {
            end(before);
        }
        standing = passed ? name : "";
        events.forEach(event -> counts.add(event, costs.cycles(event)));
        events.clear();
    }

    /** Nothing more is run: what was done since the last milestone is a stretch too. */
    void close() {
        end(here(""));
    }

    /** At which one the guest stands; empty where it stands at none. */
    private String milestone() {
        boolean tells = stretches.size() < MOST && !monitor.domain().equals(DOMAIN_0);
        return tells ? milestones.getOrDefault(monitor.believed().registers.rip(), "") : "";
    }

    private Place here(String name) {
        var machine = monitor.machine();
        var instruction = next.of(monitor.believed());
        return new Place(
                name,
                machine.clock().now(),
                machine.clock().steps(),
                instruction.rip(),
                instruction.text(),
                record.count(),
                machine.serial().bytes().length);
    }

    /** The stretch at hand ends there, and another begins. */
    private void end(Place at) {
        stretches.add(new Stretch(
                place.name,
                at.name,
                place.rip,
                place.text,
                new Range(place.exits, at.exits),
                at.printed,
                new Alignment.Part(
                        place.time,
                        at.steps - place.steps,
                        text(place.printed, at.printed),
                        counts.counts().stream().map(Summary.Exits::of).toList())));
        counts = new ExitCounts();
        place = at;
    }

    private String text(int from, int to) {
        return new String(monitor.machine().serial().bytes(), from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** The hypercalls that lines of its source have made up to now. */
    Map<Integer, List<PortDiff.Call>> calls() {
        return calls.all();
    }

    List<Stretch> stretches() {
        return List.copyOf(stretches);
    }

    /** A stretch; behind the last one there is an empty one. */
    Stretch stretch(int i) {
        if (i < stretches.size()) {
            return stretches.get(i);
        }
        Stretch last = stretches.get(stretches.size() - 1);
        return new Stretch(
                "",
                "",
                place.rip,
                place.text,
                new Range(last.exits.to, last.exits.to),
                last.printed,
                new Alignment.Part(place.time, 0, "", List.of()));
    }

    /** The milestone that a stretch leads to, or how the run ended before it came to one. */
    String goal(int i) {
        String to = stretch(i).to();
        return to.isEmpty() ? "the end" : to;
    }

    /** Everything that was printed up to its end. */
    String printed(int i) {
        return text(0, stretch(i).printed());
    }

    /** The exits of a stretch, as far as they are told one by one. */
    List<Alignment.Left> exits(int i) {
        Range range = stretch(i).exits();
        List<Alignment.Left> all = side().exits();
        return all.subList(Math.min(range.from, all.size()), Math.min(range.to, all.size()));
    }

    Alignment.Side side() {
        return record.side(mode, monitor);
    }
}
