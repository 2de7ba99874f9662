package ringside.session;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import ringside.image.GuestImage;

/** Where the lines and names of a guest's source lie in its memory. */
final class SourceMap {
    /** The source's lines as they stand; none where there is no source. */
    final String[] text;

    /** What lies at an address. */
    final Map<Long, String> names = new HashMap<>();

    /** By the address of their bytes. */
    final TreeMap<Long, GuestImage.SourceLine> lines = new TreeMap<>();

    /** By number, the lowest address of a line's bytes. */
    final Map<Integer, Long> addresses = new HashMap<>();

    SourceMap(GuestImage image) {
        text = image.source().map(source -> source.split("\n", -1)).orElse(new String[0]);
        image.symbols().forEach((name, address) -> names.putIfAbsent(address, name));
        image.lines().forEach(line -> lines.put(line.address(), line));
        lines.values().forEach(line -> addresses.merge(line.line(), line.address(), Math::min));
    }

    /** What it takes, roughly, with the image's own lists. */
    long bytes() {
        return 150L * lines.size() + 150L * names.size() + 100L * text.length;
    }

    /** The line whose bytes hold an address. */
    Optional<Integer> lineAt(long linear) {
        var entry = lines.floorEntry(linear);
        return entry != null && linear < entry.getKey() + entry.getValue().length()
                ? Optional.of(entry.getValue().line())
                : Optional.empty();
    }

    /** The symbol at or shortly before an address, or nothing. */
    String symbolAt(long address) {
        var exact = names.get(address);
        if (exact != null) {
            return exact;
        }
        return lineAt(address).isEmpty()
                ? ""
                : names.entrySet().stream()
                        .filter(entry -> entry.getKey() < address)
                        .max(Map.Entry.comparingByKey())
                        .map(entry -> entry.getValue() + "+" + (address - entry.getKey()))
                        .orElse("");
    }
}
