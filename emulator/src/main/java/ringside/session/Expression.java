package ringside.session;

import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;

/**
 * A condition on registers that a learner has typed: {@code ax == 4 && cf}. Numbers are decimal, 0x41, 41h or 'A'; values are unsigned and
 * have 64 bits. It reads the processor and nothing else, and its length is bounded.
 */
final class Expression {
    static final int LONGEST = 200;
    private static final int DEEPEST = 40;

    private static final Map<String, Integer> FLAGS = Map.of(
            "cf", Registers.CARRY,
            "pf", Registers.PARITY,
            "af", Registers.ADJUST,
            "zf", Registers.ZERO,
            "sf", Registers.SIGN,
            "tf", Registers.TRAP,
            "df", Registers.DIRECTION,
            "of", Registers.OVERFLOW);

    private static final Map<String, ToLongFunction<Cpu>> SYSTEM = Map.ofEntries(
            Map.entry("if", cpu -> cpu.system.interruptFlag() ? 1 : 0),
            Map.entry("cpl", cpu -> cpu.system.cpl),
            Map.entry("cr0", cpu -> cpu.system.cr0),
            Map.entry("cr2", cpu -> cpu.system.cr2),
            Map.entry("cr3", cpu -> cpu.system.cr3),
            Map.entry("cr4", cpu -> cpu.system.cr4),
            Map.entry("es", cpu -> cpu.system.segments[SystemState.ES].selector()),
            Map.entry("cs", cpu -> cpu.system.segments[SystemState.CS].selector()),
            Map.entry("ss", cpu -> cpu.system.segments[SystemState.SS].selector()),
            Map.entry("ds", cpu -> cpu.system.segments[SystemState.DS].selector()),
            Map.entry("fs", cpu -> cpu.system.segments[SystemState.FS].selector()),
            Map.entry("gs", cpu -> cpu.system.segments[SystemState.GS].selector()),
            Map.entry("ip", cpu -> cpu.registers.rip() & 0xFFFF),
            Map.entry("eip", cpu -> cpu.registers.rip() & 0xFFFF_FFFFL),
            Map.entry("rip", cpu -> cpu.registers.rip()),
            Map.entry("eflags", Cpu::flags),
            Map.entry("rflags", Cpu::flags));

    private final String text;
    private final ToLongFunction<Cpu> value;
    private final boolean plain;

    private Expression(String text, ToLongFunction<Cpu> value, boolean plain) {
        this.text = text;
        this.value = value;
        this.plain = plain;
    }

    /**
     * Reads what a learner has typed.
     *
     * @throws Refusal where it is no such expression
     */
    static Expression read(String text) {
        if (text.length() > LONGEST) {
            throw new Refusal(Sentence.of("refused.expression.long", LONGEST));
        }
        var reader = new Reader(text);
        var value = reader.whole();
        return new Expression(text.trim(), value, text.trim().matches("[A-Za-z][A-Za-z0-9]*"));
    }

    /** Is it the name of one register or flag, and nothing else? */
    boolean isPlain() {
        return plain;
    }

    String text() {
        return text;
    }

    long value(Cpu cpu) {
        return value.applyAsLong(cpu);
    }

    boolean holds(Cpu cpu) {
        return value(cpu) != 0;
    }

    private static final class Reader {
        private final String text;
        private int at;
        private int depth;

        Reader(String text) {
            this.text = text;
        }

        ToLongFunction<Cpu> whole() {
            var value = either();
            if (peek() != 0) {
                throw wrong();
            }
            return value;
        }

        private ToLongFunction<Cpu> either() {
            var left = both();
            while (take("||")) {
                var first = left;
                var second = both();
                left = cpu -> first.applyAsLong(cpu) != 0 || second.applyAsLong(cpu) != 0 ? 1 : 0;
            }
            return left;
        }

        private ToLongFunction<Cpu> both() {
            var left = comparison();
            while (take("&&")) {
                var first = left;
                var second = comparison();
                left = cpu -> first.applyAsLong(cpu) != 0 && second.applyAsLong(cpu) != 0 ? 1 : 0;
            }
            return left;
        }

        private ToLongFunction<Cpu> comparison() {
            var first = bits();
            for (String sign : new String[] {"==", "!=", "<=", ">=", "<", ">"}) {
                if (take(sign)) {
                    var second = bits();
                    return cpu -> {
                        int order = Long.compareUnsigned(first.applyAsLong(cpu), second.applyAsLong(cpu));
                        return holds(sign, order) ? 1 : 0;
                    };
                }
            }
            return first;
        }

        private static boolean holds(String sign, int order) {
            return switch (sign) {
                case "==" -> order == 0;
                case "!=" -> order != 0;
                case "<=" -> order <= 0;
                case ">=" -> order >= 0;
                case "<" -> order < 0;
                default -> order > 0;
            };
        }

