package ringside.isa;

import java.util.List;
import java.util.Locale;

/**
 * A line of a source before its macros are expanded.
 *
 * @param tokens its tokens
 * @param file its file
 * @param line its number, from 1
 */
record RawLine(List<Token> tokens, String file, int line) {
    /** The preprocessor's word that it begins with, in lower case; empty if it begins with none. */
    String directive() {
        if (tokens.isEmpty() || tokens.get(0).kind() != Token.Kind.PERCENT) {
            return "";
        }
        var text = tokens.get(0).text();
        return Character.isLetter(text.charAt(1)) ? text.substring(1).toLowerCase(Locale.ROOT) : "";
    }
}
