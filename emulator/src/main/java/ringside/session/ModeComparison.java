package ringside.session;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import ringside.bus.Clock;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.probe.Probe;
import ringside.replay.FirstDivergence;
import ringside.replay.GuestState;
import ringside.trace.CostModel;
import ringside.trace.NextInstruction;

/**
 * Runs one guest in several modes, and finds where it sees something else for the first time. Modes that have ports of it, with other code, are
 * aligned by milestones.
 */
public final class ModeComparison {
    private static final long STRIDE = 1 << 16;

    private final List<String> modes;
    private final CostModel costs;
    private final List<ExitRecord> records;
    private final FirstDivergence search;

    /** Where not all modes run the same code. */
    private final Optional<PortComparison> ports;

    /**
     * Loads the guest in every mode.
     *
     * @param options of all of them; its mode does not count
     * @throws BadInput where the guest, a mode or an option cannot be used
     */
    public ModeComparison(GuestFile file, RunOptions options, List<String> modes) {
        if (modes.size() < 2) {
            throw new BadInput("a comparison needs at least two modes (--modes bare,vt-x)");
        }
        if (new HashSet<>(modes).size() < modes.size()) {
            throw new BadInput("a mode is compared with others, not with itself: " + String.join(",", modes));
        }
        this.modes = List.copyOf(modes);
        costs = CostModel.of(GuestStart.generation(options.generation()));
        records = modes.stream().map(mode -> new ExitRecord(costs)).toList();
        List<Function<Probe, Monitor>> starts = new ArrayList<>();
        ports = arePorts(file, options, modes)
                ? Optional.of(new PortComparison(file, options, modes, costs))
                : Optional.empty();
        if (ports.isEmpty()) {
            for (String mode : modes) {
                starts.add(probe -> GuestStart.start(file, options.withMode(mode), probe));
            }
        }
        search = new FirstDivergence(
                starts, (run, monitor, event) -> records.get(run).add(monitor, event));
    }

    private static boolean arePorts(GuestFile file, RunOptions options, List<String> modes) {
        for (String mode : modes) {
            GuestStart.checked(file, options.withMode(mode));
        }
        GuestImages images = GuestStart.checked(file, options.withMode(modes.get(0)));
        return modes.stream().map(images::in).distinct().count() > 1;
    }

    /**
     * What somebody has typed before the runs began, the same in all of them.
     *
     * @throws BadInput where it is more than a machine keeps
     */
    public void type(byte[] input) {
        List<Monitor> monitors = ports.map(PortComparison::monitors).orElseGet(search::monitors);
        monitors.forEach(monitor -> BatchRun.type(monitor, input));
    }

    /**
     * Runs all modes to their ends.
     *
     * @param limit steps from the start
     * @param cancelled asked now and then whether somebody wants it to stop
     */
    public Alignment run(long limit, BooleanSupplier cancelled) {
        return ports.map(there -> there.run(limit, cancelled)).orElseGet(() -> byTime(limit, cancelled));
    }

    private Alignment byTime(long limit, BooleanSupplier cancelled) {
        Optional<Alignment.Divergence> divergence =
                search.find(limit, cancelled).map(this::told);
        List<Alignment.Side> sides = new ArrayList<>();
        for (int i = 0; i < modes.size(); i++) {
            Monitor monitor = search.monitors().get(i);
            Clock clock = monitor.machine().clock();
            while (monitor.ending().isEmpty() && clock.steps() < limit && !cancelled.getAsBoolean()) {
                monitor.run(clock.now() + Math.min(STRIDE, limit - clock.steps()));
            }
            sides.add(records.get(i).side(modes.get(i), monitor));
        }
        return new Alignment(sides, divergence, List.of());
    }

    private Alignment.Divergence told(FirstDivergence.Divergence found) {
        boolean interrupted = found.events().stream()
                .flatMap(List::stream)
                .anyMatch(event -> event.kind().equals("interrupt"));
        List<Alignment.Differs> differs = new ArrayList<>();
        for (GuestState.Disagreement one : found.differs()) {
            differs.add(new Alignment.Differs(
                    one.name(), one.values().stream().map(Scene::hex).toList()));
        }
        if (found.ends().stream().distinct().count() > 1) {
            differs.add(new Alignment.Differs(
                    "end",
                    found.ends().stream()
                            .map(end -> end.map(known -> known.kind().text()).orElse("goes on"))
                            .toList()));
        }
        return new Alignment.Divergence(
                found.time(),
                found.rip(),
                interrupted
                        ? ""
                        : found.instruction()
                                .map(NextInstruction.Instruction::text)
                                .orElse(""),
                found.events().stream()
                        .map(events -> events.stream().map(this::happened).toList())
                        .toList(),
                differs);
    }

    private TraceLine.Happened happened(Event event) {
        return TraceLine.Happened.of(event, costs);
    }
}
