package ringside.isa;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import ringside.isa.LineMacros.LineMacro;
import ringside.isa.Token.Kind;

/** The preprocessor's words that define single-line macros, work on strings or only speak. */
final class PreprocessorWords {
    private static final Set<String> IGNORED = Set.of("line", "pragma", "note", "warning", "depend", "repl");
    private static final int LONGEST_STRING = 1 << 20;
    private static final List<String> KNOWN = List.of(
            "define",
            "idefine",
            "xdefine",
            "ixdefine",
            "assign",
            "iassign",
            "undef",
            "strlen",
            "substr",
            "strcat",
            "defstr",
            "idefstr",
            "deftok",
            "error",
            "fatal",
            "macro",
            "endmacro",
            "rep",
            "endrep",
            "include",
            "if",
            "ifdef",
            "ifndef",
            "else",
            "elif",
            "endif",
            "exitrep",
            "exitmacro",
            "rotate",
            "push",
            "pop");

    private final Preprocessor preprocessor;
    private final LineMacros macros;

    PreprocessorWords(Preprocessor preprocessor, LineMacros macros) {
        this.preprocessor = preprocessor;
        this.macros = macros;
    }

    void perform(String directive, TokenReader reader, Token word) {
        switch (directive) {
            case "define", "idefine" -> define(reader, directive.startsWith("i"), false);
            case "xdefine", "ixdefine" -> define(reader, directive.startsWith("i"), true);
            case "assign", "iassign" -> assign(reader, directive.startsWith("i"));
            case "undef" -> {
                while (!reader.atEnd()) {
                    macros.undefine(reader.next().text());
                }
            }
            case "strlen" -> set(reader, tokens -> number(string(tokens, word).length(), word));
            case "strcat" -> set(reader, tokens -> text(concatenated(tokens), word));
            case "substr" -> set(reader, tokens -> text(part(tokens, word), word));
            case "defstr", "idefstr" -> set(reader, tokens -> text(written(tokens), word));
            case "deftok" -> set(reader, tokens -> Lexer.tokens(string(tokens, word)));
            case "error" -> throw new SourceError(word.column(), message(reader));
            case "fatal" -> throw SourceError.limit(word.column(), message(reader));
            default -> {
                if (!IGNORED.contains(directive)) {
                    throw new SourceError(
                            word.column(),
                            SourceWording.UNKNOWN_DIRECTIVE.with(word.text()),
                            Suggestions.of(directive, KNOWN, "%"));
                }
            }
        }
    }

    private Message message(TokenReader reader) {
        var text = written(macros.expand(reader.rest()));
        return text.isEmpty() ? SourceWording.SOURCE_ERROR.with() : SourceWording.SAID_BY_SOURCE.with(text);
    }

    private void define(TokenReader reader, boolean anyCase, boolean now) {
        var name = name(reader);
        Optional<List<String>> parameters = Optional.empty();
        if (reader.peek().is("(") && !reader.peek().spaced()) {
            reader.next();
            var names = new ArrayList<String>();
            while (!reader.take(")")) {
                var parameter = reader.next();
                if (parameter.isEnd()) {
                    throw new SourceError(parameter.column(), SourceWording.PARENTHESIS_MISSING_PARAMETERS.with());
                }
                if (parameter.kind() == Kind.NAME) {
                    names.add(parameter.text());
                }
            }
            parameters = Optional.of(List.copyOf(names));
        }
        var body = reader.rest();
        macros.define(new LineMacro(name, parameters, now ? macros.expand(body) : body), anyCase);
    }

    private static String name(TokenReader reader) {
        var name = reader.next();
        if (name.kind() != Kind.NAME) {
            throw new SourceError(name.column(), SourceWording.NAME_MISSING.with());
        }
        return name.text();
    }

    private void assign(TokenReader reader, boolean anyCase) {
        var at = reader.peek();
        var name = name(reader);
        long value = preprocessor.known(reader.rest(), SourceWording.VALUE_OF.with("%assign"));
        macros.define(new LineMacro(name, Optional.empty(), number(value, at)), anyCase);
    }

    private static List<Token> number(long value, Token at) {
        var digits = new Token(Kind.NUMBER, Long.toUnsignedString(Math.abs(value)), at.column(), false);
        return value < 0 ? List.of(new Token(Kind.SIGN, "-", at.column(), true), digits) : List.of(digits);
    }

    private static List<Token> text(String value, Token at) {
        if (value.length() > LONGEST_STRING) {
            throw SourceError.limit(at.column(), SourceWording.LONG_STRING.with());
        }
        return List.of(new Token(Kind.STRING, value, at.column(), true));
    }

    private interface Change {
        List<Token> of(List<Token> tokens);
    }

    private void set(TokenReader reader, Change change) {
        var name = name(reader);
        var body = change.of(macros.expand(reader.rest()));
        macros.define(new LineMacro(name, Optional.empty(), body), false);
    }

    private static String string(List<Token> tokens, Token word) {
        if (tokens.isEmpty() || tokens.get(0).kind() != Kind.STRING) {
            throw new SourceError(word.column(), SourceWording.NEEDS_STRING.with(word.text()));
        }
        return tokens.get(0).text();
    }

    private static String concatenated(List<Token> tokens) {
        var text = new StringBuilder();
        for (Token token : tokens) {
            if (token.kind() == Kind.STRING) {
                text.append(token.text());
            }
        }
        return text.toString();
    }

    /** NASM manual, %substr: first character from 1, then a count, where -1 goes to the end. */
    private String part(List<Token> tokens, Token word) {
        var all = string(tokens, word);
        var reader = new TokenReader(tokens.subList(1, tokens.size()));
        reader.take(",");
        var parts = reader.restAtCommas();
        long start = parts.isEmpty() ? 1 : preprocessor.known(parts.get(0), SourceWording.START_OF.with("%substr"));
        long count = parts.size() < 2 ? 1 : preprocessor.known(parts.get(1), SourceWording.LENGTH_OF.with("%substr"));
        int from = (int) Math.max(0, Math.min(all.length(), start - 1));
        long to = count < 0 ? all.length() + 1 + count : from + count;
        return all.substring(from, (int) Math.max(from, Math.min(all.length(), to)));
    }

    private static String written(List<Token> tokens) {
        var text = new StringBuilder();
        for (Token token : tokens) {
            if (token.spaced() && text.length() > 0) {
                text.append(' ');
            }
            text.append(token.text());
        }
        return text.toString();
    }
}
