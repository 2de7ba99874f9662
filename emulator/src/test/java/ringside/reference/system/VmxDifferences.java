package ringside.reference.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Where Bochs is not the processor of the manual, by form of case and what differs: vmx-differences.txt. */
final class VmxDifferences {
    /** Stands for every form, or for the whole outcome. */
    private static final String ALL = "*";

    /** @param names what may differ: names of fields and registers, or {@code memory} */
    private record Entry(String form, Set<String> names) {
        boolean matches(VmxCase given, Set<String> differing) {
            return (form.equals(ALL) || form.equals(given.form()))
                    && (names.contains(ALL) || differing.stream().anyMatch(names::contains));
        }

        @Override
        public String toString() {
            return form + " ; " + String.join(" ", names);
        }
    }

    private final List<Entry> entries = new ArrayList<>();
    private final Set<Entry> used = new HashSet<>();

    static VmxDifferences read() {
        var differences = new VmxDifferences();
        var in = VmxDifferences.class.getResourceAsStream("vmx-differences.txt");
        if (in == null) {
            throw new AssertionError("vmx-differences.txt is missing");
        }
        try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            reader.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(line -> differences.entries.add(parse(line)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return differences;
    }

    private static Entry parse(String line) {
        String[] columns = line.split(" ; ", 3);
        if (columns.length != 3 || columns[2].isBlank()) {
            throw new AssertionError("vmx-differences.txt: form ; what differs ; reason, but: " + line);
        }
        return new Entry(columns[0].trim(), Set.of(columns[1].trim().split(" ")));
    }

    /** Whether all that differs in a case is listed; the entries that say so then count as needed. */
    boolean allow(VmxCase given, Set<String> names) {
        List<Entry> matching =
                entries.stream().filter(e -> e.matches(given, names)).toList();
        boolean all = matching.stream().anyMatch(e -> e.names.contains(ALL))
                || names.stream().allMatch(name -> matching.stream().anyMatch(e -> e.names.contains(name)));
        if (all) {
            used.addAll(matching);
        }
        return all;
    }

    /** Entries that excused nothing. */
    List<String> unused() {
        return entries.stream()
                .filter(entry -> !used.contains(entry))
                .map(Entry::toString)
                .toList();
    }
}
