package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.session.MatrixCell.Outcome;

/** A cell of the matrix opens the lab at the very step that it tells of: all of them in the long form, some of every column by default. */
class MatrixLabTest {
    private static final boolean LONG = Boolean.getBoolean("ringside.long");

    /** Every so many rows. */
    private static final int SAMPLE = 16;

    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void aCellOpensTheLabAtItsStep(int bits) {
        List<MatrixRow> rows = MatrixRow.all().stream()
                .filter(row -> row.places().stream().anyMatch(place -> place.bits() == bits))
                .toList();
        List<String> modes = new java.util.ArrayList<>();
        for (int i = bits / 16; i < rows.size(); i += LONG ? 1 : SAMPLE) {
            for (MatrixCell cell : Matrix.row(rows.get(i), bits, Matrix.modes())) {
                opens(cell);
                modes.add(cell.mode());
            }
        }
        assertThat(modes).containsAll(Matrix.modes());
    }

    /** The lab of a cell's address stands before its instruction, and over it happens what the cell says. */
    static void opens(MatrixCell cell) {
        var sessions = new Sessions(Sessions.Limits.DEFAULT);
        try {
            GuestChoice guest = sessions.probe(cell.probe()).orElseThrow();
            Session lab = sessions.open(new Recipe(guest, List.of(cell.lab()), cell.time()));
            var there = lab.view().modes().get(0);
            assertThat(there.time()).as("%s: time", name(cell)).isEqualTo(cell.time());
            assertThat(there.disassembly().stream()
                            .filter(Views.Instruction::next)
                            .map(Views.Instruction::address))
                    .as("%s: address", name(cell))
                    .allMatch(address -> Long.parseUnsignedLong(address, 16) == cell.rip());
            lab.perform(new Command.Step());
            var fresh = lab.view().modes().get(0).exits().stream()
                    .filter(Views.Left::fresh)
                    .map(Views.Left::reason)
                    .toList();
            boolean left = cell.outcome() == Outcome.EXIT || cell.outcome() == Outcome.HYPERCALL;
            if (left) {
                assertThat(fresh)
                        .as("%s: exits", name(cell))
                        .contains(cell.reason().orElseThrow());
            } else if (cell.outcome() == Outcome.RUNS || cell.outcome() == Outcome.WRONG) {
                assertThat(cell.events().stream()
                                .filter(event -> !event.answeredBy().equals("cpu"))
                                .map(TraceLine.Happened::reason))
                        .as("%s: exits", name(cell))
                        .containsAll(fresh);
            }
        } finally {
            sessions.close();
        }
    }

    private static String name(MatrixCell cell) {
        return cell.probe() + " in " + cell.mode();
    }
}
