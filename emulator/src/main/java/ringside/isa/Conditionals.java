package ringside.isa;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import ringside.isa.Token.Kind;

/** The open {@code %if} blocks, and what their conditions mean (NASM manual, Conditional Assembly). */
final class Conditionals {
    /** What the conditions ask about. */
    interface Questions {
        boolean isDefined(String name);

        boolean isBlockMacro(String name, Optional<Long> parameters);

        List<Token> expand(List<Token> tokens);

        long known(List<Token> tokens, Message what);
    }

    private enum State {
        /** Lines are read. */
        TAKEN,
        /** No branch was taken yet. */
        WAITING,
        /** A branch was taken, or an outer block is not read. */
        DONE
    }

    private record Open(State state, boolean hadElse, RawLine begin) {}

    private final Deque<Open> open = new ArrayDeque<>();
    private final Questions questions;

    Conditionals(Questions questions) {
        this.questions = questions;
    }

    /** Whether lines are read at this place. */
    boolean isReading() {
        return open.isEmpty() || open.peek().state() == State.TAKEN;
    }

    int depth() {
        return open.size();
    }

    /** Closes what is open beyond a depth: for %exitrep and %exitmacro. */
    void backTo(int depth) {
        while (open.size() > depth) {
            open.pop();
        }
    }

    /** The line of the innermost open block. */
    Optional<RawLine> unclosed() {
        return open.isEmpty() ? Optional.empty() : Optional.of(open.peek().begin());
    }

    /** Takes a line if it belongs to a conditional block. */
    boolean take(RawLine line, String directive) {
        var tokens = line.tokens();
        int column = tokens.isEmpty() ? 1 : tokens.get(0).column();
        if (directive.startsWith("if")) {
            boolean reading = isReading();
            open.push(new Open(State.DONE, false, line));
            if (reading) {
                boolean yes = holds(directive.substring(2), line);
                open.pop();
                open.push(new Open(yes ? State.TAKEN : State.WAITING, false, line));
            }
            return true;
        }
        if (directive.startsWith("elif") || directive.equals("else") || directive.equals("endif")) {
            if (open.isEmpty()) {
                throw new SourceError(column, SourceWording.WITHOUT_IF.with(directive));
            }
            var top = open.pop();
            if (directive.equals("endif")) {
                return true;
            }
            if (top.hadElse()) {
                open.push(top);
                throw new SourceError(
                        column, SourceWording.AFTER_ELSE.with(directive), SourceWording.AFTER_ELSE_HINT.with());
            }
            if (top.state() != State.WAITING) {
                open.push(new Open(State.DONE, directive.equals("else"), top.begin()));
                return true;
            }
            open.push(new Open(State.DONE, directive.equals("else"), top.begin()));
            boolean yes = directive.equals("else") || holds(directive.substring(4), line);
            open.pop();
            open.push(new Open(yes ? State.TAKEN : State.WAITING, directive.equals("else"), top.begin()));
            return true;
        }
        return false;
    }

    private boolean holds(String condition, RawLine line) {
        var rest = line.tokens().subList(1, line.tokens().size());
        boolean negated = condition.startsWith("n") && !condition.equals("num");
        boolean result = test(
                negated ? condition.substring(1) : condition,
                rest,
                line.tokens().get(0));
        return negated != result;
    }

    private boolean test(String condition, List<Token> rest, Token at) {
        switch (condition) {
            case "" -> {
                return questions.known(rest, SourceWording.CONDITION.with()) != 0;
            }
            case "def" -> {
                return rest.stream().filter(t -> t.kind() == Kind.NAME).anyMatch(t -> questions.isDefined(t.text()));
            }
            case "macro" -> {
                return isMacro(rest, at);
            }
            case "env", "ctx" -> {
                return false;
            }
            default -> {
                return testText(condition, questions.expand(rest), at);
            }
        }
    }

    private boolean isMacro(List<Token> rest, Token at) {
        if (rest.isEmpty()) {
            throw new SourceError(at.column(), SourceWording.MACRO_NAME_MISSING.with());
        }
        var count = rest.size() > 1 && rest.get(1).kind() == Kind.NUMBER
                ? Optional.of(Numbers.read(rest.get(1)))
                : Optional.<Long>empty();
        return questions.isBlockMacro(rest.get(0).text(), count);
    }

    private static boolean testText(String condition, List<Token> tokens, Token at) {
        var first = tokens.isEmpty() ? Kind.END : tokens.get(0).kind();
        return switch (condition) {
            case "idn" -> isSame(tokens, false, at);
            case "idni" -> isSame(tokens, true, at);
            case "empty" -> tokens.isEmpty();
            case "id" -> first == Kind.NAME;
            case "num" ->
                first == Kind.NUMBER
                        || tokens.size() > 1
                                && tokens.get(0).is("-")
                                && tokens.get(1).kind() == Kind.NUMBER;
            case "str" -> first == Kind.STRING;
            case "token" -> tokens.size() == 1;
            default ->
                throw new SourceError(
                        at.column(),
                        SourceWording.UNKNOWN_CONDITION.with(at.text()),
                        SourceWording.UNKNOWN_CONDITION_HINT.with());
        };
    }

    private static boolean isSame(List<Token> tokens, boolean anyCase, Token at) {
        var parts = new TokenReader(tokens).restAtCommas();
        if (parts.size() != 2) {
            throw new SourceError(at.column(), SourceWording.TWO_TEXTS.with());
        }
        var left = text(parts.get(0));
        var right = text(parts.get(1));
        return anyCase ? left.toLowerCase(Locale.ROOT).equals(right.toLowerCase(Locale.ROOT)) : left.equals(right);
    }

    private static List<String> words(List<Token> tokens) {
        return tokens.stream().map(Token::written).toList();
    }

    private static String text(List<Token> tokens) {
        return String.join(" ", words(tokens));
    }
}
