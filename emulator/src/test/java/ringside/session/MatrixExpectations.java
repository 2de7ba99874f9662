package ringside.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What people wrote of one mode's column from the manuals. Modes that share a table stand in {@code matrix/machines.txt}; every other mode
 * has a file of its own, where a line {@code as MODE} takes over what another mode's column says, and {@code as MODE by WHO} the same with somebody
 * else in the monitor's place.
 */
final class MatrixExpectations {
    private static final String SHARED = "machines.txt";
    private static final String ANY = "*";

    /** One line of one column. */
    private record Line(String instruction, String bits, String ring, String expected, String source) {
        boolean fits(MatrixCell cell) {
            return fits(instruction, cell.instruction())
                    && fits(bits, Integer.toString(cell.bits()))
                    && fits(ring, Integer.toString(cell.ring()));
        }

        private static boolean fits(String written, String value) {
            return written.equals(ANY) || written.equals(value);
        }
    }

    private static final Map<String, MatrixExpectations> KNOWN = new HashMap<>();

    private final String mode;
    private final List<Line> lines;
    private final Set<Line> decisive = new HashSet<>();

    private MatrixExpectations(String mode, List<Line> lines) {
        this.mode = mode;
        this.lines = lines;
    }

    static synchronized MatrixExpectations of(String mode) {
        if (KNOWN.isEmpty()) {
            readShared();
        }
        MatrixExpectations known = KNOWN.get(mode);
        if (known == null) {
            known = readOwn(mode);
            KNOWN.put(mode, known);
        }
        return known;
    }

    /** What the last line that fits says; empty where nobody wrote what is expected of the cell. */
    Optional<String> of(MatrixCell cell) {
        for (int i = lines.size() - 1; i >= 0; i--) {
            Line line = lines.get(i);
            if (!line.fits(cell)) {
                continue;
            }
            decisive.add(line);
            if (!line.expected().startsWith("as ")) {
                return Optional.of(line.expected());
            }
            String[] other = line.expected().substring(3).split(" by ");
            Optional<String> expected = of(other[0]).of(cell);
            return other.length == 1 ? expected : expected.map(told -> told.replace("monitor", other[1]));
        }
        return Optional.empty();
    }

    /** Lines of which no cell that was asked for has taken anything. */
    List<String> idle() {
        return lines.stream()
                .filter(line -> !decisive.contains(line))
                .map(line -> mode + ": " + line)
                .toList();
    }

    /** The rows that it names. */
    Set<String> instructions() {
        Set<String> names = new TreeSet<>();
        lines.stream().map(Line::instruction).filter(name -> !name.equals(ANY)).forEach(names::add);
        return names;
    }

    /** A cell as it is written here: the outcome, and the number and who answers where there is one. */
    static String told(MatrixCell cell) {
        String outcome = cell.outcome().name().toLowerCase(Locale.ROOT);
        return cell.number().isEmpty()
                ? outcome
                : outcome + " " + cell.number().getAsInt() + " "
                        + cell.answeredBy().orElseThrow();
    }

    private static void readShared() {
        List<String> modes = List.of();
        Map<String, List<Line>> columns = new HashMap<>();
        for (List<String> written : written(SHARED)) {
            if (written.get(0).equals("instruction")) {
                modes = written.subList(3, written.size() - 1);
                continue;
            }
            if (written.size() != modes.size() + 4) {
                throw new AssertionError("a line of " + SHARED + " has a cell for each mode and a source: " + written);
            }
            for (int i = 0; i < modes.size(); i++) {
                add(columns.computeIfAbsent(modes.get(i), mode -> new ArrayList<>()), written, written.get(3 + i));
            }
        }
        columns.forEach((mode, lines) -> KNOWN.put(mode, new MatrixExpectations(mode, lines)));
    }

    private static MatrixExpectations readOwn(String mode) {
        List<Line> lines = new ArrayList<>();
        for (List<String> written : written(mode + ".txt")) {
            boolean takenOver = written.get(0).startsWith("as ");
            if (written.size() != (takenOver ? 4 : 5)) {
                throw new AssertionError("a line of " + mode + ".txt has other columns: " + written);
            }
            if (takenOver) {
                List<String> all = new ArrayList<>(written);
                all.set(0, ANY);
                add(lines, all, written.get(0));
            } else {
                add(lines, written, written.get(3));
            }
        }
        return new MatrixExpectations(mode, lines);
    }

    private static void add(List<Line> lines, List<String> written, String expected) {
        String source = written.get(written.size() - 1);
        if (source.isEmpty()) {
            throw new AssertionError("a line without a source: " + written);
        }
        for (String name : written.get(0).split("; ")) {
            for (String bits : written.get(1).split(" ")) {
                lines.add(new Line(name, bits, written.get(2), expected, source));
            }
        }
    }

    /** The lines of a file, each in columns. */
    private static List<List<String>> written(String file) {
        try (InputStream in = MatrixExpectations.class.getResourceAsStream("matrix/" + file)) {
            String text = new String(
                    Objects.requireNonNull(in, () -> "a mode's expectations are to be written in matrix/" + file)
                            .readAllBytes(),
                    StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("# "))
                    .map(line -> List.of(line.split("\\|", -1)).stream()
                            .map(String::trim)
                            .toList())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
