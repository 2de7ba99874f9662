package ringside.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import ringside.cpu.Cpu;
import ringside.image.GuestImage;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.replay.GuestState;
import ringside.trace.NextInstruction;

/** Runs a guest boundary by boundary, and keeps what can be said about it afterwards. */
public final class ObservedRun {
    private static final String DOMAIN_0 = "dom0";
    private static final Set<String> PREFIXES = Set.of("REP", "REPE", "REPNE", "LOCK");

    private final BatchRun run;
    private final Map<Long, String> milestones = new HashMap<>();
    private final NextInstruction next = new NextInstruction();
    private final List<Observation.Moment> moments = new ArrayList<>();
    private final List<Observation.Place> places = new ArrayList<>();
    private final Map<String, Observation.Tally> performed = new HashMap<>();
    private long order;

    private ObservedRun(GuestFile file, RunOptions options) {
        GuestImage image = GuestStart.checked(file, options).in(options.mode());
        image.milestones().forEach(milestone -> milestones.put(milestone.address(), milestone.name()));
        run = new BatchRun(file, options);
        run.onEvent(this::happened);
    }

    /**
     * Runs a guest to its end.
     *
     * @param limit in steps
     * @throws BadInput where the guest or an option cannot be used
     */
    public static Observation of(GuestFile file, RunOptions options, long limit) {
        var observed = new ObservedRun(file, options);
        observed.run(limit);
        return new Observation(observed.run.summary(), observed.moments, observed.places, observed.performed);
    }

    private void run(long limit) {
        Monitor monitor = run.monitor();
        var clock = monitor.machine().clock();
        stand(monitor, Observation.START);
        while (monitor.ending().isEmpty() && clock.steps() < limit) {
            boolean ours = !monitor.domain().equals(DOMAIN_0);
            Cpu believed = monitor.believed();
            String name = ours ? name(next.of(believed).text()) : "";
            String milestone = ours ? milestones.getOrDefault(believed.registers.rip(), "") : "";
            if (!milestone.isEmpty()) {
                stand(monitor, milestone);
            }
            long steps = clock.steps();
            monitor.run(clock.now() + 1);
            if (clock.steps() > steps && !name.isEmpty()) {
                long now = order++;
                performed.merge(
                        name,
                        new Observation.Tally(1, now),
                        (old, one) -> new Observation.Tally(old.count() + 1, old.first()));
            }
        }
    }

    private void stand(Monitor monitor, String name) {
        if (places.size() < Observation.MOST_PLACES) {
            places.add(new Observation.Place(
                    name,
                    order++,
                    monitor.machine().clock().now(),
                    Summary.Named.of(GuestState.processor(monitor.believed())),
                    Summary.Named.of(GuestState.processor(monitor.real()))));
        }
    }

    private void happened(Event event) {
        if (moments.size() < Observation.MOST_MOMENTS && !event.domain().equals(DOMAIN_0)) {
            long now = run.time();
            if (event instanceof Event.Exit exit) {
                moments.add(
                        new Observation.Moment(order++, now, Observation.Kind.EXIT, exit.reason(), exit.answeredBy()));
            } else if (event instanceof Event.Delivery delivery) {
                var kind = delivery.kind().equals("fault") ? Observation.Kind.FAULT : Observation.Kind.INTERRUPT;
                moments.add(new Observation.Moment(order++, now, kind, delivery.reason(), "cpu"));
            }
        }
    }

    /** The instruction's name, without what stands before it. */
    private static String name(String text) {
        for (String word : text.toUpperCase(Locale.ROOT).split(" ")) {
            if (!PREFIXES.contains(word)) {
                return word;
            }
        }
        return "";
    }
}
