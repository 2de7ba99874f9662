package ringside.reference.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Where QEMU 7.2 is not the manual's processor with SVM: the list svm-differences.txt, by form what may differ, and why. */
final class SvmDifferences {
    private static final String ANYTHING = "*";

    private final Map<String, Set<String>> entries = new HashMap<>();
    private final Set<String> unused = new TreeSet<>();

    static SvmDifferences read() {
        var differences = new SvmDifferences();
        try (var in = SvmDifferences.class.getResourceAsStream("svm-differences.txt")) {
            if (in == null) {
                throw new AssertionError("svm-differences.txt is missing");
            }
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(differences::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return differences;
    }

    private void add(String line) {
        String[] columns = line.split(" ; ", 3);
        if (columns.length != 3 || columns[2].isBlank()) {
            throw new AssertionError("svm-differences.txt: form ; what differs ; reason, but: " + line);
        }
        String form = columns[0].trim();
        if (entries.put(form, Set.copyOf(List.of(columns[1].trim().split(" ")))) != null) {
            throw new AssertionError("svm-differences.txt: twice: " + form);
        }
        unused.add(form);
    }

    /** Whether QEMU may differ in these; the entry then counts as needed. */
    boolean allow(SvmCase given, Set<String> names) {
        Set<String> allowed = entries.getOrDefault(given.form(), Set.of());
        boolean listed = allowed.contains(ANYTHING) || allowed.containsAll(names);
        if (listed) {
            unused.remove(given.form());
        }
        return listed;
    }

    /** Entries that excused nothing. */
    Set<String> unused() {
        return unused;
    }
}
