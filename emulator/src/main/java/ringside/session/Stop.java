package ringside.session;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A breakpoint or watchpoint: what a run stops at, forwards and backwards.
 *
 * @param number names it, from 1
 * @param what as {@link Kind} says
 * @param access for ports and memory
 * @param condition an {@link Expression} that must hold, too; empty: none
 * @param enabled whether it stops anything
 */
public record Stop(int number, Kind kind, String what, Access access, String condition, boolean enabled) {
    private static final int LONGEST = 100;
    private static final Pattern TEXT =
            Pattern.compile("(off )?([a-z]+)(?: (.*?))?(?: (read|write))?(?: if (.*))?", Pattern.DOTALL);
    private static final Pattern PORTS = Pattern.compile("([0-9a-f]{1,4})h?(?:-(?:0x)?([0-9a-f]{1,4})h?)?");

    /** What it watches. */
    public enum Kind {
        /** The guest comes to an address: a number, a symbol, or segment:offset. */
        ADDRESS,
        /** The guest comes to a line of the source: its number. */
        LINE,
        /** A port, or from one to another: {@code 3f8-3ff}, hexadecimal. */
        PORT,
        /** Memory: an address as above, and perhaps {@code +}, how many bytes. */
        MEMORY,
        /** A register changes, or an expression becomes true. */
        VALUE,
        /** The guest is left: the reason or its number; empty: any. */
        EXIT;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Kind> named(String text) {
            for (Kind kind : values()) {
                if (kind.text().equals(text)) {
                    return Optional.of(kind);
                }
            }
            return Optional.empty();
        }
    }

    /** Which accesses to a port or to memory count. */
    public enum Access {
        ANY(""),
        READ("read"),
        WRITE("write");

        private final String text;

        Access(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }

        static Access named(String text) {
            return text.equals("read") ? READ : text.equals("write") ? WRITE : ANY;
        }

        boolean counts(boolean write) {
            return this == ANY || (this == WRITE) == write;
        }
    }

    public Stop {
        what = what.trim();
        condition = condition.trim();
        if (what.length() > LONGEST) {
            throw new Refusal(Sentence.of("refused.expression.long", LONGEST));
        }
        check(kind, what);
        if (!condition.isEmpty()) {
            Expression.read(condition);
        }
    }

    private static void check(Kind kind, String what) {
        switch (kind) {
            case LINE -> {
                if (!what.matches("[0-9]{1,7}")) {
                    throw new Refusal(Sentence.of("refused.stop.line", what));
                }
            }
            case PORT -> Ports.of(what);
            case VALUE -> Expression.read(what);
            case ADDRESS, MEMORY -> {
                if (what.isEmpty()) {
                    throw new Refusal(Sentence.of("refused.stop.address", what));
                }
            }
            case EXIT -> {}
        }
    }

    /**
     * The words of a form.
     *
     * @throws Refusal where they say nothing that can be watched
     */
    public static Stop of(int number, String kind, String what, String access, String condition, boolean enabled) {
        return new Stop(
                number,
                Kind.named(kind).orElseThrow(() -> new Refusal(Sentence.of("refused.stop", kind))),
                what,
                Access.named(access),
                condition,
                enabled);
    }

    /**
     * Reads what {@link #text} writes: {@code memory buffer+4 write if cf}.
     *
     * @throws Refusal where it is something else
     */
    public static Stop read(int number, String text) {
        Matcher words = TEXT.matcher(text.trim());
        if (!words.matches()) {
            throw new Refusal(Sentence.of("refused.stop", text));
        }
        return of(
                number,
                words.group(2),
                Optional.ofNullable(words.group(3)).orElse(""),
                Optional.ofNullable(words.group(4)).orElse(""),
                Optional.ofNullable(words.group(5)).orElse(""),
                words.group(1) == null);
    }

    /** All but its number, in a line. */
    public String text() {
        return (enabled ? "" : "off ")
                + kind.text()
                + (what.isEmpty() ? "" : " " + what)
                + (access == Access.ANY ? "" : " " + access.text())
                + (condition.isEmpty() ? "" : " if " + condition);
    }

    Stop numbered(int other) {
        return new Stop(other, kind, what, access, condition, enabled);
    }

    Stop switched(boolean on) {
        return new Stop(number, kind, what, access, condition, on);
    }

    Stop at(String place) {
        return new Stop(number, kind, place, access, condition, enabled);
    }

    /** From one port to another, both of them in it. */
    record Ports(int first, int last) {
        static Ports of(String text) {
            Matcher range = PORTS.matcher(text.toLowerCase(Locale.ROOT).replaceFirst("^0x", ""));
            if (!range.matches()) {
                throw new Refusal(Sentence.of("refused.stop.port", text));
            }
            int first = Integer.parseInt(range.group(1), 16);
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2), 16);
            if (last < first) {
                throw new Refusal(Sentence.of("refused.stop.port", text));
            }
            return new Ports(first, last);
        }

        boolean meets(int port, int size) {
            return port <= last && port + size > first;
        }
    }
}
