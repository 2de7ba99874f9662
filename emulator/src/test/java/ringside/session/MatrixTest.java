package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Trait;
import ringside.monitor.mode.Modes;

class MatrixTest {
    private static List<MatrixCell> cells = List.of();

    @BeforeAll
    static void run() {
        cells = Matrix.cells(OptionalInt.empty(), Optional.empty());
    }

    private static MatrixCell cell(String instruction, int bits, int ring, String mode) {
        return cells.stream()
                .filter(cell -> cell.instruction().equals(instruction)
                        && cell.bits() == bits
                        && cell.ring() == ring
                        && cell.mode().equals(mode))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no cell " + instruction + " " + bits + " " + ring + " " + mode));
    }

    /** Every cell, once: what came of it is what was written of it before. */
    @Test
    void everyCellIsAsTheManualsSay() {
        List<String> wrong = new ArrayList<>();
        for (MatrixCell cell : cells) {
            String expected = MatrixExpectations.of(cell.mode()).of(cell);
            if (!MatrixExpectations.told(cell).equals(expected)) {
                wrong.add(cell.instruction() + " in " + cell.bits() + " bits at ring " + cell.ring() + " in "
                        + cell.mode() + ": expected " + expected + ", came " + MatrixExpectations.told(cell));
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void whatIsExpectedIsOfCellsThatThereAre() {
        var names = new TreeSet<String>();
        MatrixRow.all().forEach(row -> names.add(row.name()));
        var expected = new TreeSet<String>();
        Modes.machines()
                .forEach(mode -> expected.addAll(MatrixExpectations.of(mode).instructions()));
        expected.removeAll(names);
        assertEquals(new TreeSet<>(), expected);
    }

    @Test
    void everyRowIsTriedInEveryModeAndAtEveryRing() {
        for (MatrixRow row : MatrixRow.all()) {
            for (MatrixRow.Place place : row.places()) {
                Modes.machines().forEach(mode -> cell(row.name(), place.bits(), place.ring(), mode));
            }
        }
    }

    /** What the table says of an instruction's trait is what came of it on a bare machine. */
    @Test
    void theTraitsAreWhatTheCellsShow() {
        List<String> wrong = new ArrayList<>();
        for (MatrixCell cell : cells) {
            boolean tried = cell.mode().equals("bare")
                    && cell.ring() == 3
                    && !cell.text().isEmpty();
            boolean atBothRings = cells.stream()
                    .anyMatch(other -> other.instruction().equals(cell.instruction())
                            && other.bits() == cell.bits()
                            && other.ring() == 0);
            if (!tried || !atBothRings || cell.group().equals(MatrixRow.EVENTS)) {
                continue;
            }
            MatrixCell atRing0 = cell(cell.instruction(), cell.bits(), 0, "bare");
            boolean faultsOutside =
                    atRing0.outcome() == MatrixCell.Outcome.RUNS && cell.outcome() == MatrixCell.Outcome.FAULT;
            Trait trait = trait(cell);
            boolean expected = trait == Trait.PRIVILEGED || trait == Trait.IO_SENSITIVE;
            boolean neverRuns = atRing0.outcome() == MatrixCell.Outcome.FAULT;
            boolean conditional = cell.instruction().contains("(CR4.");
            if (!neverRuns && !conditional && faultsOutside != expected) {
                wrong.add(cell.instruction() + " in " + cell.bits() + " bits is " + trait);
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static Trait trait(MatrixCell cell) {
        byte[] image = HexFormat.of().parseHex(cell.image());
        return InstructionSet.decoder()
                .decode(CodeSource.of(image, (int) (cell.rip() - MatrixProbe.LOAD)), cell.bits())
                .form
                .trait();
    }

    @Test
    void everySilentlyWrongCellIsOfAModeThatDeprivileges() {
        var modes = new TreeSet<String>();
        cells.stream()
                .filter(cell -> cell.outcome() == MatrixCell.Outcome.WRONG)
                .forEach(cell -> modes.add(cell.mode()));
        modes.removeAll(List.of("trap-and-emulate", "binary-translation"));
        assertEquals(new TreeSet<>(), modes);
    }

    @Test
    void runningTheImageOfACellMakesItAgain() {
        for (int i = 0; i < cells.size(); i += 37) {
            MatrixCell cell = cells.get(i);
            if (cell.group().equals(MatrixRow.EVENTS)) {
                continue;
            }
            var options = RunOptions.of(cell.mode());
            var run = new BatchRun(
                    new GuestFile("probe.bin", HexFormat.of().parseHex(cell.image())),
                    new RunOptions(
                            cell.mode(),
                            OptionalInt.of(cell.bits()),
                            OptionalLong.of(MatrixProbe.LOAD),
                            OptionalLong.empty(),
                            options.memory(),
                            options.irqchip(),
                            options.hardware(),
                            options.generation(),
                            options.paging(),
                            options.translator()));
            List<TraceLine> lines = new ArrayList<>();
            run.run(10_000, () -> false, lines::add);
            var line = lines.stream()
                    .filter(one -> one.time() == cell.time() && one.rip() == cell.rip())
                    .findFirst()
                    .orElseThrow();
            assertEquals(cell.text(), line.text());
            assertEquals(cell.events(), line.events(), cell.toString());
        }
    }
}
