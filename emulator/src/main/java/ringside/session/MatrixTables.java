package ringside.session;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The matrix as tables to be shown, one for each code size: each row is run once, when somebody comes to it first. */
public final class MatrixTables {
    private final Map<Place, Row> found = new ConcurrentHashMap<>();
    private final Map<Integer, List<Line>> matrix = new ConcurrentHashMap<>();

    /** Where a row stands. */
    private record Place(int bits, String instruction) {}

    /** Lines of the same name: one instruction that is tried in different ways at different rings. */
    private record Line(String group, String name, List<MatrixRow> tried) {}

    /** A column: a mode at a ring that the guest believes in. */
    public record Column(String mode, int ring) {}

    /** The cells of one instruction, in the order of the columns; empty where it cannot be had at that ring. */
    public record Row(String instruction, List<Optional<MatrixCell>> cells) {
        public Row {
            cells = List.copyOf(cells);
        }
    }

    /** A part of the table. Its rows are run while they are gone through. */
    public record Group(String name, Iterable<Row> rows) {}

    /** All rows of one code size. */
    public record Table(int bits, List<Column> columns, List<Group> groups) {
        public Table {
            columns = List.copyOf(columns);
            groups = List.copyOf(groups);
        }
    }

    /** @param bits one of {@link Matrix#codeSizes} */
    public Table of(int bits) {
        Map<String, List<Line>> groups = new LinkedHashMap<>();
        matrix.computeIfAbsent(bits, size -> lines(MatrixRow.all(), size))
                .forEach(line -> groups.computeIfAbsent(line.group(), group -> new ArrayList<>())
                        .add(line));
        List<Group> shown = new ArrayList<>();
        groups.forEach((name, lines) -> shown.add(new Group(name, rows(lines, bits))));
        return new Table(bits, columns(bits), shown);
    }

    /**
     * The rows of some instructions, which are run while they are gone through.
     *
     * @param bits one of {@link Matrix#codeSizes}
     */
    Iterable<Row> of(List<MatrixRow> wanted, int bits) {
        return rows(lines(wanted, bits), bits);
    }

    /** The columns of one code size, in the order of the cells of a row. */
    static List<Column> columns(int bits) {
        return Matrix.modes().stream()
                .flatMap(mode -> Matrix.rings(bits).stream().map(ring -> new Column(mode, ring)))
                .toList();
    }

    private static List<Line> lines(List<MatrixRow> all, int bits) {
        Map<String, List<MatrixRow>> byName = new LinkedHashMap<>();
        for (MatrixRow row : all) {
            if (row.places().stream().anyMatch(place -> place.bits() == bits)) {
                byName.computeIfAbsent(row.name(), name -> new ArrayList<>()).add(row);
            }
        }
        return byName.entrySet().stream()
                .map(entry -> new Line(entry.getValue().get(0).group(), entry.getKey(), entry.getValue()))
                .toList();
    }

    private Iterable<Row> rows(List<Line> lines, int bits) {
        return () -> {
            Iterator<Line> all = lines.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return all.hasNext();
                }

                @Override
                public Row next() {
                    return row(all.next(), bits);
                }
            };
        };
    }

    private Row row(Line line, int bits) {
        return found.computeIfAbsent(new Place(bits, line.name()), place -> run(line, bits));
    }

    private static Row run(Line line, int bits) {
        List<MatrixCell> cells = line.tried().stream()
                .flatMap(row -> Matrix.row(row, bits, Matrix.modes()).stream())
                .toList();
        return new Row(
                line.name(),
                columns(bits).stream()
                        .map(column -> cells.stream()
                                .filter(cell -> column.equals(new Column(cell.mode(), cell.ring())))
                                .findFirst())
                        .toList());
    }
}