        private ToLongFunction<Cpu> bits() {
            var left = sum();
            while (true) {
                var first = left;
                if (next('&', '&') && take("&")) {
                    var second = sum();
                    left = cpu -> first.applyAsLong(cpu) & second.applyAsLong(cpu);
                } else if (next('|', '|') && take("|")) {
                    var second = sum();
                    left = cpu -> first.applyAsLong(cpu) | second.applyAsLong(cpu);
                } else if (take("^")) {
                    var second = sum();
                    left = cpu -> first.applyAsLong(cpu) ^ second.applyAsLong(cpu);
                } else {
                    return left;
                }
            }
        }

        private ToLongFunction<Cpu> sum() {
            var left = single();
            while (true) {
                var first = left;
                if (take("+")) {
                    var second = single();
                    left = cpu -> first.applyAsLong(cpu) + second.applyAsLong(cpu);
                } else if (take("-")) {
                    var second = single();
                    left = cpu -> first.applyAsLong(cpu) - second.applyAsLong(cpu);
                } else {
                    return left;
                }
            }
        }

        private ToLongFunction<Cpu> single() {
            if (++depth > DEEPEST) {
                throw wrong();
            }
            try {
                if (take("!")) {
                    var inner = single();
                    return cpu -> inner.applyAsLong(cpu) == 0 ? 1 : 0;
                }
                if (take("~")) {
                    var inner = single();
                    return cpu -> ~inner.applyAsLong(cpu);
                }
                if (take("(")) {
                    var inner = either();
                    if (!take(")")) {
                        throw wrong();
                    }
                    return inner;
                }
                return take("'") ? character() : word();
            } finally {
                depth--;
            }
        }

        private ToLongFunction<Cpu> character() {
            if (at + 1 >= text.length() || text.charAt(at + 1) != '\'') {
                throw wrong();
            }
            long value = text.charAt(at) & 0xFF;
            at += 2;
            return cpu -> value;
        }

        private ToLongFunction<Cpu> word() {
            peek();
            int from = at;
            while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
                at++;
            }
            var word = text.substring(from, at).toLowerCase(Locale.ROOT);
            if (!word.isEmpty() && Character.isDigit(word.charAt(0))) {
                long value = number(word);
                return cpu -> value;
            }
            return register(word);
        }

        private long number(String word) {
            try {
                if (word.startsWith("0x")) {
                    return Long.parseUnsignedLong(word.substring(2), 16);
                }
                return word.endsWith("h")
                        ? Long.parseUnsignedLong(word.substring(0, word.length() - 1), 16)
                        : Long.parseUnsignedLong(word, 10);
            } catch (NumberFormatException noNumber) {
                throw wrong();
            }
        }

        private ToLongFunction<Cpu> register(String word) {
            var flag = FLAGS.get(word);
            if (flag != null) {
                int mask = flag;
                return cpu -> (cpu.registers.flags() & mask) != 0 ? 1 : 0;
            }
            var system = SYSTEM.get(word);
            return system != null ? system : general(word);
        }

        private ToLongFunction<Cpu> general(String word) {
            for (int i = 0; i < 16; i++) {
                int index = i;
                var wide = Names.general(i, 64);
                if (word.equals(wide)) {
                    return cpu -> cpu.registers.get(index);
                }
                if (word.equals(i < 8 ? Names.general(i, 32) : wide + "d")) {
                    return cpu -> cpu.registers.get(index) & 0xFFFF_FFFFL;
                }
                if (word.equals(i < 8 ? wide.substring(1) : wide + "w")) {
                    return cpu -> cpu.registers.get(index) & 0xFFFF;
                }
                if (word.equals(low(i, wide))) {
                    return cpu -> cpu.registers.get(index) & 0xFF;
                }
                if (i < 4 && word.equals(wide.charAt(1) + "h")) {
                    return cpu -> cpu.registers.get(index) >>> 8 & 0xFF;
                }
            }
            throw wrong();
        }

        private static String low(int index, String wide) {
            return index < 4 ? wide.charAt(1) + "l" : index < 8 ? wide.substring(1) + "l" : wide + "b";
        }

        /** The next character is the one, and not followed by the other. */
        private boolean next(char one, char notBefore) {
            return peek() == one && (at + 1 >= text.length() || text.charAt(at + 1) != notBefore);
        }

        private boolean take(String sign) {
            peek();
            boolean there = text.startsWith(sign, at);
            at += there ? sign.length() : 0;
            return there;
        }

        /** The next character that is no space; 0 at the end. */
        private char peek() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private Refusal wrong() {
            return new Refusal(Sentence.of("refused.expression", text, text.substring(Math.min(at, text.length()))));
        }
    }
}
