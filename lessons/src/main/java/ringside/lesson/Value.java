package ringside.lesson;

import java.util.Locale;
import java.util.Optional;

/**
 * What is measured, and what a claim says it is: a number or a text.
 *
 * @param number where it is one; unsigned
 * @param hexadecimal it is read and shown so
 * @param text where it is no number, else empty
 */
public record Value(Optional<Long> number, boolean hexadecimal, String text) {
    static Value of(long number) {
        return new Value(Optional.of(number), false, "");
    }

    static Value hexadecimal(long number) {
        return new Value(Optional.of(number), true, "");
    }

    static Value of(String text) {
        return new Value(Optional.empty(), false, text);
    }

    /** Reads {@code 7}, {@code 0x202}, {@code 80H}, {@code "text\n"} or a word. @throws Malformed where it is none of these */
    static Value read(String written) {
        String text = written.strip();
        if (text.startsWith("\"")) {
            if (text.length() < 2 || !text.endsWith("\"")) {
                throw new Malformed("the text " + text + " has no end");
            }
            return of(unescaped(text.substring(1, text.length() - 1)));
        }
        Optional<Value> number = number(text);
        if (number.isEmpty() && !text.matches("[A-Za-z][\\w-]*")) {
            throw new Malformed("'" + text + "' is no number, no word and no text in quotes");
        }
        return number.orElseGet(() -> of(text));
    }

    /** Reads a number as people write it: thousands may stand apart. */
    static Optional<Value> number(String written) {
        String text = written.strip().toLowerCase(Locale.ROOT).replaceAll("(?<=\\d)[ \u202F\u00A0](?=\\d)", "");
        try {
            if (text.matches("0x[0-9a-f]{1,16}")) {
                return Optional.of(hexadecimal(Long.parseUnsignedLong(text.substring(2), 16)));
            }
            if (text.matches("[0-9][0-9a-f]{0,15}h")) {
                return Optional.of(hexadecimal(Long.parseUnsignedLong(text.substring(0, text.length() - 1), 16)));
            }
            return text.matches("[0-9]{1,18}") ? Optional.of(of(Long.parseLong(text))) : Optional.empty();
        } catch (NumberFormatException tooLarge) {
            return Optional.empty();
        }
    }

    private static String unescaped(String text) {
        return text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
    }

    /** Is it the same number, or the same text? */
    boolean is(Value other) {
        return number.equals(other.number) && text.equals(other.text);
    }

    /** As readers see it; a text stands in quotes. */
    public String shown() {
        if (number.isEmpty()) {
            return '"' + text.replace("\n", "\\n").replace("\r", "\\r") + '"';
        }
        return hexadecimal ? "0x" + Long.toHexString(number.get()) : Long.toUnsignedString(number.get());
    }
}
