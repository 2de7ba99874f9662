package ringside.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.monitor.mode.Modes;

/**
 * How the rows of the matrix are tried in a mode that does not take the software of a bare machine: each in a kernel that was ported to it,
 * whose lines differ where the file {@code matrix/MODE.txt} says so.
 */
final class MatrixPort {
    private static final List<String> PORTED = List.of("xen-pv");
    private static final int COLUMNS = 6;
    private static final String AS_IN_ROWS = "=";

    /** Where the mode lets no kernel make what the row needs. */
    private static final String CANNOT_BE_HAD = "-";

    /** What a line of the file says: the row as it is tried there, if it can be, and what a ported kernel does instead of it, if anything. */
    private record Line(Optional<MatrixRow> row, Optional<MatrixRow> instead) {}

    private static final Map<String, MatrixPort> PORTS = new HashMap<>();

    static {
        PORTED.forEach(mode -> PORTS.put(mode, new MatrixPort(mode)));
    }

    private final String mode;
    private final Map<String, Line> lines = new HashMap<>();

    private MatrixPort(String mode) {
        this.mode = mode;
        List<MatrixRow> rows = MatrixRow.all();
        MatrixRow.resource(mode + ".txt")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("# "))
                .forEach(line -> read(line, rows));
    }

    /** The modes that the matrix has a column for, in the order in which they are shown. */
    static List<String> modes() {
        return Modes.names().stream()
                .filter(mode -> Modes.machines().contains(mode) || PORTS.containsKey(mode))
                .toList();
    }

    /** Of a mode whose guests are ported; empty where the bare machine's probes run as they are. */
    static Optional<MatrixPort> of(String mode) {
        return Optional.ofNullable(PORTS.get(mode));
    }

    private void read(String line, List<MatrixRow> rows) {
        String[] columns = line.split("\\|", -1);
        if (columns.length != COLUMNS) {
            throw new IllegalStateException("a port of a row has " + COLUMNS + " columns: " + line);
        }
        String name = columns[0].trim();
        for (String word : columns[1].trim().split(" ")) {
            int bits = Integer.parseInt(word);
            MatrixRow row = rows.stream()
                    .filter(one ->
                            one.name().equals(name) && one.places().stream().anyMatch(place -> place.bits() == bits))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("there is no such row to be ported: " + line));
            lines.put(key(row, bits), new Line(tried(row, columns), instead(row, columns)));
        }
    }

    private static Optional<MatrixRow> tried(MatrixRow row, String[] columns) {
        return columns[2].trim().equals(CANNOT_BE_HAD)
                ? Optional.empty()
                : Optional.of(new MatrixRow(
                        row.group(),
                        row.name(),
                        row.places(),
                        either(columns[2], row.kernel()),
                        either(columns[3], row.before()),
                        either(columns[4], row.instruction())));
    }

    private static Optional<MatrixRow> instead(MatrixRow row, String[] columns) {
        return columns[5].isBlank()
                ? Optional.empty()
                : Optional.of(
                        new MatrixRow(row.group(), row.name(), row.places(), "\n", "\n", MatrixRow.lines(columns[5])));
    }

    private static String either(String column, String other) {
        return column.trim().equals(AS_IN_ROWS) ? other : MatrixRow.lines(column);
    }

    private static String key(MatrixRow row, int bits) {
        return bits + "/" + row.name();
    }

    /** The probe for this mode; empty where it cannot be had: there is no kernel of that code size, or none may do what the row needs. */
    Optional<MatrixProbe> probe(MatrixRow row, MatrixRow.Place place) {
        if (!isHeld(row, place)) {
            return Optional.empty();
        }
        Line line = lines.get(key(row, place.bits()));
        return (line == null ? Optional.of(row) : line.row()).map(tried -> MatrixProbe.ported(tried, place, mode));
    }

    /** What a kernel that was ported does instead of the instruction; empty where it has no reason to do anything else. */
    Optional<MatrixProbe> instead(MatrixRow row, MatrixRow.Place place) {
        Line line = lines.get(key(row, place.bits()));
        return line == null || place.ring() != 0 || !isHeld(row, place)
                ? Optional.empty()
                : line.instead().map(tried -> MatrixProbe.ported(tried, place, mode));
    }

    private boolean isHeld(MatrixRow row, MatrixRow.Place place) {
        return MatrixRow.exists(MatrixProbe.source(mode, place.bits()))
                && !row.group().equals(MatrixRow.VIRTUAL_8086);
    }
}
