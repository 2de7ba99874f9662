package ringside.lesson;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import ringside.session.Observation;
import ringside.session.Sentence;

/**
 * Something about a run that can be tried: {@code trap-and-emulate: exits GENERAL_PROTECTION = 7}.
 *
 * @param text as it is written
 * @param comparison {@code =}, {@code !=}, {@code <}, {@code <=}, {@code >} or {@code >=}; empty where only a measure is named
 */
public record Fact(String text, Setting setting, Measure measure, String comparison, Optional<Value> value) {
    private static final int LONGEST = 300;
    private static final Pattern TEXT = Pattern.compile("([^:]+): *(.+?)(?: (=|!=|<=|>=|<|>) (.+))?", Pattern.DOTALL);

    /** @throws Malformed where it does not read */
    static Fact read(String written) {
        String text = written.strip().replaceAll("\\s+", " ");
        Matcher matcher = TEXT.matcher(text);
        if (text.length() > LONGEST || !matcher.matches()) {
            throw new Malformed("'" + (text.length() > LONGEST ? text.substring(0, 40) + "…" : text)
                    + "' is no fact; write MODE: MEASURE = VALUE");
        }
        Optional<Value> value = Optional.ofNullable(matcher.group(4)).map(Value::read);
        return new Fact(
                text,
                Setting.read(matcher.group(1)),
                Measure.read(matcher.group(2).strip()),
                Optional.ofNullable(matcher.group(3)).orElse(""),
                value);
    }

    /** Several, with semicolons between. @throws Malformed where one does not read */
    static List<Fact> readAll(String written) {
        var facts = new ArrayList<Fact>();
        for (String one : written.split(";")) {
            facts.add(read(one));
        }
        return List.copyOf(facts);
    }

    /** With a value: it can hold or not. */
    boolean isWhole() {
        return value.isPresent();
    }

    /**
     * What came of trying it.
     *
     * @param observed empty where the run did not come to it
     */
    public record Finding(Fact fact, boolean holds, Optional<Value> observed) {
        /** What was observed, and what was expected. */
        public Sentence sentence() {
            var mode = Sentence.of("mode." + fact.setting.mode());
            Object seen = observed.<Object>map(Value::shown).orElseGet(() -> Sentence.of("lesson.never"));
            var expected = fact.value.map(Value::shown).orElse("");
            return fact.comparison.equals("=") || fact.comparison.isEmpty()
                    ? Sentence.of(
                            holds ? "lesson.finding.holds" : "lesson.finding.differs",
                            mode,
                            fact.measure.sentence(),
                            seen,
                            expected)
                    : Sentence.of(
                            holds ? "lesson.finding.holds" : "lesson.finding.outside",
                            mode,
                            fact.measure.sentence(),
                            seen,
                            fact.comparison + " " + expected);
        }
    }

    /** Tries it on what was observed. */
    Finding tried(Observation run) {
        Optional<Value> observed = measure.of(run);
        boolean holds = observed.isPresent() && value.isPresent() && holds(observed.get(), value.get());
        return new Finding(this, holds, observed);
    }

    private boolean holds(Value observed, Value expected) {
        if (comparison.equals("=") || comparison.equals("!=")) {
            return observed.is(expected) == comparison.equals("=");
        }
        if (observed.number().isEmpty() || expected.number().isEmpty()) {
            return false;
        }
        int order =
                Long.compareUnsigned(observed.number().get(), expected.number().get());
        return switch (comparison) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    /** The same with another value. */
    Fact with(Value other) {
        return new Fact(text, setting, measure, comparison.isEmpty() ? "=" : comparison, Optional.of(other));
    }
}
