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
 * (bits and bytes) that must still differ, and how the bytes behind the prefixes begin wherever it does (a pattern of hex
 * digits; with {@code all} before it, of all bytes); a pattern. With a replacement, the pattern rewrites {@code bits: their length and text}, or ours if the word
 * {@code ours} stands before it; without one it matches the whole {@code bits: our length and text | their length and text},
 * after all rewriting.
 */
final class ListedDifferences {
    /** One kind of difference. */
    record Entry(
            String reason,
            int bits,
            byte[] example,
            boolean isAll,
            Pattern bytes,
            Pattern pattern,
            boolean ours,
            Optional<String> replacement) {
        /** Whether the difference is about an instruction of these bytes in code of this size. */
        boolean isAbout(int bits, byte[] code) {
            var digits = HexFormat.of().formatHex(code);
            return bytes.matcher(isAll ? digits : withoutPrefixes(bits, digits)).lookingAt();
        }

        private static String withoutPrefixes(int bits, String digits) {
            return (bits == 64 ? ANY_PREFIX_OF_64_BITS : ANY_PREFIX)
                    .matcher(digits)
                    .replaceFirst("");
        }

        @Override
        public String toString() {
            return reason;
        }
    }

    private static final Pattern ANY_PREFIX = Pattern.compile("^(?:66|67|f[023]|[23][6e]|6[45])+");
    private static final Pattern ANY_PREFIX_OF_64_BITS = Pattern.compile("^(?:66|67|f[023]|[23][6e]|6[45]|4.)+");

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
                example.length > 3,
                Pattern.compile(example.length > 2 ? example[example.length - 1] : ""),
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

    /** Whether the list explains why two texts of these bytes differ. */
    boolean explains(int bits, byte[] code, String ours, String theirs) {
        var rewritten = rewrite(bits, code, bits + ": " + theirs, false);
        var wanted = rewrite(bits, code, bits + ": " + ours, true);
        if (rewritten.equals(wanted)) {
            return true;
        }
        var line = wanted + " | " + rewritten.substring(rewritten.indexOf(' ') + 1);
        return entries.stream()
                .anyMatch(e -> e.replacement().isEmpty()
                        && e.isAbout(bits, code)
                        && e.pattern().matcher(line).matches());
    }

    private String rewrite(int bits, byte[] code, String text, boolean ours) {
        var rewritten = text;
        for (Entry entry : entries) {
            if (entry.replacement().isPresent() && entry.ours() == ours && entry.isAbout(bits, code)) {
                rewritten = entry.pattern()
                        .matcher(rewritten)
                        .replaceAll(entry.replacement().get());
            }
        }
        return rewritten;
    }
}
