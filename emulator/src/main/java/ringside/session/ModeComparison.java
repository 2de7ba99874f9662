package ringside.session;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import ringside.bus.Clock;
import ringside.memory.Ram;
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

    private Optional<Alignment.Divergence> parting = Optional.empty();

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

    /** The hypercalls that lines of each port have made, by line, in the order of the modes; of modes that run the same code there are none. */
    List<Map<Integer, List<PortDiff.Call>>> calls() {
        return ports.map(PortComparison::calls)
                .orElseGet(() -> modes.stream()
                        .map(mode -> Map.<Integer, List<PortDiff.Call>>of())
                        .toList());
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
        monitors().forEach(monitor -> BatchRun.type(monitor, input));
    }

    /** The same, at the times at which it was typed. */
    void type(Typing typing) {
        monitors().forEach(monitor -> typing.into(monitor.machine().inputs()));
    }

    private List<Monitor> monitors() {
        return ports.map(PortComparison::monitors).orElseGet(search::monitors);
    }

    /** Guest time to which the first of them has come. */
    long time() {
        return monitors().get(0).machine().clock().now();
    }

    /** Whether not all modes run the same code. */
    boolean isOfPorts() {
        return ports.isPresent();
    }

    /** Bytes that its machines take, roughly. */
    long memory() {
        return monitors().stream()
                .mapToLong(monitor -> Lockstep.MACHINE_BYTES
                        + 2L * Ram.FRAME_SIZE * monitor.machine().ram().usedFrames())
                .sum();
    }

    /**
     * Looks for where the runs part, until that is known or somebody has enough; asked again it goes on.
     *
     * @param limit steps from the start
     * @return whether it is known; then {@link #parting} says it
     */
    boolean look(long limit, BooleanSupplier enough) {
        if (ports.isPresent()) {
            if (!ports.get().play(limit, enough)) {
                return false;
            }
            parting = ports.get().found().divergence();
            return true;
        }
        parting = search.find(limit, enough).map(this::told);
        return parting.isPresent() || !search.goesOn(limit);
    }

    /** Where they part; empty where they do not as far as they were run. */
    Optional<Alignment.Divergence> parting() {
        return parting;
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
