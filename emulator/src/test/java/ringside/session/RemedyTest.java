package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.monitor.Monitor;
import ringside.probe.Event;
import ringside.session.MatrixCell.Outcome;

/**
 * For every kind of exit that the matrix meets, each remedy that its card shows: the guest is run with it and without, and the exit is
 * there without, and not with it. All rows in the long form, some by default.
 */
class RemedyTest {
    private static final boolean LONG = Boolean.getBoolean("ringside.long");

    /** Every so many rows. */
    private static final int SAMPLE = 12;

    @ParameterizedTest
    @ValueSource(ints = {32, 64})
    void whatIsCalledARemedyMakesTheExitVanish(int bits) {
        Set<String> kinds = new HashSet<>();
        List<String> avoided = new ArrayList<>();
        List<MatrixRow> rows = MatrixRow.all();
        for (int i = 0; i < rows.size(); i += LONG ? 1 : SAMPLE) {
            if (rows.get(i).places().stream().noneMatch(place -> place.bits() == bits)) {
                continue;
            }
            for (MatrixCell cell : Matrix.row(rows.get(i), bits, Matrix.modes())) {
                if (cell.outcome() == Outcome.EXIT && kinds.add(kind(cell))) {
                    avoided.addAll(avoided(cell));
                }
            }
        }
        assertThat(kinds).hasSizeGreaterThan(5);
        assertThat(avoided).hasSizeGreaterThan(10);
    }

    private static String kind(MatrixCell cell) {
        return cell.mode() + " " + cell.reason().orElseThrow();
    }

    /** @return the remedies that were tried */
    private static List<String> avoided(MatrixCell cell) {
        var guest = new GuestChoice.Binary(
                MatrixProbe.named(cell.probe()).orElseThrow().upload());
        var file = OtherMachines.file(guest);
        var options = OtherMachines.options(guest, cell.mode(), MachineChoice.DEFAULT);
        ExitCard card = ExitCard.at(file, options, new byte[0], cell.time());
        assertThat(exits(file, options, cell))
                .as(kind(cell))
                .contains(cell.reason().orElseThrow());
        List<String> tried = new ArrayList<>();
        for (ExitCard.Remedy remedy : card.remedies()) {
            var there = exits(file, options.with(remedy.option(), remedy.value()), cell);
            String name = kind(cell) + " with " + remedy.option() + " " + remedy.value();
            if (remedy.avoids()) {
                assertThat(there).as(name).isEmpty();
                tried.add(name);
            } else {
                assertThat(there).as(name).isNotEmpty();
            }
        }
        return tried;
    }

    /** Reasons for which the guest is left where the cell's instruction stands. */
    private static List<String> exits(GuestFile file, RunOptions options, MatrixCell cell) {
        List<Event> events = new ArrayList<>();
        Monitor monitor = GuestStart.start(file, options, events::add);
        monitor.run(cell.time());
        assertThat(monitor.machine().clock().now()).isEqualTo(cell.time());
        events.clear();
        monitor.run(cell.time() + 1);
        return events.stream()
                .filter(event -> event instanceof Event.Exit)
                .map(Event::reason)
                .toList();
    }
}
