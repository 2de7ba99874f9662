package ringside.isa;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The symbols of a source, from one pass to the next. */
final class SymbolTable {
    /**
     * A symbol.
     *
     * @param value its value
     * @param line the line that defines it
     * @param label whether it is a label and not an {@code equ}
     */
    record Symbol(Value value, RawLine line, boolean label) {}

    private Map<String, Symbol> before = new HashMap<>();
    private Map<String, Symbol> now = new LinkedHashMap<>();
    private String global = "";
    private boolean changed;

    /** Begins another pass. */
    void nextPass() {
        before = now;
        now = new LinkedHashMap<>();
        global = "";
        changed = false;
    }

    /** Whether a symbol has another value than in the pass before. */
    boolean hasChanged() {
        return changed || now.size() != before.size();
    }

    /** The full name: a local label belongs to the last label that is not local. */
    String fullName(String name) {
        return name.startsWith(".") && !name.startsWith("..") ? global + name : name;
    }

    void define(String name, Value value, RawLine line, int column, boolean label) {
        var full = fullName(name);
        var earlier = now.get(full);
        if (earlier != null) {
            throw new SourceError(
                    column,
                    SourceWording.DEFINED_TWICE.with(full, earlier.line().line()),
                    SourceWording.DEFINED_TWICE_HINT.with());
        }
        if (label && !name.startsWith(".")) {
            global = name;
        }
        var old = before.get(full);
        changed |= old == null || !old.value().equals(value);
        now.put(full, new Symbol(value, line, label));
    }

    /** A symbol defined above, or its value of the pass before. */
    Optional<Symbol> find(String name) {
        var full = fullName(name);
        var found = now.get(full);
        return Optional.ofNullable(found != null ? found : before.get(full));
    }

    /** All symbols of this pass, in the order of the source. */
    Map<String, Symbol> all() {
        return now;
    }

    /** All names that are known so far. */
    Iterable<String> names() {
        return before.size() > now.size() ? before.keySet() : now.keySet();
    }
}
