package ringside.isa;

import java.util.List;
import java.util.Optional;
import ringside.isa.LineMacros.LineMacro;
import ringside.isa.Token.Kind;

/**
 * A single-line macro that is there before a source's first line (NASM manual, The -d Option: Pre-Define a Macro).
 *
 * @param name a name as sources may define it
 * @param value what it stands for; may be empty
 */
public record Definition(String name, String value) {
    /** Longest text of a definition. */
    private static final int LONGEST = 1000;

    /** A macro that is defined and stands for nothing, which is enough for {@code %ifdef}. */
    public static Definition of(String name) {
        return read(name).orElseThrow(() -> new IllegalArgumentException(name));
    }

    /** What {@code NAME} or {@code NAME=VALUE} says; empty where it is neither. */
    public static Optional<Definition> read(String text) {
        int equals = text.indexOf('=');
        var read = new Definition(
                equals < 0 ? text : text.substring(0, equals), equals < 0 ? "" : text.substring(equals + 1));
        return text.length() <= LONGEST && read.isReadable() ? Optional.of(read) : Optional.empty();
    }

    private boolean isReadable() {
        try {
            var named = Lexer.tokens(name);
            Lexer.tokens(value);
            return named.size() == 1
                    && named.get(0).kind() == Kind.NAME
                    && named.get(0).text().equals(name)
                    && NamedRegister.of(name).isEmpty();
        } catch (SourceError unreadable) {
            return false;
        }
    }

    LineMacro macro() {
        return new LineMacro(name, Optional.empty(), List.copyOf(Lexer.tokens(value)));
    }
}
