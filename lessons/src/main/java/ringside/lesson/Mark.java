package ringside.lesson;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Words of a text that say something about a run, cite a source, or ask for an action: {@code [seven]{bare: exits = 7}}.
 *
 * @param line from 1, in the file
 * @param shown what readers see, as Markdown
 * @param facts that must hold; empty where it is no claim
 * @param source what is cited, by its key in the lesson's list; else empty
 * @param action what a learner is asked to do, by its button's name; else empty
 * @param times how often
 */
public record Mark(int line, String shown, List<Fact> facts, String source, String action, int times) {
    static final char OPEN = '\uE000';
    static final char CLOSE = '\uE001';
    private static final Pattern MARK = Pattern.compile("\\[([^\\[\\]]+)]\\{([^{}]*)}");
    private static final Pattern CITATION = Pattern.compile("cite ([a-z][a-z0-9-]*)");
    private static final Pattern ACTION = Pattern.compile("do ([a-z][a-z-]*)(?: ([1-9][0-9]?))?");

    public Mark {
        facts = List.copyOf(facts);
    }

    boolean isClaim() {
        return !facts.isEmpty();
    }

    /**
     * A text, and the marks that were cut out of it: each left its number between two characters that no text has.
     *
     * @param bare the text without them
     */
    record Cut(String text, String bare, List<Mark> marks) {}

    /**
     * Cuts marks out of a piece of text.
     *
     * @param line of its beginning
     * @param before marks that were cut out before
     */
    static Cut cut(String text, int line, int before, List<Problem> problems, String file) {
        var marks = new ArrayList<Mark>();
        var left = new StringBuilder();
        var bare = new StringBuilder();
        Matcher matcher = MARK.matcher(text);
        int at = 0;
        while (matcher.find()) {
            String between = text.substring(at, matcher.start());
            left.append(between).append(OPEN).append(before + marks.size()).append(CLOSE);
            bare.append(between).append(matcher.group().replaceAll("[^\n]", " "));
            int where = line
                    + (int) text.substring(0, matcher.start())
                            .chars()
                            .filter(c -> c == '\n')
                            .count();
            marks.add(read(where, matcher.group(1), matcher.group(2), problems, file));
            at = matcher.end();
        }
        left.append(text.substring(at));
        bare.append(text.substring(at));
        return new Cut(left.toString(), bare.toString(), List.copyOf(marks));
    }

    private static Mark read(int line, String shown, String body, List<Problem> problems, String file) {
        Matcher citation = CITATION.matcher(body.strip());
        if (citation.matches()) {
            return new Mark(line, shown, List.of(), citation.group(1), "", 0);
        }
        Matcher action = ACTION.matcher(body.strip());
        if (action.matches()) {
            int times = action.group(2) == null ? 1 : Integer.parseInt(action.group(2));
            return new Mark(line, shown, List.of(), "", action.group(1), times);
        }
        try {
            var claim = new Mark(line, shown, Fact.readAll(body), "", "", 0);
            return claim.filled();
        } catch (Malformed malformed) {
            problems.add(new Problem(file, line, malformed.text()));
            return new Mark(line, shown, List.of(), "", "", 0);
        }
    }

    /** Where a fact names only a measure, the words that are shown are its value. */
    private Mark filled() {
        if (facts.stream().allMatch(Fact::isWhole)) {
            checkNumbers();
            return this;
        }
        Value value = Numbers.value(shown)
                .orElseThrow(
                        () -> new Malformed("'" + shown + "' is no number; write what it claims: MEASURE = VALUE"));
        return new Mark(
                line,
                shown,
                facts.stream()
                        .map(fact -> fact.isWhole() ? fact : fact.with(value))
                        .toList(),
                "",
                "",
                0);
    }

    /** Every number that is shown is one of those that are tried. */
    private void checkNumbers() {
        for (Value number : Numbers.in(shown)) {
            if (facts.stream().noneMatch(fact -> fact.value().filter(number::is).isPresent())
                    && facts.stream()
                            .noneMatch(fact -> fact.value()
                                    .filter(value -> value.number().isPresent()
                                            && value.number().equals(number.number()))
                                    .isPresent())
                    && facts.stream()
                            .noneMatch(fact -> fact.value()
                                    .filter(value -> value.text().contains(number.shown()))
                                    .isPresent())) {
                throw new Malformed("the number " + number.shown() + " in '" + shown + "' is not what the claim tries");
            }
        }
    }
}
