package ringside.isa;

import java.util.ArrayList;
import java.util.List;
import ringside.isa.Token.Kind;

/** Reads a list of tokens from left to right. */
final class TokenReader {
    private final List<Token> tokens;
    private final Token end;
    private int at;

    TokenReader(List<Token> tokens) {
        this.tokens = tokens;
        var last = tokens.isEmpty()
                ? 0
                : tokens.get(tokens.size() - 1).column()
                        + tokens.get(tokens.size() - 1).text().length();
        this.end = new Token(Kind.END, "", Math.max(1, last), true);
    }

    Token peek() {
        return peek(0);
    }

    Token peek(int ahead) {
        return at + ahead < tokens.size() ? tokens.get(at + ahead) : end;
    }

    Token next() {
        var token = peek();
        at = Math.min(at + 1, tokens.size());
        return token;
    }

    boolean atEnd() {
        return at >= tokens.size();
    }

    /** Passes a sign if it comes next. */
    boolean take(String sign) {
        if (peek().is(sign)) {
            at++;
            return true;
        }
        return false;
    }

    /** Passes a name, in any case of letters, if it comes next. */
    boolean takeName(String name) {
        if (peek().isName(name)) {
            at++;
            return true;
        }
        return false;
    }

    void expect(String sign, SourceWording where) {
        if (!take(sign)) {
            throw new SourceError(peek().column(), where.with(sign));
        }
    }

    void expectEnd() {
        if (!atEnd()) {
            throw new SourceError(peek().column(), SourceWording.NOT_EXPECTED.with(peek().written()));
        }
    }

    List<Token> rest() {
        var list = List.copyOf(tokens.subList(at, tokens.size()));
        at = tokens.size();
        return list;
    }

    int position() {
        return at;
    }

    void back(int position) {
        at = position;
    }

    /** Splits the rest at the commas outside brackets; no parts if nothing is left. */
    List<List<Token>> restAtCommas() {
        var parts = new ArrayList<List<Token>>();
        if (atEnd()) {
            return parts;
        }
        var part = new ArrayList<Token>();
        int depth = 0;
        while (!atEnd()) {
            var token = next();
            if (token.is("(") || token.is("[") || token.is("{")) {
                depth++;
            } else if (token.is(")") || token.is("]") || token.is("}")) {
                depth--;
            }
            if (depth == 0 && token.is(",")) {
                parts.add(part);
                part = new ArrayList<>();
            } else {
                part.add(token);
            }
        }
        parts.add(part);
        return parts;
    }
}
