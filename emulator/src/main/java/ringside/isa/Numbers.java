package ringside.isa;

import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Pattern;

/** Reads numbers as NASM writes them (NASM manual, Numeric Constants). */
final class Numbers {
    /** Digits with a point, an exponent, or both. */
    private static final Pattern FRACTION =
            Pattern.compile("[0-9][0-9_]*(?:\\.\\w*(?:[eE][+-]?\\w+)?|[eE][+-]?[0-9_]+)");

    private Numbers() {}

    static long read(Token token) {
        var text = token.text().toLowerCase(Locale.ROOT).replace("_", "");
        int radix = 10;
        var digits = text;
        if (text.startsWith("$")) {
            radix = 16;
            digits = text.substring(1);
        } else if (text.length() > 1
                && text.charAt(0) == '0'
                && prefixRadix(text.charAt(1)) > 0
                && !isHexSuffixed(text)) {
            radix = prefixRadix(text.charAt(1));
            digits = text.substring(2);
        } else if (suffixRadix(text) > 0) {
            radix = suffixRadix(text);
            digits = text.substring(0, text.length() - 1);
        }
        try {
            return new BigInteger(digits, radix).longValue();
        } catch (NumberFormatException e) {
            throw new SourceError(
                    token.column(), SourceWording.NO_NUMBER.with(token.text()), SourceWording.NO_NUMBER_HINT.with());
        }
    }

    private static boolean isHexSuffixed(String text) {
        return text.endsWith("h");
    }

    private static int prefixRadix(char letter) {
        return switch (letter) {
            case 'x', 'h' -> 16;
            case 'o', 'q' -> 8;
            case 'b', 'y' -> 2;
            case 'd', 't' -> 10;
            default -> 0;
        };
    }

    private static int suffixRadix(String text) {
        return switch (text.charAt(text.length() - 1)) {
            case 'h', 'x' -> 16;
            case 'o', 'q' -> 8;
            case 'b', 'y' -> 2;
            case 'd', 't' -> 10;
            default -> 0;
        };
    }

    /** Whether the token is a number with a point or an exponent. */
    static boolean isFraction(Token token) {
        return token.kind() == Token.Kind.NUMBER
                && FRACTION.matcher(token.text()).matches();
    }

    /** The bits of a fraction as a float of 32 bits or a double of 64; other sizes are an error. */
    static long fraction(Token token, int bits) {
        if (bits != 32 && bits != 64) {
            throw new SourceError(token.column(), SourceWording.FRACTION_UNIT.with());
        }
        try {
            double value = Double.parseDouble(token.text().replace("_", ""));
            return bits == 32 ? Float.floatToRawIntBits((float) value) : Double.doubleToRawLongBits(value);
        } catch (NumberFormatException e) {
            throw new SourceError(token.column(), SourceWording.NO_NUMBER.with(token.text()));
        }
    }
}
