package ringside.isa;

import java.util.Locale;
import java.util.Set;
import ringside.isa.Token.Kind;

/** Reads and computes an expression (NASM manual, Expressions); operators bind as they do there. */
final class Expression {
    private static final int DEEPEST = 200;
    private static final Set<String> COMPARISONS = Set.of("=", "==", "!=", "<>", "<", "<=", ">", ">=", "<=>");
    private static final Set<String> SHIFTS = Set.of("<<", ">>", "<<<", ">>>");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "%", "//", "%%");
    private static final Set<String> UNARY = Set.of("-", "+", "~", "!");

    private final TokenReader reader;
    private final Scope scope;
    private int depth;

    private Expression(TokenReader reader, Scope scope) {
        this.reader = reader;
        this.scope = scope;
    }

    /** The value of the expression that comes next; reads no further than it goes. */
    static Value read(TokenReader reader, Scope scope) {
        return new Expression(reader, scope).conditional();
    }

    /** A number that must be known now: for a count, a condition, an alignment. */
    static long known(TokenReader reader, Scope scope, Message what) {
        var at = reader.peek();
        var value = read(reader, scope);
        if (value.unknown()) {
            throw new SourceError(
                    at.column(), SourceWording.MUST_BE_KNOWN.with(what), SourceWording.MUST_BE_KNOWN_HINT.with());
        }
        if (!value.isNumber()) {
            throw new SourceError(
                    at.column(), SourceWording.MUST_BE_NUMBER.with(what), SourceWording.MUST_BE_NUMBER_HINT.with());
        }
        return value.number();
    }

    private boolean isNext(Set<String> signs) {
        var token = reader.peek();
        return token.kind() == Kind.SIGN && signs.contains(token.text());
    }

    private Value conditional() {
        if (++depth > DEEPEST) {
            throw new SourceError(reader.peek().column(), SourceWording.DEEP_EXPRESSION.with());
        }
        var condition = or();
        if (reader.peek().isName("?")) {
            var sign = reader.next();
            var yes = conditional();
            reader.expect(":", SourceWording.MISSING_IN_CHOICE);
            var no = conditional();
            condition = condition.unknown() ? condition : number(condition, sign) != 0 ? yes : no;
        }
        depth--;
        return condition;
    }

    private Value or() {
        var left = exclusiveOr();
        while (reader.peek().is("||")) {
            var sign = reader.next();
            left = truth(left, exclusiveOr(), sign);
        }
        return left;
    }

    private Value exclusiveOr() {
        var left = and();
        while (reader.peek().is("^^")) {
            var sign = reader.next();
            left = truth(left, and(), sign);
        }
        return left;
    }

    private Value and() {
        var left = comparison();
        while (reader.peek().is("&&")) {
            var sign = reader.next();
            left = truth(left, comparison(), sign);
        }
        return left;
    }

    private Value truth(Value left, Value right, Token sign) {
        boolean a = number(left, sign) != 0;
        boolean b = number(right, sign) != 0;
        boolean result = switch (sign.text()) {
            case "||" -> a || b;
            case "^^" -> a != b;
            default -> a && b;
        };
        return both(left, right, result ? 1 : 0);
    }

    private Value comparison() {
        var left = bitOr();
        while (reader.peek().kind() == Kind.SIGN
                && COMPARISONS.contains(reader.peek().text())) {
            var sign = reader.next();
            var right = bitOr();
            var difference = left.plus(right.times(-1));
            int order = difference.sections().isEmpty() && left.isNumber()
                    ? Long.compare(left.number(), right.number())
                    : Long.signum(number(difference, sign));
            left = both(left, right, compare(sign.text(), order));
        }
        return left;
    }

    private static long compare(String sign, int order) {
        boolean result = switch (sign) {
            case "=", "==" -> order == 0;
            case "!=", "<>" -> order != 0;
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            case ">=" -> order >= 0;
            default -> false;
        };
        return sign.equals("<=>") ? order : result ? 1 : 0;
    }

    private Value bitOr() {
        var left = bitXor();
        while (reader.peek().is("|")) {
            var sign = reader.next();
            var right = bitXor();
            left = both(left, right, number(left, sign) | number(right, sign));
        }
        return left;
    }

    private Value bitXor() {
        var left = bitAnd();
        while (reader.peek().is("^")) {
            var sign = reader.next();
            var right = bitAnd();
            left = both(left, right, number(left, sign) ^ number(right, sign));
        }
        return left;
    }

    private Value bitAnd() {
        var left = shift();
        while (reader.peek().is("&")) {
            var sign = reader.next();
            var right = shift();
            left = both(left, right, number(left, sign) & number(right, sign));
        }
        return left;
    }

    private Value shift() {
        var left = sum();
        while (isNext(SHIFTS)) {
            var sign = reader.next();
            var right = sum();
            long a = number(left, sign);
            long count = number(right, sign);
            boolean out = count < 0 || count > 63;
            long result = switch (sign.text()) {
                case ">>" -> out ? 0 : a >>> count;
                case ">>>" -> out ? a >> 63 : a >> count;
                default -> out ? 0 : a << count;
            };
            left = both(left, right, result);
        }
        return left;
    }

    private Value sum() {
        var left = product();
        while (reader.peek().is("+") || reader.peek().is("-")) {
            var sign = reader.next();
            var right = product();
            left = left.plus(sign.is("+") ? right : right.times(-1));
        }
        return left;
    }

    private Value product() {
        var left = unary();
        while (isNext(PRODUCTS)) {
            var sign = reader.next();
            var right = unary();
            left = sign.is("*") ? multiplied(left, right, sign) : divided(left, right, sign);
        }
        return left;
    }

    private Value multiplied(Value left, Value right, Token sign) {
        boolean unknown = left.unknown() || right.unknown();
        if (right.isNumber()) {
            return unknown ? left.plus(right).with(0) : left.wantedAsIndex().times(right.number());
        }
        return right.wantedAsIndex().times(number(left, sign));
    }

    private Value divided(Value left, Value right, Token sign) {
        long a = number(left, sign);
        long b = number(right, sign);
        if (b == 0) {
            if (right.unknown()) {
                return both(left, right, 0);
            }
            throw new SourceError(sign.column(), SourceWording.DIVISION_BY_ZERO.with());
        }
        return both(
                left,
                right,
                switch (sign.text()) {
                    case "/" -> Long.divideUnsigned(a, b);
                    case "//" -> a / b;
                    case "%" -> Long.remainderUnsigned(a, b);
                    default -> a % b;
                });
    }

    private Value unary() {
        var sign = reader.peek();
        if (isNext(UNARY)) {
            reader.next();
            if (++depth > DEEPEST) {
                throw new SourceError(sign.column(), SourceWording.DEEP_EXPRESSION.with());
            }
            var value = unary();
            depth--;
            return switch (sign.text()) {
                case "-" -> value.times(-1);
                case "~" -> value.with(~number(value, sign));
                case "!" -> value.with(number(value, sign) == 0 ? 1 : 0);
                default -> value;
            };
        }
        return primary();
    }

    private Value primary() {
        var token = reader.next();
        switch (token.kind()) {
            case NUMBER -> {
                return Value.of(Numbers.read(token));
            }
            case STRING -> {
                return Value.of(characters(token.text()));
            }
            case NAME -> {
                return NamedRegister.isGeneral(token.text())
                        ? Value.register(token.text().toLowerCase(Locale.ROOT))
                        : scope.symbol(token);
            }
            case SIGN -> {
                if (token.is("(")) {
                    var value = conditional();
                    reader.expect(")", SourceWording.MISSING_AFTER_EXPRESSION);
                    return value;
                }
                if (token.is("$")) {
                    return scope.here(token);
                }
                if (token.is("$$")) {
                    return scope.sectionStart(token);
                }
            }
            case PERCENT, END -> {}
        }
        throw new SourceError(
                token.column(),
                token.isEnd() ? SourceWording.EXPRESSION_MISSING.with() : SourceWording.NO_VALUE.with(token.written()));
    }

    /** NASM manual, Character Constants: the first character is the lowest byte. */
    static long characters(String text) {
        long value = 0;
        for (int i = Math.min(8, text.length()) - 1; i >= 0; i--) {
            value = value << 8 | text.charAt(i) & 0xFF;
        }
        return value;
    }

    private static Value both(Value left, Value right, long number) {
        boolean unknown = left.unknown() || right.unknown();
        return unknown ? Value.unknownValue() : Value.of(number);
    }

    private static long number(Value value, Token sign) {
        if (value.isNumber() || value.unknown()) {
            return value.number();
        }
        throw new SourceError(
                sign.column(),
                SourceWording.NEEDS_NUMBERS.with(sign.text()),
                value.registers().isEmpty()
                        ? SourceWording.NEEDS_NUMBERS_ADDRESS.with()
                        : SourceWording.NEEDS_NUMBERS_REGISTER.with());
    }
}
