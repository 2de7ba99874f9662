package ringside.session;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import ringside.cpu.Fault;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.replay.GuestState;
import ringside.session.MatrixCell.Outcome;
import ringside.trace.CostModel;
import ringside.trace.NextInstruction;

/**
 * Which instructions leave the guest, and who answers them: every row of the table in every mode at every ring, each found by running a
 * small guest that executes the instruction once.
 */
public final class Matrix {
    /** Boundaries in which a probe comes to its instruction, or its event. */
    private static final int FAR = 20_000;

    private static final int MOST_BYTES_NAMED = 4;

    private Matrix() {}

    /** The code sizes that there are tables for. */
    public static List<Integer> codeSizes() {
        return List.of(16, 32, 64);
    }

    /** The rings that a guest may believe in: real mode has one. */
    public static List<Integer> rings(int bits) {
        return bits == 16 ? List.of(0) : List.of(0, 3);
    }

    /**
     * Runs the probes.
     *
     * @param bits 16, 32 or 64; empty: all of them
     * @param mode empty: all of them
     * @return cells by code size, row, mode and ring, in this order
     * @throws BadInput where there is no such code size or mode
     */
    public static List<MatrixCell> cells(OptionalInt bits, Optional<String> mode) {
        if (bits.isPresent() && !codeSizes().contains(bits.getAsInt())) {
            throw new BadInput("code has 16, 32 or 64 bits, not " + bits.getAsInt());
        }
        if (mode.isPresent() && !Modes.machines().contains(mode.get())) {
            throw new BadInput(
                    "there is no mode " + mode.get() + "; the modes are " + String.join(", ", Modes.machines()));
        }
        List<String> modes = mode.map(List::of).orElse(Modes.machines());
        List<MatrixCell> cells = new ArrayList<>();
        for (int size : codeSizes()) {
            if (bits.isPresent() && bits.getAsInt() != size) {
                continue;
            }
            for (MatrixRow row : MatrixRow.all()) {
                cells.addAll(row(row, size, modes));
            }
        }
        return cells;
    }

    private static List<MatrixCell> row(MatrixRow row, int bits, List<String> modes) {
        List<List<MatrixCell>> byRing = new ArrayList<>();
        for (MatrixRow.Place place : row.places()) {
            if (place.bits() == bits) {
                byRing.add(probe(MatrixProbe.of(row, place), modes));
            }
        }
        List<MatrixCell> cells = new ArrayList<>();
        for (int i = 0; i < modes.size(); i++) {
            for (List<MatrixCell> ring : byRing) {
                cells.add(ring.get(i));
            }
        }
        return cells;
    }

    private static List<MatrixCell> probe(MatrixProbe probe, List<String> modes) {
        Moment moment = moment(probe);
        Run bare = new Run(probe, Recipe.REFERENCE_MODE, moment.from());
        var instruction = new NextInstruction().of(bare.monitor.believed());
        List<Run> runs = modes.stream()
                .filter(mode -> Modes.misfit(mode, probe.image()).isEmpty())
                .map(mode -> mode.equals(Recipe.REFERENCE_MODE) ? bare : new Run(probe, mode, moment.from()))
                .toList();
        runs.forEach(run -> run.mustBeAs(bare));
        Stream.concat(Stream.of(bare), runs.stream()).distinct().forEach(run -> run.to(moment.to()));
        return modes.stream()
                .map(mode -> runs.stream()
                        .filter(run -> run.mode.equals(mode))
                        .findFirst()
                        .map(run -> cell(probe, moment.from(), instruction, run, bare))
                        .orElseGet(() -> refused(probe, moment.from(), instruction, mode)))
                .toList();
    }

    /** The mode cannot hold the probe at all. */
    private static MatrixCell refused(
            MatrixProbe probe, long time, NextInstruction.Instruction instruction, String mode) {
        return new MatrixCell(
                probe.row().group(),
                probe.row().name(),
                mode,
                probe.place().bits(),
                probe.place().ring(),
                Outcome.REFUSED,
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                HexFormat.of().formatHex(probe.bytes()),
                time,
                instruction.rip(),
                instruction.text(),
                List.of(),
                List.of());
    }

    /**
     * When the instruction is performed.
     *
     * @param from guest time before it
     * @param to guest time after it; of an event, after the bare machine has delivered it
     */
    private record Moment(long from, long to) {}

