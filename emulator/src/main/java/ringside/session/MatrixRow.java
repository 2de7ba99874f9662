package ringside.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One form of an instruction, or one event, that the matrix tries, and how it is tried.
 *
 * @param group the part of the table that it stands in
 * @param name as cells call it
 * @param bits code sizes that this line is for: 16, 32 or 64
 * @param kernel source lines for ring 0 before, whatever the ring of the probe
 * @param before source lines for the ring of the probe
 * @param instruction the instruction itself
 */
record MatrixRow(String group, String name, List<Integer> bits, String kernel, String before, String instruction) {
    /** The group whose rows are events: their moment is when the bare machine delivers something. */
    static final String EVENTS = "events";

    private static final int COLUMNS = 5;

    MatrixRow {
        bits = List.copyOf(bits);
    }

    /** All lines of the table, in its order. */
    static List<MatrixRow> all() {
        List<MatrixRow> rows = new ArrayList<>();
        String group = "";
        for (String line : resource("rows.txt").split("\n")) {
            if (line.startsWith("[")) {
                group = line.substring(1, line.indexOf(']'));
            } else if (!line.isBlank() && !line.startsWith("# ")) {
                rows.add(read(group, line));
            }
        }
        return rows;
    }

    private static MatrixRow read(String group, String line) {
        String[] columns = line.split("\\|", -1);
        if (columns.length != COLUMNS) {
            throw new IllegalStateException("a row of the matrix has " + COLUMNS + " columns: " + line);
        }
        return new MatrixRow(
                group,
                columns[0].trim(),
                Arrays.stream(columns[1].trim().split(" "))
                        .map(Integer::valueOf)
                        .toList(),
                lines(columns[2]),
                lines(columns[3]),
                lines(columns[4]));
    }

    private static String lines(String column) {
        return column.trim().replace(" / ", "\n") + "\n";
    }

    /** A file of the matrix. */
    static String resource(String name) {
        try (InputStream in = MatrixRow.class.getResourceAsStream("/matrix/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the jar has no matrix/" + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
