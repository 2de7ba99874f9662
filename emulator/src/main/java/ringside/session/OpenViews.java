package ringside.session;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import ringside.isa.Syntax;

/**
 * Which views of a lab are open, and how they write instructions. A lesson opens what it wants to be looked at, and locks it:
 * {@code OpenViews.of(List.of("code", "stack")).lock()}.
 *
 * @param names in the order of {@link Panel#ALL}
 * @param syntax of instructions in memory; sources stay as they were written
 * @param locked only {@link Session#show} opens others; what a page has to choose them with is not there
 */
public record OpenViews(List<String> names, Syntax syntax, boolean locked) {
    /** What is open where nobody has chosen. */
    public static final OpenViews USUAL =
            free(Panel.ALL.stream().filter(Panel::usual).map(Panel::name).toList());

    private static final String NONE = "none";

    public OpenViews {
        names = List.copyOf(names);
    }

    private static OpenViews free(List<String> names) {
        return new OpenViews(names, Syntax.INTEL, false);
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
        return free(Panel.names().stream().filter(wanted::contains).toList());
    }

    /**
     * Reads what an address says: names with commas between, or {@code none}; nothing: the usual ones.
     *
     * @throws Refusal where one of them does not exist
     */
    public static OpenViews read(String text) {
        return text.isEmpty() ? USUAL : text.equals(NONE) ? free(List.of()) : of(List.of(text.split(",")));
    }

    /** As {@link #read} reads it. */
    public String text() {
        return names.isEmpty() ? NONE : String.join(",", names);
    }

    /** The same, locked. */
    public OpenViews lock() {
        return new OpenViews(names, syntax, true);
    }

    /** The same, perhaps locked: what an address says, where {@code 1} is yes. */
    public OpenViews lock(String said) {
        return said.equals("1") ? lock() : this;
    }

    /**
     * The same with instructions in another syntax.
     *
     * @param label {@code intel} or {@code att}; nothing: the usual one
     * @throws Refusal where there is no such syntax
     */
    public OpenViews in(String label) {
        var wanted = Syntax.named(label.isEmpty() ? Syntax.INTEL.label() : label)
                .orElseThrow(
                        () -> new Refusal(Sentence.of("refused.syntax", label, String.join(", ", Syntax.labels()))));
        return new OpenViews(names, wanted, locked);
    }

    /** What {@link #in} reads. */
    public String syntaxLabel() {
        return syntax.label();
    }

    /** Nobody has chosen another syntax. */
    public boolean isInUsualSyntax() {
        return syntax == Syntax.INTEL;
    }

    /** Other views in the same syntax. */
    OpenViews opening(OpenViews others) {
        return new OpenViews(others.names, syntax, others.locked);
    }

    /** Is that view open? */
    public boolean has(String name) {
        return names.contains(name);
    }

    /** The same, with one more. */
    OpenViews with(String name) {
        var wider = of(java.util.stream.Stream.concat(names.stream(), java.util.stream.Stream.of(name))
                .collect(Collectors.toSet()));
        return new OpenViews(wider.names, syntax, locked);
    }

    /** Nobody has chosen, or chose what is open anyway. */
    public boolean isUsual() {
        return names.equals(USUAL.names);
    }
}