    private static Moment moment(MatrixProbe probe) {
        Run bare = new Run(probe, Recipe.REFERENCE_MODE, 0);
        for (int i = 0; bare.monitor.believed().registers.rip() != probe.address(); i++) {
            if (i == FAR || bare.hasEnded() || !bare.deliveries().isEmpty()) {
                throw new IllegalStateException("the probe of " + probe.row().name() + " in " + probe.place()
                        + " does not come to its instruction");
            }
            bare.to(bare.time() + 1);
        }
        long arrival = bare.time();
        boolean event = probe.row().group().equals(MatrixRow.EVENTS);
        for (int i = 0; event && i < FAR && !bare.hasEnded(); i++) {
            bare.to(bare.time() + 1);
            if (!bare.deliveries().isEmpty()) {
                return new Moment(arrival, bare.time());
            }
        }
        return new Moment(arrival, arrival + 1);
    }

    private static MatrixCell cell(
            MatrixProbe probe, long time, NextInstruction.Instruction instruction, Run run, Run bare) {
        Optional<Event.Exit> exit = run.firstExit();
        Optional<Event.Delivery> fault = run.fault();
        List<String> differs = run.differences(bare);
        Outcome outcome;
        Optional<Event> told;
        if (fault.isPresent() && exit.map(left -> reports(left, fault.get())).orElse(true)) {
            outcome = Outcome.FAULT;
            told = Optional.of(fault.get());
        } else if (exit.isPresent()) {
            outcome = exit.get().kind().equals("hypercall") ? Outcome.HYPERCALL : Outcome.EXIT;
            told = Optional.of(exit.get());
        } else if (run.hasTripleFault()) {
            outcome = Outcome.FAULT;
            told = Optional.of(new Event.Delivery("fault", "TRIPLE_FAULT", Fault.DOUBLE_FAULT, -1));
        } else {
            outcome = differs.isEmpty() ? Outcome.RUNS : Outcome.WRONG;
            told = Optional.empty();
        }
        return new MatrixCell(
                probe.row().group(),
                probe.row().name(),
                run.mode,
                probe.place().bits(),
                probe.place().ring(),
                outcome,
                told.map(Event::reason),
                told.map(event -> OptionalInt.of(event.number())).orElse(OptionalInt.empty()),
                told.map(event -> exit.map(Event.Exit::answeredBy).orElse("cpu")),
                HexFormat.of().formatHex(probe.bytes()),
                time,
                instruction.rip(),
                instruction.text(),
                run.events.stream()
                        .map(event -> TraceLine.Happened.of(event, CostModel.TODAY))
                        .toList(),
                differs);
    }

    /** Is the exit nothing but the guest's own fault, which came to the monitor first? */
    private static boolean reports(Event.Exit exit, Event.Delivery fault) {
        return exit.reason().equals(fault.reason())
                || exit.reason().equals("EXCEPTION_OR_NMI")
                || exit.reason().equals("EXCP" + fault.number());
    }

    /** A probe in one mode, and what happened at its last boundary. */
    private static final class Run {
        private final MatrixProbe probe;
        private final String mode;
        private final Monitor monitor;
        private final List<Event> events = new ArrayList<>();

        Run(MatrixProbe probe, String mode, long until) {
            this.probe = probe;
            this.mode = mode;
            var image = probe.image();
            monitor = Modes.start(mode, image, Options.DEFAULT.withMemory(image.memory()), events::add)
                    .orElseThrow();
            monitor.run(until);
        }

        /** Before the instruction all is as on the bare machine, or the probe shows nothing. */
        void mustBeAs(Run bare) {
            var differences = differences(bare);
            if (!differences.isEmpty()) {
                throw new IllegalStateException(mode + " is not as a bare machine before "
                        + probe.row().name() + " in " + probe.place() + ": " + differences);
            }
        }

        List<String> differences(Run bare) {
            return GuestState.disagreements(List.of(bare.monitor, monitor), MOST_BYTES_NAMED).stream()
                    .map(GuestState.Disagreement::name)
                    .toList();
        }

        long time() {
            return monitor.machine().clock().now();
        }

        boolean hasEnded() {
            return monitor.ending().isPresent();
        }

        void to(long until) {
            events.clear();
            monitor.run(until);
        }

        boolean hasTripleFault() {
            return monitor.ending()
                    .filter(ending -> ending.kind() == Ending.Kind.TRIPLE_FAULT)
                    .isPresent();
        }

        List<Event.Delivery> deliveries() {
            return events.stream()
                    .filter(event -> event instanceof Event.Delivery)
                    .map(event -> (Event.Delivery) event)
                    .toList();
        }

        Optional<Event.Delivery> fault() {
            return deliveries().stream()
                    .filter(delivery -> delivery.kind().equals("fault"))
                    .findFirst();
        }

        /** What a translator asks for to go on, before or after the instruction, is not the instruction's. */
        Optional<Event.Exit> firstExit() {
            return events.stream()
                    .filter(event -> event instanceof Event.Exit)
                    .map(event -> (Event.Exit) event)
                    .filter(exit -> !exit.kind().equals("translation"))
                    .findFirst();
        }
    }
}
