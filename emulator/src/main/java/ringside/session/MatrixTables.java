package ringside.session;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The matrix as tables to be shown, one for each code size: each row is run once, when somebody comes to it first. */
public final class MatrixTables {
    private final Map<Integer, Table> tables = new ConcurrentHashMap<>();

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
        return tables.computeIfAbsent(bits, MatrixTables::table);
    }

    private static Table table(int bits) {
        List<Column> columns = Matrix.modes().stream()
                .flatMap(mode -> Matrix.rings(bits).stream().map(ring -> new Column(mode, ring)))
                .toList();
        Map<String, Map<String, List<MatrixRow>>> groups = new LinkedHashMap<>();
        for (MatrixRow row : MatrixRow.all()) {
            if (row.places().stream().anyMatch(place -> place.bits() == bits)) {
                groups.computeIfAbsent(row.group(), group -> new LinkedHashMap<>())
                        .computeIfAbsent(row.name(), name -> new ArrayList<>())
                        .add(row);
            }
        }
        return new Table(
                bits,
                columns,
                groups.entrySet().stream()
                        .map(group -> new Group(
                                group.getKey(),
                                new Rows(
                                        bits,
                                        columns,
                                        List.copyOf(group.getValue().values()))))
                        .toList());
    }

    /** Rows that are run one after the other, by whoever comes to one first; who comes later has them at once. */
    private static final class Rows implements Iterable<Row> {
        private final int bits;
        private final List<Column> columns;
        private final List<List<MatrixRow>> wanted;
        private final List<Row> found = new ArrayList<>();

        /** @param wanted for each row the lines that are tried for it */
        Rows(int bits, List<Column> columns, List<List<MatrixRow>> wanted) {
            this.bits = bits;
            this.columns = columns;
            this.wanted = wanted;
        }

        private synchronized Row row(int index) {
            while (found.size() <= index) {
                found.add(run(wanted.get(found.size())));
            }
            return found.get(index);
        }

        private Row run(List<MatrixRow> lines) {
            List<MatrixCell> cells = lines.stream()
                    .flatMap(line -> Matrix.row(line, bits, Matrix.modes()).stream())
                    .toList();
            return new Row(
                    lines.get(0).name(),
                    columns.stream()
                            .map(column -> cells.stream()
                                    .filter(cell -> column.equals(new Column(cell.mode(), cell.ring())))
                                    .findFirst())
                            .toList());
        }

        @Override
        public Iterator<Row> iterator() {
            return new Iterator<>() {
                private int next;

                @Override
                public boolean hasNext() {
                    return next < wanted.size();
                }

                @Override
                public Row next() {
                    if (!hasNext()) {
                        throw new NoSuchElementException();
                    }
                    return row(next++);
                }
            };
        }
    }
}
