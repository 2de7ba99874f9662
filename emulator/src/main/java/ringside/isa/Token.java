package ringside.isa;

/**
 * A word of a source line.
 *
 * @param kind what it is
 * @param text as it stands in the source; of a string the content
 * @param column its column, from 1
 * @param spaced whether white space stands before it
 */
record Token(Kind kind, String text, int column, boolean spaced) {
    enum Kind {
        /** A name, label, mnemonic or register. */
        NAME,
        /** A number, not yet read. */
        NUMBER,
        /** A character string; its text has one character a byte. */
        STRING,
        /** An operator or other sign. */
        SIGN,
        /** A word of the preprocessor: {@code %define}, {@code %1}, {@code %%local}. */
        PERCENT,
        /** The end of a line. */
        END
    }

    boolean is(String sign) {
        return kind == Kind.SIGN && text.equals(sign);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equalsIgnoreCase(name);
    }

    boolean isEnd() {
        return kind == Kind.END;
    }

    Token at(int newColumn, boolean newSpaced) {
        return new Token(kind, text, newColumn, newSpaced);
    }

    Token withText(String newText) {
        return new Token(kind, newText, column, spaced);
    }

    /** What it looked like in the source. */
    String written() {
        return kind == Kind.STRING ? "'" + text + "'" : text;
    }
}
