package ringside.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * One form of an instruction, or one event, that the matrix tries, and how it is tried.
 *
 * @param group the part of the table that it stands in
 * @param name as cells call it
 * @param places code sizes and rings that this line is for
 * @param kernel source lines for ring 0 before, whatever the ring of the probe
 * @param before source lines for the ring of the probe
 * @param instruction the instruction itself
 */
record MatrixRow(String group, String name, List<Place> places, String kernel, String before, String instruction) {
    /**
     * Where an instruction is tried.
     *
     * @param bits code size of the guest: 16, 32 or 64
     * @param ring that the guest believes in
     */
    record Place(int bits, int ring) {
        @Override
        public String toString() {
            return bits + " bits at ring " + ring;
        }
    }

    /** The group whose rows are events: their moment is when the bare machine delivers something. */
    static final String EVENTS = "events";

    /** The group whose instructions run in virtual-8086 mode. */
    static final String VIRTUAL_8086 = "virtual-8086";

    private static final int COLUMNS = 5;

    MatrixRow {
        places = List.copyOf(places);
    }

    /** All lines of the table, in its order. */
    static List<MatrixRow> all() {
        return read("rows.txt");
    }

    /** Instructions that stand in the reference alone, by name: most of them mean the same everywhere. */
    static List<MatrixRow> examples() {
        return read("examples.txt");
    }

    private static List<MatrixRow> read(String file) {
        List<MatrixRow> rows = new ArrayList<>();
        String group = "";
        for (String line : resource(file).split("\n")) {
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
                        .flatMap(MatrixRow::places)
                        .toList(),
                lines(columns[2]),
                lines(columns[3]),
                lines(columns[4]));
    }

    /** {@code 32}: at every ring of that code size; {@code 32@3}: at this one. */
    private static Stream<Place> places(String word) {
        String[] parts = word.split("@", -1);
        int bits = Integer.parseInt(parts[0]);
        return parts.length > 1
                ? Stream.of(new Place(bits, Integer.parseInt(parts[1])))
                : Matrix.rings(bits).stream().map(ring -> new Place(bits, ring));
    }

    /** Lines of a source as a column of the table has them. */
    static String lines(String column) {
        return column.trim().replace(" / ", "\n") + "\n";
    }

    /** Is there such a file of the matrix? */
    static boolean exists(String name) {
        return MatrixRow.class.getResource("/matrix/" + name) != null;
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
