package ringside.isa;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Sets a source in columns: labels at the margin, instructions at the eighth column, comments of neighbouring lines below each other. It only
 * moves white space, so the program stays the same; what it does not understand stays as it stands.
 */
public final class Formatter {
    private static final int INSTRUCTION = 8;
    private static final int CONSTANT = 16;
    private static final int COMMENT = 32;

    /** A statement longer than this does not push its neighbours' comments to the right. */
    private static final int LONG = 56;

    private static final Set<String> DATA = Stream.concat(
                    Stream.of("equ", "times", "incbin"),
                    Stream.of("b", "w", "d", "q", "t", "o", "y").flatMap(size -> Stream.of("d" + size, "res" + size)))
            .collect(Collectors.toUnmodifiableSet());

    private final Set<String> statements;

    /** @param words with which a statement may begin, in lower case: mnemonics and directives */
    public Formatter(Collection<String> words) {
        statements = Stream.concat(words.stream(), DATA.stream()).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * A line of the result.
     *
     * @param fixed stays as it is, and parts what stands above it from what stands below
     */
    private record Line(String code, String comment, boolean fixed) {}

    /**
     * The same source in columns, with as many lines, but for empty ones at its end.
     *
     * @param source lines end in LF, CR LF or CR; those of the result in LF
     */
    public String format(String source) {
        var lines = new ArrayList<Line>();
        boolean continues = false;
        for (String text : source.split("\r\n|\n|\r", -1)) {
            boolean goesOn = text.stripTrailing().endsWith("\\");
            lines.add(continues || goesOn ? new Line(text, "", true) : line(text));
            continues = text.endsWith("\\");
        }
        while (lines.size() > 1 && isEmpty(lines.get(lines.size() - 1)) && isEmpty(lines.get(lines.size() - 2))) {
            lines.remove(lines.size() - 1);
        }
        if (!isEmpty(lines.get(lines.size() - 1))
                && !lines.get(lines.size() - 1).fixed()) {
            lines.add(new Line("", "", false));
        }
        return text(lines);
    }

    private static boolean isEmpty(Line line) {
        return !line.fixed() && line.code().isEmpty() && line.comment().isEmpty();
    }

    private Line line(String text) {
        List<Token> tokens;
        try {
            tokens = Lexer.tokens(text);
        } catch (SourceError unreadable) {
            return new Line(text, "", true);
        }
        int end = Lexer.end(text);
        String comment = text.substring(end).stripTrailing();
        if (tokens.isEmpty()) {
            boolean margin = text.startsWith(";") || comment.startsWith(";@");
            return new Line(margin || comment.isEmpty() ? comment : " ".repeat(INSTRUCTION) + comment, "", false);
        }
        return new Line(code(text.substring(0, end).stripTrailing(), tokens), comment, false);
    }

    private String code(String text, List<Token> tokens) {
        var first = tokens.get(0);
        boolean word = first.kind() == Token.Kind.PERCENT
                && Character.isLetter(first.text().charAt(1));
        if (word) {
            return text.strip();
        }
        int label = labelTokens(text, tokens);
        if (label == 0) {
            return " ".repeat(INSTRUCTION) + statement(text, tokens);
        }
        String name = text.substring(first.column() - 1, end(text, tokens, label - 1));
        if (label == tokens.size()) {
            return name;
        }
        var rest = tokens.subList(label, tokens.size());
        boolean constant = rest.get(0).text().equalsIgnoreCase("equ");
        return padded(name, constant ? CONSTANT : INSTRUCTION) + statement(text, rest);
    }

    /** How many tokens at the beginning are a label: a name, with a colon or without, or none. */
    private int labelTokens(String text, List<Token> tokens) {
        if (tokens.size() > 1 && tokens.get(1).is(":")) {
            return 2;
        }
        if (tokens.get(0).kind() != Token.Kind.NAME || isStatement(tokens.get(0))) {
            return 0;
        }
        if (tokens.size() > 1) {
            return isStatement(tokens.get(1)) ? 1 : 0;
        }
        return Character.isWhitespace(text.charAt(0)) ? 0 : 1;
    }

    private boolean isStatement(Token token) {
        return token.kind() == Token.Kind.NAME
                && statements.contains(token.text().toLowerCase(Locale.ROOT));
    }

    /** The rest of a line. Only where its first word is known, and no macro's parameter is in it, white space inside it is moved. */
    private String statement(String text, List<Token> tokens) {
        boolean known = isStatement(tokens.get(0)) && tokens.stream().noneMatch(t -> t.kind() == Token.Kind.PERCENT);
        if (!known) {
            return text.substring(tokens.get(0).column() - 1);
        }
        var out = new StringBuilder();
        for (int i = 0; i < tokens.size(); i++) {
            var token = tokens.get(i);
            boolean afterComma = i > 0 && tokens.get(i - 1).is(",");
            if (i > 0 && (afterComma || token.spaced() && !token.is(","))) {
                out.append(' ');
            }
            out.append(text, token.column() - 1, end(text, tokens, i));
        }
        return out.toString();
    }

    /** Where a token of the line ends: the next begins there, or white space does. */
    private static int end(String text, List<Token> tokens, int index) {
        int from = tokens.get(index).column() - 1;
        int next = index + 1 < tokens.size() ? tokens.get(index + 1).column() - 1 : text.length();
        return from + text.substring(from, next).stripTrailing().length();
    }

    private static String padded(String text, int column) {
        return text + " ".repeat(Math.max(1, column - text.length()));
    }

    private static String text(List<Line> lines) {
        var out = new ArrayList<String>();
        for (int from = 0; from < lines.size(); ) {
            int to = from;
            int widest = 0;
            while (to < lines.size() && !lines.get(to).comment().isEmpty()) {
                int width = lines.get(to).code().length();
                widest = width < LONG ? Math.max(widest, width) : widest;
                to++;
            }
            int column = Math.max(COMMENT, (widest / INSTRUCTION + 1) * INSTRUCTION);
            for (Line line : lines.subList(from, to)) {
                out.add(padded(line.code(), column) + line.comment());
            }
            if (to == from) {
                out.add(lines.get(to++).code());
            }
            from = to;
        }
        return String.join("\n", out);
    }
}
