package ringside.isa;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import ringside.isa.Token.Kind;

/** The single-line macros (NASM manual, Single-Line Macros) and their expansion. */
final class LineMacros {
    static final int MOST_TOKENS = 20_000;
    private static final int DEEPEST = 64;
    private static final int LONGEST_NAME = 4096;

    /**
     * A macro of one line.
     *
     * @param name its name
     * @param parameters the names of its parameters; empty without brackets
     * @param body what it stands for
     */
    record LineMacro(String name, Optional<List<String>> parameters, List<Token> body) {
        private int arity() {
            return parameters.map(List::size).orElse(-1);
        }
    }

    private final Map<String, List<LineMacro>> exact = new HashMap<>();
    private final Map<String, List<LineMacro>> anyCase = new HashMap<>();

    void define(LineMacro macro, boolean inAnyCase) {
        var table = inAnyCase ? anyCase : exact;
        var key = inAnyCase ? macro.name().toLowerCase(Locale.ROOT) : macro.name();
        var all = new ArrayList<>(table.getOrDefault(key, List.of()));
        all.removeIf(other -> other.arity() == macro.arity() || other.arity() < 0 || macro.arity() < 0);
        all.add(macro);
        table.put(key, all);
    }

    void undefine(String name) {
        exact.remove(name);
        anyCase.remove(name.toLowerCase(Locale.ROOT));
    }

    boolean isDefined(String name) {
        return !find(name).isEmpty();
    }

    private List<LineMacro> find(String name) {
        var found = exact.get(name);
        return found != null ? found : anyCase.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    /** A line with all its macros expanded, and {@code %+} joined. */
    List<Token> expand(List<Token> tokens) {
        boolean plain = true;
        for (Token token : tokens) {
            plain &= token.kind() != Kind.PERCENT
                    && (token.kind() != Kind.NAME || find(token.text()).isEmpty());
        }
        if (plain) {
            return tokens;
        }
        var out = new ArrayList<Token>();
        expand(tokens, new HashSet<>(), out, 0);
        return joined(out);
    }

    private void expand(List<Token> tokens, Set<String> active, List<Token> out, int depth) {
        if (depth > DEEPEST) {
            throw new SourceError(tokens.get(0).column(), SourceWording.DEEP_MACROS.with());
        }
        for (int i = 0; i < tokens.size(); i++) {
            var token = tokens.get(i);
            if (out.size() > MOST_TOKENS) {
                throw SourceError.limit(token.column(), SourceWording.MACROS_EXPAND.with());
            }
            if (token.kind() == Kind.PERCENT && token.text().equals("%[")) {
                i = expandBracketed(tokens, i, active, out, depth);
                continue;
            }
            var candidates = token.kind() == Kind.NAME && !active.contains(token.text())
                    ? find(token.text())
                    : List.<LineMacro>of();
            if (candidates.isEmpty()) {
                out.add(token);
                continue;
            }
            var call = call(tokens, i);
            var macro = candidates.stream()
                    .filter(m -> m.arity() < 0
                            || call.isPresent()
                                    && m.arity() == call.get().arguments().size())
                    .findFirst();
            if (macro.isEmpty()) {
                if (call.isPresent()) {
                    throw new SourceError(
                            token.column(),
                            SourceWording.MACRO_TAKES_NOT.with(
                                    token.text(), call.get().arguments().size()));
                }
                out.add(token);
                continue;
            }
            var body = macro.get().arity() < 0
                    ? macro.get().body()
                    : substituted(macro.get(), call.orElseThrow().arguments());
            active.add(token.text());
            expand(placed(body, token), active, out, depth + 1);
            active.remove(token.text());
            if (macro.get().arity() >= 0) {
                i = call.orElseThrow().last();
            }
        }
    }

    private int expandBracketed(List<Token> tokens, int from, Set<String> active, List<Token> out, int depth) {
        int open = 1;
        for (int i = from + 1; i < tokens.size(); i++) {
            open += tokens.get(i).is("[") ? 1 : tokens.get(i).is("]") ? -1 : 0;
            if (open == 0) {
                expand(tokens.subList(from + 1, i), active, out, depth + 1);
                return i;
            }
        }
        throw new SourceError(tokens.get(from).column(), SourceWording.BRACKET_MISSING_AFTER.with());
    }

    private record Call(List<List<Token>> arguments, int last) {}

    /** The arguments in brackets after a macro's name. */
    private static Optional<Call> call(List<Token> tokens, int name) {
        if (name + 1 >= tokens.size() || !tokens.get(name + 1).is("(")) {
            return Optional.empty();
        }
        var arguments = new ArrayList<List<Token>>();
        var argument = new ArrayList<Token>();
        int depth = 0;
        for (int i = name + 2; i < tokens.size(); i++) {
            var token = tokens.get(i);
            if (depth == 0 && (token.is(")") || token.is(","))) {
                arguments.add(argument);
                argument = new ArrayList<>();
                if (token.is(")")) {
                    boolean none = arguments.size() == 1 && arguments.get(0).isEmpty();
                    return Optional.of(new Call(none ? List.of() : arguments, i));
                }
                continue;
            }
            depth += token.is("(") || token.is("{") ? 1 : token.is(")") || token.is("}") ? -1 : 0;
            argument.add(token);
        }
        throw new SourceError(
                tokens.get(name).column(),
                SourceWording.PARENTHESIS_MISSING_MACRO.with(tokens.get(name).text()));
    }

    private static List<Token> substituted(LineMacro macro, List<List<Token>> arguments) {
        var names = macro.parameters().orElse(List.of());
        var out = new ArrayList<Token>();
        for (Token token : macro.body()) {
            int at = token.kind() == Kind.NAME ? names.indexOf(token.text()) : -1;
            if (at < 0) {
                out.add(token);
            } else {
                var argument = arguments.get(at);
                for (int i = 0; i < argument.size(); i++) {
                    out.add(i == 0 ? argument.get(i).at(token.column(), token.spaced()) : argument.get(i));
                }
            }
        }
        return out;
    }

    /** A body where its macro's name stood: errors in it are reported there. */
    private static List<Token> placed(List<Token> body, Token name) {
        var out = new ArrayList<Token>(body.size());
        for (int i = 0; i < body.size(); i++) {
            out.add(body.get(i)
                    .at(name.column(), i == 0 ? name.spaced() : body.get(i).spaced()));
        }
        return out;
    }

    /** Joins what {@code %+} stands between. */
    private static List<Token> joined(List<Token> tokens) {
        var out = new ArrayList<Token>(tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            var token = tokens.get(i);
            if (token.kind() == Kind.PERCENT && token.text().equals("%+") && !out.isEmpty() && i + 1 < tokens.size()) {
                out.add(glued(out.remove(out.size() - 1), tokens.get(++i)));
            } else {
                out.add(token);
            }
        }
        return out;
    }

    /** Two tokens as one word. */
    static Token glued(Token left, Token right) {
        var text = left.text() + right.text();
        if (text.length() > LONGEST_NAME) {
            throw SourceError.limit(left.column(), SourceWording.LONG_NAME.with(LONGEST_NAME));
        }
        char first = text.charAt(0);
        var kind = Lexer.isDigit(first) ? Kind.NUMBER : left.kind() == Kind.SIGN ? Kind.SIGN : Kind.NAME;
        return new Token(kind, text, left.column(), left.spaced());
    }
}
