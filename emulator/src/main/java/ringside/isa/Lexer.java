package ringside.isa;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import ringside.isa.Token.Kind;

/** Splits a line of a source into tokens (NASM manual, Layout of a NASM Source Line). */
final class Lexer {
    private static final List<String> SIGNS =
            List.of("<=>", "<<<", ">>>", "<<", ">>", "<=", ">=", "<>", "!=", "==", "&&", "||", "^^", "//", "%%");

    private final String line;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private boolean spaced;

    private Lexer(String line) {
        this.line = line;
    }

    /** The tokens of a line, without its comment. */
    static List<Token> tokens(String line) {
        return new Lexer(line).read();
    }

    /** Where the comment of a line begins, or the line ends; of a line whose tokens can be read. */
    static int end(String line) {
        var lexer = new Lexer(line);
        lexer.read();
        return lexer.at;
    }

    private List<Token> read() {
        while (at < line.length()) {
            char c = line.charAt(at);
            if (c == ';') {
                break;
            }
            if (Character.isWhitespace(c)) {
                spaced = true;
                at++;
                continue;
            }
            readToken(c);
            spaced = false;
        }
        return List.copyOf(tokens);
    }

    private void readToken(char c) {
        int start = at;
        if (c == '\'' || c == '"') {
            readString(c);
        } else if (c == '`') {
            readEscapedString();
        } else if (c == '%' && percentLength() > 0) {
            int length = percentLength();
            at += length;
            add(Kind.PERCENT, line.substring(start, at), start);
        } else if (isDigit(c) || c == '$' && isDigit(peek(1))) {
            at++;
            while (at < line.length() && (isNameChar(line.charAt(at)) && line.charAt(at) != '~' || isFraction(start))) {
                at++;
            }
            add(Kind.NUMBER, line.substring(start, at), start);
        } else if (isNameStart(c) || c == '$' && isNameStart(peek(1)) && peek(1) != '$') {
            int skip = c == '$' ? 1 : 0;
            at += skip + 1;
            while (at < line.length() && isNameChar(line.charAt(at))) {
                at++;
            }
            add(Kind.NAME, line.substring(start + skip, at), start);
        } else {
            readSign(start);
        }
    }

    private void readSign(int start) {
        if (line.startsWith("$$", at)) {
            at += 2;
            add(Kind.SIGN, "$$", start);
            return;
        }
        for (String sign : SIGNS) {
            if (line.startsWith(sign, at)) {
                at += sign.length();
                add(Kind.SIGN, sign, start);
                return;
            }
        }
        char c = line.charAt(at);
        if (c > 126 || c < 32) {
            throw new SourceError(start + 1, SourceWording.STRANGE_CHARACTER.with(c));
        }
        at++;
        add(Kind.SIGN, String.valueOf(c), start);
    }

    /** The length of a preprocessor word at this place, or 0 if the percent sign is an operator. */
    private int percentLength() {
        char next = peek(1);
        if (next == '%') {
            return isNameStart(peek(2)) ? 2 + nameLength(at + 2) : 0;
        }
        if (next == '{') {
            int end = line.indexOf('}', at);
            return end < 0 ? 0 : end + 1 - at;
        }
        if (next == '+') {
            return isDigit(peek(2)) ? 0 : 2;
        }
        if (next == '[' || next == '!') {
            return 2;
        }
        if (next == '$') {
            int dollars = 1;
            while (peek(1 + dollars) == '$') {
                dollars++;
            }
            return 1 + dollars + nameLength(at + 1 + dollars);
        }
        if (next == '-' && isDigit(peek(2))) {
            return 2 + nameLength(at + 2);
        }
        return isNameStart(next) || isDigit(next) ? 1 + nameLength(at + 1) : 0;
    }

    private int nameLength(int from) {
        boolean digits = from < line.length() && isDigit(line.charAt(from));
        int end = from;
        while (end < line.length() && (digits ? isDigit(line.charAt(end)) : isNameChar(line.charAt(end)))) {
            end++;
        }
        return end - from;
    }

    private void readString(char quote) {
        int start = at;
        int end = line.indexOf(quote, at + 1);
        if (end < 0) {
            throw new SourceError(
                    start + 1, SourceWording.OPEN_STRING.with(), SourceWording.OPEN_STRING_HINT.with(quote));
        }
        at = end + 1;
        add(Kind.STRING, bytes(line.substring(start + 1, end)), start);
    }

    private void readEscapedString() {
        int start = at++;
        var text = new StringBuilder();
        while (true) {
            if (at >= line.length()) {
                throw new SourceError(
                        start + 1, SourceWording.OPEN_STRING.with(), SourceWording.OPEN_STRING_HINT.with("`"));
            }
            char c = line.charAt(at++);
            if (c == '`') {
                break;
            }
            if (c != '\\' || at >= line.length()) {
                text.append(bytes(String.valueOf(c)));
            } else {
                text.append(escape(line.charAt(at++)));
            }
        }
        add(Kind.STRING, text.toString(), start);
    }

    private String escape(char c) {
        return switch (c) {
            case 'a' -> "\u0007";
            case 'b' -> "\b";
            case 't' -> "\t";
            case 'n' -> "\n";
            case 'v' -> "\u000b";
            case 'f' -> "\f";
            case 'r' -> "\r";
            case 'e' -> "\u001b";
            case 'x' -> String.valueOf((char) (digits(16, 2) & 0xFF));
            case 'u' -> codePoint(digits(16, 4));
            case 'U' -> codePoint(digits(16, 8));
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                at--;
                yield String.valueOf((char) (digits(8, 3) & 0xFF));
            }
            default -> bytes(String.valueOf(c));
        };
    }

    private int digits(int radix, int most) {
        int value = 0;
        for (int i = 0; i < most && at < line.length() && Character.digit(line.charAt(at), radix) >= 0; i++) {
            value = value * radix + Character.digit(line.charAt(at++), radix);
        }
        return value;
    }

    private static String codePoint(int value) {
        return Character.isValidCodePoint(value) ? bytes(Character.toString(value)) : "?";
    }

    /** The UTF-8 bytes of a text, one character each. */
    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private void add(Kind kind, String text, int start) {
        tokens.add(new Token(kind, text, start + 1, spaced));
    }

    private char peek(int ahead) {
        return at + ahead < line.length() ? line.charAt(at + ahead) : ' ';
    }

    /** Whether a point or the sign of an exponent goes on with a number: 1.5e-3. */
    private boolean isFraction(int start) {
        char c = line.charAt(at);
        if (line.startsWith("0x", start) || line.startsWith("0X", start) || line.charAt(start) == '$') {
            return false;
        }
        char before = line.charAt(at - 1);
        return (c == '+' || c == '-')
                && (before == 'e' || before == 'E')
                && line.substring(start, at - 1).chars().allMatch(d -> d >= '0' && d <= '9' || d == '.' || d == '_');
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNameStart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '.' || c == '?' || c == '@';
    }

    private static boolean isNameChar(char c) {
        return isNameStart(c) || isDigit(c) || c == '$' || c == '#' || c == '~';
    }
}
