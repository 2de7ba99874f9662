package ringside.session;

import java.util.List;

/** What a user sent cannot be used. Each line says in one English sentence what is wrong and what to do about it. */
public final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient List<String> lines;

    public BadInput(String sentence) {
        this(List.of(sentence));
    }

    /** @param lines at least one: a source can have several errors */
    public BadInput(List<String> lines) {
        super(String.join("\n", lines), null, false, false);
        this.lines = List.copyOf(lines);
    }

    public List<String> lines() {
        return lines;
    }
}
