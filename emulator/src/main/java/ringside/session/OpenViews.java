package ringside.session;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which views of a lab are open.
 *
 * @param names in the order of {@link Panel#ALL}
 */
public record OpenViews(List<String> names) {
    /** What is open where nobody has chosen. */
    public static final OpenViews USUAL = new OpenViews(
            Panel.ALL.stream().filter(Panel::usual).map(Panel::name).toList());

    private static final String NONE = "none";

    public OpenViews {
        names = List.copyOf(names);
    }

    /**
     * These views and no others.
     *
     * @throws Refusal where one of them does not exist
     */
    public static OpenViews of(Collection<String> names) {
        for (String name : names) {
            if (Panel.named(name).isEmpty()) {
                throw new Refusal(Sentence.of("refused.view", name, String.join(", ", Panel.names())));
            }
        }
        var wanted = Set.copyOf(names);
        return new OpenViews(Panel.names().stream().filter(wanted::contains).toList());
    }

    /**
     * Reads what an address says: names with commas between, or {@code none}; nothing: the usual ones.
     *
     * @throws Refusal where one of them does not exist
     */
    public static OpenViews read(String text) {
        return text.isEmpty() ? USUAL : text.equals(NONE) ? new OpenViews(List.of()) : of(List.of(text.split(",")));
    }

    /** As {@link #read} reads it. */
    public String text() {
        return names.isEmpty() ? NONE : String.join(",", names);
    }

    /** Is that view open? */
    public boolean has(String name) {
        return names.contains(name);
    }

    /** The same, with one more. */
    OpenViews with(String name) {
        return of(java.util.stream.Stream.concat(names.stream(), java.util.stream.Stream.of(name))
                .collect(Collectors.toSet()));
    }

    /** Nobody has chosen, or chose what is open anyway. */
    public boolean isUsual() {
        return equals(USUAL);
    }
}
