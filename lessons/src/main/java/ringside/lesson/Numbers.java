package ringside.lesson;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers and outcomes in texts, in digits and in words: whoever states one must have it tried, or cite it. */
final class Numbers {
    /** English and Spanish together; "one" and "uno" are articles too. */
    private static final Map<String, Integer> WORDS = Map.ofEntries(
            Map.entry("none", 0),
            Map.entry("never", 0),
            Map.entry("zero", 0),
            Map.entry("once", 1),
            Map.entry("twice", 2),
            Map.entry("two", 2),
            Map.entry("three", 3),
            Map.entry("four", 4),
            Map.entry("five", 5),
            Map.entry("six", 6),
            Map.entry("seven", 7),
            Map.entry("eight", 8),
            Map.entry("nine", 9),
            Map.entry("ten", 10),
            Map.entry("eleven", 11),
            Map.entry("twelve", 12),
            Map.entry("cero", 0),
            Map.entry("ninguna", 0),
            Map.entry("ninguno", 0),
            Map.entry("nunca", 0),
            Map.entry("una vez", 1),
            Map.entry("dos", 2),
            Map.entry("tres", 3),
            Map.entry("cuatro", 4),
            Map.entry("cinco", 5),
            Map.entry("seis", 6),
            Map.entry("siete", 7),
            Map.entry("ocho", 8),
            Map.entry("nueve", 9),
            Map.entry("diez", 10),
            Map.entry("doce", 12),
            Map.entry("one", 1),
            Map.entry("una", 1),
            Map.entry("uno", 1));

    /** Words that are numbers wherever they stand. */
    private static final Pattern COUNTING = Pattern.compile(
            "(?<!\\p{L})(twice|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
                    + "|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once veces|doce)(?!\\p{L})",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    /** A word with a digit in it, and what it is made of. */
    private static final Pattern NUMERAL = Pattern.compile("[\\p{L}\\p{N}]*[0-9][\\p{L}\\p{N}]*");

    private static final Pattern NUMBER = Pattern.compile("0x[0-9A-Fa-f]+|[0-9][0-9A-Fa-f]*H|[0-9]+");

    /** Privilege levels are names, as registers are. */
    private static final Pattern NAMES = Pattern.compile("(?i)\\b(rings?|anillos?) [0-3]\\b");

    /** What a run does. */
    private static final Pattern OUTCOME = Pattern.compile(
            "(?<!\\p{L})(faults|halts|prints|traps|crashes|falla|fallan|imprime|imprimen|atrapa|se detiene|se detienen)(?!\\p{L})",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    private Numbers() {}

    /** What a word or some digits say. */
    static Optional<Value> value(String shown) {
        String word = shown.replace("`", "").replace("*", "").strip().toLowerCase(Locale.ROOT);
        return Optional.ofNullable(WORDS.get(word)).map(Value::of).or(() -> Value.number(word));
    }

    /** The numbers in a text, but for names with digits in them. */
    static List<Value> in(String text) {
        var numbers = new ArrayList<Value>();
        Matcher numeral = NUMERAL.matcher(NAMES.matcher(text).replaceAll(" "));
        while (numeral.find()) {
            if (isNumber(numeral.group())) {
                numbers.add(Value.number(numeral.group()).orElseThrow());
            }
        }
        Matcher word = COUNTING.matcher(text);
        while (word.find()) {
            Optional.ofNullable(WORDS.get(word.group().toLowerCase(Locale.ROOT)))
                    .map(Value::of)
                    .ifPresent(numbers::add);
        }
        return numbers;
    }

    /** {@code 0x202} and {@code 80H} are numbers; {@code CR0}, {@code x86} and {@code 32-bit} are names. */
    private static boolean isNumber(String word) {
        return NUMBER.matcher(word).matches() && Value.number(word).isPresent();
    }

    /** The first number or outcome that a text states; empty where there is none. */
    static Optional<String> stated(String text) {
        String named = NAMES.matcher(text).replaceAll(" ").replaceAll("[0-9]+-bits?\\b|[0-9]+ bits\\b", " ");
        Matcher numeral = NUMERAL.matcher(named);
        while (numeral.find()) {
            if (isNumber(numeral.group())) {
                return Optional.of(numeral.group());
            }
        }
        for (Pattern pattern : List.of(COUNTING, OUTCOME)) {
            Matcher found = pattern.matcher(named);
            if (found.find()) {
                return Optional.of(found.group());
            }
        }
        return Optional.empty();
    }
}
