package ringside.session;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import ringside.bus.Clock;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;
import ringside.replay.GuestState;
import ringside.trace.Account;
import ringside.trace.CostModel;
import ringside.trace.ExitCounts;
import ringside.trace.NextInstruction;

/** One run of a guest from its start to its end, without a page and without going back: what the command line does. */
public final class BatchRun {
    /** Exit status of a run that was stopped at its limit of steps. */
    public static final int LIMIT_STATUS = 4;

    /** Exit status of a run that ended where a breakpoint was met. */
    public static final int BREAKPOINT_STATUS = 10;

    /** More steps than anybody can wait for. */
    static final long UNLIMITED = Long.MAX_VALUE;

    /** How many units of guest time pass between two looks at whoever may want the run to stop. */
    private static final long STRIDE = 1 << 16;

    private final String mode;
    private final CostModel costs;
    private final Monitor monitor;
    private final ExitCounts exits = new ExitCounts();

    private Optional<Scout> scout = Optional.empty();
    /** Who else is told of every event. */
    private Consumer<Event> listener = event -> {};

    /** Where every boundary is told of. */
    private Optional<Account> account = Optional.empty();

    /** @throws BadInput where the guest or an option cannot be used */
    public BatchRun(GuestFile file, RunOptions options) {
        mode = options.mode();
        costs = CostModel.of(GuestStart.generation(options.generation()));
        monitor = GuestStart.start(file, options, new Watch());
    }

    Monitor monitor() {
        return monitor;
    }

    /** Whoever wants to hear of every event from now on. */
    void onEvent(Consumer<Event> wants) {
        listener = wants;
    }

    /** Whoever wants each byte that comes out of COM1, as it comes. */
    public void onSerial(IntConsumer listener) {
        monitor.machine().serial().listen(listener::accept);
    }

    /**
     * What somebody has typed before the run began: COM1 takes it byte by byte, as fast as the guest reads.
     *
     * @throws BadInput where it is more than a machine keeps
     */
    public void type(byte[] input) {
        type(monitor, input);
    }

    /** It ends, too, where a scout of the same guest in the same mode and with the same input meets a breakpoint. */
    public void until(Scout ahead) {
        scout = Optional.of(ahead);
    }

    /** What somebody has typed, and when. */
    void type(Typing typing) {
        typing.keys().forEach(key -> monitor.machine().inputs().append(key.time(), key.value()));
    }

    /** Guest time. */
    long time() {
        return monitor.machine().clock().now();
    }

    static void type(Monitor monitor, byte[] input) {
        Typing.atOnce(input).into(monitor.machine().inputs());
    }

    /**
     * Runs to the end, to the limit, or until somebody wants it to stop.
     *
     * @param limit in steps from the start
     * @param cancelled asked about every millisecond of guest time that passes by running
     */
    public void run(long limit, BooleanSupplier cancelled) {
        Clock clock = monitor.machine().clock();
        while (goesOn(limit) && !cancelled.getAsBoolean()) {
            // A step takes a unit of time, so this cannot lead beyond the limit.
            monitor.run(Math.min(clock.now() + Math.min(STRIDE, limit - clock.steps()), mayFollow()));
        }
    }

    /** The same, telling of every boundary. */
    public void run(long limit, BooleanSupplier cancelled, Consumer<TraceLine> trace) {
        var next = new NextInstruction();
        Clock clock = monitor.machine().clock();
        Account events = new Account();
        account = Optional.of(events);
        Deque<Line> lines = new ArrayDeque<>();
        while (goesOn(limit) && !cancelled.getAsBoolean()) {
            long time = clock.now();
            String domain = monitor.domain();
            var instruction = next.of(monitor.believed());
            monitor.run(time + 1);
            lines.add(new Line(time, instruction, domain, events.take()));
            // The way back to the guest belongs to the exit that it is the way back from.
            while (!lines.isEmpty() && (!events.isOpen() || lines.size() > ExitCard.MOST_BOUNDARIES)) {
                trace.accept(lines.remove().told(costs));
            }
        }
        lines.forEach(line -> trace.accept(line.told(costs)));
    }

    /** A boundary that was crossed. */
    private record Line(long time, NextInstruction.Instruction instruction, String domain, List<Account.Told> events) {
        TraceLine told(CostModel costs) {
            boolean interrupted =
                    events.stream().anyMatch(told -> told.event().kind().equals("interrupt"));
            return new TraceLine(
                    time,
                    instruction.rip(),
                    interrupted ? "" : HexFormat.of().formatHex(instruction.bytes()),
                    interrupted ? "" : instruction.text(),
                    domain,
                    events.stream()
                            .map(told -> TraceLine.Happened.of(told, costs))
                            .toList());
        }
    }

    private boolean goesOn(long limit) {
        return monitor.ending().isEmpty() && monitor.machine().clock().steps() < limit && !isMet();
    }

    /** The guest time up to which nothing is met, in the next stretch. */
    private long mayFollow() {
        return scout.map(ahead -> ahead.ahead(time() + STRIDE)).orElse(Long.MAX_VALUE);
    }

    private boolean isMet() {
        mayFollow();
        return scout.isPresent() && scout.get().isMetAt(time());
    }

    /** What has happened up to now. */
    public Summary summary() {
        var machine = monitor.machine();
        long steps = machine.clock().steps();
        Optional<Sentence> why = scout.filter(ahead -> monitor.ending().isEmpty() && ahead.isMetAt(time()))
                .flatMap(Scout::why);
        return new Summary(
                mode,
                steps,
                machine.clock().now(),
                monitor.ending().map(ending -> ending.kind().text()).orElse(why.isPresent() ? "breakpoint" : "limit"),
                monitor.ending().map(Ending::status).orElse(why.isPresent() ? BREAKPOINT_STATUS : LIMIT_STATUS),
                why,
                steps + exits.cycles(),
                new String(machine.serial().bytes(), java.nio.charset.StandardCharsets.ISO_8859_1),
                machine.serial().dropped(),
                exits.counts().stream().map(Summary.Exits::of).toList(),
                monitor.translated().map(Summary.Translated::of),
                Summary.Named.of(GuestState.processor(monitor.believed())),
                Summary.Named.of(GuestState.processor(monitor.real())));
    }

    private final class Watch implements Probe {
        @Override
        public void event(Event event) {
            exits.add(event, costs.cycles(event));
            account.ifPresent(there -> there.event(event));
            listener.accept(event);
        }

        @Override
        public void step(Deed deed, String who, long detail) {
            if (account.isPresent()) {
                account.get().step(deed, who, detail);
            }
        }
    }
}
