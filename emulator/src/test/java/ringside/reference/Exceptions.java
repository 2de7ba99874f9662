package ringside.reference;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where a host's processor or kernel may differ from the manual: the list host-differences.txt. A line names one form; the vendor of
 * the processors that differ ({@code any} for all); the registers and fields that may differ, with {@code @fault} where they may
 * do so only after a fault, or {@code apart} where the form is not compared; and the reason with the manual's section.
 */
final class Exceptions {
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> used = new TreeSet<>();

    private record Entry(String form, String vendor, Set<String> fields, String reason) {}

    /** What the list says of this machine. */
    static Exceptions ofThisHost() {
        return of(vendor());
    }

    /** What the list says of a vendor's processors. */
    static Exceptions of(String vendor) {
        var exceptions = new Exceptions();
        try (var in = Exceptions.class.getResourceAsStream("host-differences.txt")) {
            if (in == null) {
                throw new AssertionError("host-differences.txt is missing");
            }
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Exceptions::parse)
                    .filter(e -> e.vendor.equals("any") || e.vendor.equals(vendor))
                    .forEach(exceptions.entries::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return exceptions;
    }

    private static Entry parse(String line) {
        String[] columns = line.split(";", 4);
        if (columns.length != 4 || columns[3].isBlank()) {
            throw new AssertionError("host-differences.txt: form ; vendor ; fields ; reason, but: " + line);
        }
        return new Entry(
                columns[0].trim(), columns[1].trim(), Set.of(columns[2].trim().split(" +")), columns[3].trim());
    }

    /** The processor's vendor as CPUID gives it, for example {@code GenuineIntel}. */
    static String vendor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("vendor_id"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** Whether a form is listed. */
    boolean mention(String form) {
        return entries.stream().anyMatch(e -> e.form.equals(form));
    }

    /** Whether a form is listed as being another instruction here: it is not compared. */
    boolean isApart(String form) {
        return entries.stream().anyMatch(e -> e.form.equals(form) && e.fields.contains("apart"));
    }

    /** Whether a difference is listed; the entry then counts as needed. */
    boolean allow(String form, List<String> difference) {
        for (Entry entry : entries) {
            if (entry.form.equals(form)
                    && difference.stream().allMatch(d -> entry.fields.contains(d.substring(0, d.indexOf(' '))))) {
                used.add(form);
                return true;
            }
        }
        return false;
    }

    /** Forms whose entry excused nothing. */
    List<String> unused() {
        return entries.stream()
                .filter(e -> !e.fields.contains("apart"))
                .map(Entry::form)
                .filter(f -> !used.contains(f))
                .toList();
    }
}
