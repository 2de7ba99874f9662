package ringside.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import ringside.cpu.Fault;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.session.MatrixCell.Instead;
import ringside.session.MatrixCell.Outcome;
import ringside.session.MatrixRun.Moment;
import ringside.trace.CostModel;
import ringside.trace.NextInstruction.Instruction;

/**
 * Which instructions leave the guest, and who answers them: every row of the table in every mode at every ring, each found by running a
 * small guest that executes the instruction once.
 */
public final class Matrix {
    private Matrix() {}

    /** The code sizes that there are tables for. */
    public static List<Integer> codeSizes() {
        return List.of(16, 32, 64);
    }

    /** The rings that a guest may believe in: real mode has one. */
    public static List<Integer> rings(int bits) {
        return bits == 16 ? List.of(0) : List.of(0, 3);
    }

    /** The modes that there are columns for, in the order in which they are shown. */
    public static List<String> modes() {
        return MatrixPort.modes();
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
        if (mode.isPresent() && !modes().contains(mode.get())) {
            throw new BadInput("the matrix has no mode " + mode.get() + "; it has " + String.join(", ", modes()));
        }
        List<String> modes = mode.map(List::of).orElse(modes());
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

    /** The cells of a row in one code size, by mode and ring. */
    static List<MatrixCell> row(MatrixRow row, int bits, List<String> modes) {
        List<List<MatrixCell>> byRing = new ArrayList<>();
        for (MatrixRow.Place place : row.places()) {
            if (place.bits() == bits) {
                byRing.add(cells(row, place, modes));
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

    private static List<MatrixCell> cells(MatrixRow row, MatrixRow.Place place, List<String> modes) {
        MatrixProbe probe = MatrixProbe.of(row, place);
        Moment moment = MatrixRun.moment(probe, Recipe.REFERENCE_MODE);
        Map<String, MatrixCell> unported = unported(
                probe,
                moment,
                modes.stream().filter(mode -> MatrixPort.of(mode).isEmpty()).toList());
        return modes.stream()
                .map(mode -> MatrixPort.of(mode)
                        .map(port -> port.probe(row, place)
                                .map(ported -> ported(ported, mode, probe, moment, port.instead(row, place)))
                                .orElseGet(() -> refused(probe, moment, mode)))
                        .orElseGet(() -> Objects.requireNonNull(unported.get(mode))))
                .toList();
    }

    /** The bare machine's probe in modes that take it as it is. */
    private static Map<String, MatrixCell> unported(MatrixProbe probe, Moment moment, List<String> modes) {
        MatrixRun bare = new MatrixRun(probe, Recipe.REFERENCE_MODE);
        List<MatrixRun> others = modes.stream()
                .filter(mode -> !mode.equals(Recipe.REFERENCE_MODE))
                .map(mode -> new MatrixRun(probe, mode))
                .toList();
        bare.to(moment.from());
        Instruction instruction = bare.instruction();
        for (MatrixRun other : others) {
            other.to(moment.from());
            other.mustBeAs(bare);
        }
        Map<String, MatrixCell> cells = new HashMap<>();
        Stream.concat(Stream.of(bare), others.stream()).forEach(run -> {
            run.to(moment.to());
            cells.put(
                    run.mode(),
                    cell(probe, moment.from(), instruction, run, run.differences(bare), false, Optional.empty()));
        });
        return cells;
    }

    /** A probe that was ported, compared with the bare machine's: what changes at the instruction is compared, at the same time. */
    private static MatrixCell ported(
            MatrixProbe ported, String mode, MatrixProbe probe, Moment bareMoment, Optional<MatrixProbe> instead) {
        Moment moment = MatrixRun.moment(ported, mode);
        MatrixRun bare = new MatrixRun(probe, Recipe.REFERENCE_MODE);
        bare.to(bareMoment.from());
        bare.time(moment.from());
        MatrixRun run = new MatrixRun(ported, mode);
        run.to(moment.from());
        Instruction instruction = run.instruction();
        Map<String, Long> before = run.sight();
        Map<String, Long> bareBefore = bare.sight();
        run.to(moment.to());
        bare.to(moment.from() + 1);
        List<String> differs = probe.row().group().equals(MatrixRow.EVENTS)
                ? List.of()
                : MatrixRun.differences(before, bareBefore, run.sight(), bare.sight());
        return cell(ported, moment.from(), instruction, run, differs, true, instead.map(other -> instead(other, mode)));
    }

    /** Runs what stands in the instruction's place, up to where the guest is left, if it is. */
    private static Instead instead(MatrixProbe probe, String mode) {
        MatrixRun run = new MatrixRun(probe, mode);
        run.to(MatrixRun.moment(probe, mode).from());
        long first = run.time();
        Instruction itself = run.instruction();
        while (!run.hasEnded() && run.rip() != probe.end()) {
            long time = run.time();
            Instruction instruction = run.instruction();
            run.to(time + 1);
            Optional<Event.Exit> exit = run.firstExit();
            if (exit.isPresent()) {
                return new Instead(
                        Optional.of(exit.get().reason()),
                        OptionalInt.of(exit.get().number()),
                        probe.hex(),
                        time,
                        instruction.rip(),
                        instruction.text());
            }
        }
        return new Instead(Optional.empty(), OptionalInt.empty(), probe.hex(), first, itself.rip(), itself.text());
    }

    /** The mode cannot hold the probe at all. */
    private static MatrixCell refused(MatrixProbe probe, Moment moment, String mode) {
        if (Modes.misfit(mode, probe.image()).isEmpty()) {
            throw new IllegalStateException(mode + " could hold the probe of " + probe);
        }
        MatrixRun bare = new MatrixRun(probe, Recipe.REFERENCE_MODE);
        bare.to(moment.from());
        Instruction instruction = bare.instruction();
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
                false,
                probe.hex(),
                moment.from(),
                instruction.rip(),
                instruction.text(),
                List.of(),
                List.of(),
                Optional.empty());
    }

    private static MatrixCell cell(
            MatrixProbe probe,
            long time,
            Instruction instruction,
            MatrixRun run,
            List<String> differs,
            boolean isPorted,
            Optional<Instead> instead) {
        Optional<Event.Exit> exit = run.firstExit();
        Optional<Event.Delivery> fault = run.fault();
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
                run.mode(),
                probe.place().bits(),
                probe.place().ring(),
                outcome,
                told.map(Event::reason),
                told.map(event -> OptionalInt.of(event.number())).orElse(OptionalInt.empty()),
                told.map(event -> exit.map(Event.Exit::answeredBy).orElse("cpu")),
                isPorted,
                probe.hex(),
                time,
                instruction.rip(),
                instruction.text(),
                run.answered().stream()
                        .map(event -> TraceLine.Happened.of(event, CostModel.TODAY))
                        .toList(),
                differs,
                instead);
    }

    /** Is the exit nothing but the guest's own fault, which came to the monitor first? */
    private static boolean reports(Event.Exit exit, Event.Delivery fault) {
        return exit.reason().equals(fault.reason())
                || exit.reason().equals("EXCEPTION_OR_NMI")
                || exit.reason().equals("EXCP" + fault.number());
    }
}
