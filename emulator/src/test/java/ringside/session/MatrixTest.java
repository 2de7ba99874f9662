package ringside.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
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

    /** As the expectations write it: the outcome, and the number and who answers where there is one. */
    private static String told(MatrixCell cell) {
        String outcome = cell.outcome().name().toLowerCase(Locale.ROOT);
        return cell.number().isEmpty()
                ? outcome
                : outcome + " " + cell.number().getAsInt() + " "
                        + cell.answeredBy().orElseThrow();
    }

    @Test
    void cellsAreAsTheManualsSay() throws IOException {
        List<String> wrong = new ArrayList<>();
        List<String> modes = List.of();
        for (String line : resource().split("\n")) {
            if (line.isBlank() || line.startsWith("# ")) {
                continue;
            }
            List<String> columns =
                    List.of(line.split("\\|")).stream().map(String::trim).toList();
            if (columns.get(0).equals("instruction")) {
                modes = columns.subList(3, columns.size() - 1);
                continue;
            }
            assertTrue(!columns.get(columns.size() - 1).isEmpty(), "a source for " + line);
            for (String bits : columns.get(1).split(" ")) {
                for (int i = 0; i < modes.size(); i++) {
                    int ring = Integer.parseInt(columns.get(2));
                    var cell = cell(columns.get(0), Integer.parseInt(bits), ring, modes.get(i));
                    if (!told(cell).equals(columns.get(3 + i))) {
                        wrong.add(columns.get(0) + " in " + bits + " bits at ring " + ring + " in " + modes.get(i)
                                + ": expected " + columns.get(3 + i) + ", came " + told(cell));
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void everyRowIsTriedInEveryModeAndAtEveryRing() {
        for (MatrixRow row : MatrixRow.all()) {
            for (int bits : row.bits()) {
                for (int ring : Matrix.rings(bits)) {
                    Modes.machines().forEach(mode -> cell(row.name(), bits, ring, mode));
                }
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
            if (!tried || cell.group().equals(MatrixRow.EVENTS)) {
                continue;
            }
            MatrixCell atRing0 = cell(cell.instruction(), cell.bits(), 0, "bare");
            boolean faultsOutside =
                    atRing0.outcome() == MatrixCell.Outcome.RUNS && cell.outcome() == MatrixCell.Outcome.FAULT;
            Trait trait = trait(cell);
            boolean expected = trait == Trait.PRIVILEGED || trait == Trait.IO_SENSITIVE;
            boolean neverRuns = atRing0.outcome() == MatrixCell.Outcome.FAULT;
            boolean conditional = cell.instruction().endsWith("(CR4.TSD)");
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

    private static String resource() throws IOException {
        try (InputStream in = MatrixTest.class.getResourceAsStream("/ringside/session/matrix-expectations.txt")) {
            return new String(java.util.Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
