package ringside.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/** The matrix as tables to be shown, one for each code size: each is run once, when somebody asks for it first. */
public final class MatrixTables {
    private final Map<Integer, Table> tables = new ConcurrentHashMap<>();

    /** A column: a mode at a ring that the guest believes in. */
    public record Column(String mode, int ring) {}

    /** The cells of one instruction, in the order of the columns; empty where it cannot be had at that ring. */
    public record Row(String group, String instruction, List<Optional<MatrixCell>> cells) {
        public Row {
            cells = List.copyOf(cells);
        }
    }

    /** All rows of one code size. */
    public record Table(int bits, List<Column> columns, List<Row> rows) {
        public Table {
            columns = List.copyOf(columns);
            rows = List.copyOf(rows);
        }

        /** The parts of the table. */
        public List<String> groups() {
            return rows.stream().map(Row::group).distinct().toList();
        }

        /** The rows of one part. */
        public List<Row> rows(String group) {
            return rows.stream().filter(row -> row.group().equals(group)).toList();
        }
    }

    /** @param bits one of {@link Matrix#codeSizes} */
    public Table of(int bits) {
        return tables.computeIfAbsent(bits, MatrixTables::run);
    }

    private static Table run(int bits) {
        Map<String, List<MatrixCell>> rows = new LinkedHashMap<>();
        for (MatrixCell cell : Matrix.cells(OptionalInt.of(bits), Optional.empty())) {
            rows.computeIfAbsent(cell.instruction(), name -> new ArrayList<>()).add(cell);
        }
        List<Column> columns = Matrix.modes().stream()
                .flatMap(mode -> Matrix.rings(bits).stream().map(ring -> new Column(mode, ring)))
                .toList();
        return new Table(
                bits,
                columns,
                rows.entrySet().stream()
                        .map(row -> new Row(
                                row.getValue().get(0).group(), row.getKey(), inColumns(row.getValue(), columns)))
                        .toList());
    }

    private static List<Optional<MatrixCell>> inColumns(List<MatrixCell> cells, List<Column> columns) {
        return columns.stream()
                .map(column -> cells.stream()
                        .filter(cell -> column.equals(new Column(cell.mode(), cell.ring())))
                        .findFirst())
                .toList();
    }
}
