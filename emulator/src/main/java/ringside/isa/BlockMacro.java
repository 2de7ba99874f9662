package ringside.isa;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import ringside.isa.Token.Kind;

/**
 * A macro of several lines (NASM manual, Multi-Line Macros).
 *
 * @param name its name
 * @param least how many parameters it needs
 * @param most how many it takes
 * @param greedy whether the last one takes the rest of the line
 * @param defaults what stands for the parameters after the needed ones
 * @param body its lines
 */
record BlockMacro(String name, int least, int most, boolean greedy, List<List<Token>> defaults, List<RawLine> body) {

    boolean takes(int parameters) {
        return parameters >= least && (parameters <= most || greedy);
    }

    /** The parameters of a call: split at commas, braces removed, defaults added. */
    List<List<Token>> arguments(List<Token> tokens) {
        var parts = split(tokens, greedy ? most : Integer.MAX_VALUE);
        var all = new ArrayList<>(parts);
        for (int i = all.size(); i < most && i - least < defaults.size(); i++) {
            all.add(defaults.get(i - least));
        }
        return all;
    }

    static List<List<Token>> split(List<Token> tokens, int most) {
        var parts = new ArrayList<List<Token>>();
        if (tokens.isEmpty()) {
            return parts;
        }
        var part = new ArrayList<Token>();
        int depth = 0;
        for (Token token : tokens) {
            if (token.is("{")) {
                depth++;
            } else if (token.is("}")) {
                depth--;
            }
            if (depth == 0 && token.is(",") && parts.size() + 1 < most) {
                parts.add(withoutBraces(part));
                part = new ArrayList<>();
            } else {
                part.add(token);
            }
        }
        parts.add(withoutBraces(part));
        return parts;
    }

    private static List<Token> withoutBraces(List<Token> part) {
        int last = part.size() - 1;
        boolean braced = last > 0 && part.get(0).is("{") && part.get(last).is("}");
        return List.copyOf(braced ? part.subList(1, last) : part);
    }

    /** One use of a macro: what its parameters mean in its lines. */
    static final class Use {
        private final int number;
        private final String label;
        private List<List<Token>> arguments;

        Use(int number, String label, List<List<Token>> arguments) {
            this.number = number;
            this.label = label;
            this.arguments = arguments;
        }

        /** NASM manual, %rotate: positive counts turn to the left. */
        void rotate(long count) {
            int size = arguments.size();
            if (size > 0) {
                int left = (int) Math.floorMod(count, (long) size);
                var turned = new ArrayList<>(arguments.subList(left, size));
                turned.addAll(arguments.subList(0, left));
                arguments = turned;
            }
        }

        /** A line of the macro with the parameters put in. */
        List<Token> substitute(List<Token> line) {
            boolean any = false;
            for (Token token : line) {
                any |= token.kind() == Kind.PERCENT;
            }
            if (!any) {
                return line;
            }
            var out = new ArrayList<Token>();
            boolean glue = false;
            for (Token token : line) {
                boolean parameter = token.kind() == Kind.PERCENT && isParameter(token.text());
                var meaning = parameter ? meaning(token) : List.of(token);
                if (out.size() > LineMacros.MOST_TOKENS) {
                    throw SourceError.limit(token.column(), SourceWording.PARAMETERS_EXPAND.with());
                }
                for (int i = 0; i < meaning.size(); i++) {
                    var next = i == 0 ? meaning.get(i).at(token.column(), token.spaced()) : meaning.get(i);
                    boolean adjacent = i == 0 && !token.spaced() && (parameter || glue) && !out.isEmpty();
                    if (adjacent && isWord(out.get(out.size() - 1)) && isWord(next)) {
                        out.add(LineMacros.glued(out.remove(out.size() - 1), next));
                    } else {
                        out.add(next);
                    }
                }
                glue = parameter && (!meaning.isEmpty() || glue);
            }
            return out;
        }

        private static boolean isWord(Token token) {
            return token.kind() == Kind.NAME || token.kind() == Kind.NUMBER;
        }

        private static boolean isParameter(String text) {
            return text.matches("%(\\d+|%.+|\\{-?\\d+(:-?\\d+)?}|\\{%.*}|-\\d+)");
        }

        private List<Token> meaning(Token token) {
            var text = token.text().startsWith("%{")
                    ? token.text().substring(2, token.text().length() - 1)
                    : token.text().substring(1);
            if (text.startsWith("%")) {
                return List.of(new Token(Kind.NAME, "..@" + number + "." + text.substring(1), token.column(), false));
            }
            if (text.equals("0")) {
                return List.of(new Token(Kind.NUMBER, String.valueOf(arguments.size()), token.column(), false));
            }
            if (text.equals("00")) {
                return label.isEmpty() ? List.of() : List.of(new Token(Kind.NAME, label, token.column(), false));
            }
            if (text.contains(":")) {
                return range(text, token);
            }
            if (text.startsWith("-")) {
                return inverted(argument(text.substring(1), token), token);
            }
            return argument(text, token);
        }

        private List<Token> argument(String digits, Token token) {
            int index = index(digits, token);
            return index >= 1 && index <= arguments.size() ? arguments.get(index - 1) : List.of();
        }

        private static int index(String digits, Token token) {
            if (digits.length() > 6) {
                throw new SourceError(token.column(), SourceWording.NO_PARAMETER.with(token.text()));
            }
            return Integer.parseInt(digits);
        }

        private List<Token> range(String text, Token token) {
            var ends = text.split(":");
            int from = place(index(ends[0], token));
            int to = place(index(ends[1], token));
            var out = new ArrayList<Token>();
            for (int i = from; from <= to ? i <= to : i >= to; i += from <= to ? 1 : -1) {
                if (i >= 1 && i <= arguments.size()) {
                    if (!out.isEmpty()) {
                        out.add(new Token(Kind.SIGN, ",", token.column(), false));
                    }
                    out.addAll(arguments.get(i - 1));
                }
            }
            return out;
        }

        private int place(int index) {
            return index < 0 ? arguments.size() + 1 + index : index;
        }

        /** NASM manual, Condition Codes as Macro Parameters: %-1 is the opposite condition. */
        private static List<Token> inverted(List<Token> argument, Token token) {
            var name = argument.size() == 1 ? argument.get(0).text().toUpperCase(Locale.ROOT) : "";
            for (int code = 0; code < 16; code++) {
                if (Conditions.names(code).contains(name)) {
                    var opposite = Conditions.names(code ^ 1).get(0).toLowerCase(Locale.ROOT);
                    return List.of(new Token(Kind.NAME, opposite, token.column(), false));
                }
            }
            throw new SourceError(token.column(), SourceWording.NO_CONDITION_CODE.with());
        }
    }
}
