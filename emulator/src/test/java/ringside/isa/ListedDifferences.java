package ringside.isa;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Differences between our disassembler and another one that are known and explained, one a block: the reason; an example
 * (bits and bytes) that must still differ; a pattern. With a replacement, the pattern rewrites {@code bits: their length and
 * text}, or ours if the word {@code ours} stands before it; without one it matches the whole {@code bits: our length and
 * text | their length and text}, after all rewriting.
 */
final class ListedDifferences {
    /** One kind of difference. */
    record Entry(String reason, int bits, byte[] example, Pattern pattern, boolean ours, Optional<String> replacement) {
        @Override
        public String toString() {
            return reason;
        }
    }

    private final List<Entry> entries;

    private ListedDifferences(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** Reads a resource; empty lines divide its blocks, and lines that begin with # are comments. */
    static ListedDifferences of(String resource) {
        try (var stream = ListedDifferences.class.getResourceAsStream(resource)) {
            var text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            var entries = new ArrayList<Entry>();
            for (String block : text.split("\n\n+")) {
                var lines = block.lines().filter(l -> !l.startsWith("#")).toList();
                if (!lines.isEmpty()) {
                    entries.add(entry(lines));
                }
            }
            return new ListedDifferences(entries);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Entry entry(List<String> lines) {
        var example = lines.get(1).split(" ");
        return new Entry(
                lines.get(0),
                Integer.parseInt(example[0]),
                HexFormat.of().parseHex(example[1]),
                Pattern.compile(lines.get(2).replaceFirst("^ours ", "")),
                lines.get(2).startsWith("ours "),
                lines.size() > 3 ? Optional.of(lines.get(3).replace("(nothing)", "")) : Optional.empty());
    }

    List<Entry> entries() {
        return entries;
    }

    /** The list without one entry. */
    ListedDifferences without(Entry entry) {
        return new ListedDifferences(entries.stream().filter(e -> e != entry).toList());
    }

    /** Whether the list explains why two texts of the same bytes differ. */
    boolean explains(int bits, String ours, String theirs) {
        var rewritten = rewrite(bits + ": " + theirs, false);
        var wanted = rewrite(bits + ": " + ours, true);
        if (rewritten.equals(wanted)) {
            return true;
        }
        var line = wanted + " | " + rewritten.substring(rewritten.indexOf(' ') + 1);
        return entries.stream()
                .anyMatch(e ->
                        e.replacement().isEmpty() && e.pattern().matcher(line).matches());
    }

    private String rewrite(String text, boolean ours) {
        var rewritten = text;
        for (Entry entry : entries) {
            if (entry.replacement().isPresent() && entry.ours() == ours) {
                rewritten = entry.pattern()
                        .matcher(rewritten)
                        .replaceAll(entry.replacement().get());
            }
        }
        return rewritten;
    }
}
