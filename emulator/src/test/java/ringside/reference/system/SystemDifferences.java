package ringside.reference.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Where QEMU 7.2 or Bochs 2.7 is not the manual's processor: the list system-differences.txt. */
final class SystemDifferences {
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> used = new TreeSet<>();

    /**
     * A form that differs.
     *
     * @param reference {@code qemu} or {@code bochs}
     * @param form as in {@link SystemCase#form}
     * @param reason with the manual's section
     */
    record Entry(String reference, String form, String reason) {}

    static SystemDifferences read() {
        var differences = new SystemDifferences();
        try (var in = SystemDifferences.class.getResourceAsStream("system-differences.txt")) {
            if (in == null) {
                throw new AssertionError("system-differences.txt is missing");
            }
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(SystemDifferences::parse)
                    .forEach(differences.entries::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return differences;
    }

    private static Entry parse(String line) {
        String[] columns = line.split(" ; ", 3);
        if (columns.length != 3 || columns[2].isBlank()) {
            throw new AssertionError("system-differences.txt: reference ; form ; reason, but: " + line);
        }
        return new Entry(columns[0].trim(), columns[1].trim(), columns[2].trim());
    }

    /** Whether the reference's difference in this form is listed; the entry then counts as needed. */
    boolean allow(String reference, SystemCase given) {
        boolean listed = entries.stream().anyMatch(e -> e.reference.equals(reference) && e.form.equals(given.form()));
        if (listed) {
            used.add(reference + " ; " + given.form());
        }
        return listed;
    }

    /** Entries that excused nothing. */
    List<String> unused() {
        return entries.stream()
                .map(e -> e.reference + " ; " + e.form)
                .filter(name -> !used.contains(name))
                .toList();
    }
}
