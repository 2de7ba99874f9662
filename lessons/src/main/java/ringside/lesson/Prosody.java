package ringside.lesson;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes the texts of one lesson safe to show, and finds what they state without having it tried or citing it. */
final class Prosody {
    private static final Pattern WORD = Pattern.compile("\\p{L}[\\p{L}\\p{N}'’-]*");
    private static final Pattern DESTINATION = Pattern.compile("](\\([^)]*\\))");
    private static final Pattern QUOTED = Pattern.compile("`([^`\n]+)`");
    private static final Pattern PLACE = Pattern.compile(Mark.OPEN + "([0-9]+)" + Mark.CLOSE);
    private static final String FENCE = "```";

    /** What readers type into a shell. */
    private static final String COMMANDS = "```sh";

    private final String file;
    private final Markdown markdown;
    private final List<String> sources;
    private final String quotable;
    private final List<Problem> problems;
    private final List<Mark> marks = new ArrayList<>();
    private int words;
    private int actions;

    /**
     * @param sources keys that may be cited
     * @param guests sources that may be quoted
     */
    Prosody(
            String file,
            List<Glossary.Entry> glossary,
            List<String> sources,
            List<String> guests,
            List<Problem> problems) {
        this.file = file;
        this.markdown = new Markdown(glossary);
        this.sources = sources;
        this.quotable = normal(String.join("\n", guests));
        this.problems = problems;
    }

    int words() {
        return words;
    }

    /** That marks ask for. */
    int actions() {
        return actions;
    }

    Set<String> terms() {
        return markdown.linked();
    }

    /** A text of one or more blocks. @param line of its beginning */
    Part.Prose prose(String text, int line) {
        return read(text, line, false);
    }

    /** A few words. */
    Part.Prose inline(String text, int line) {
        return read(text, line, true);
    }

    /** A source of the lesson, where numbers are names. */
    String cited(String text) {
        return new Markdown(List.of()).inline(text, (line, what) -> problems.add(new Problem(file, 1, what)));
    }

    private Part.Prose read(String text, int line, boolean inline) {
        Mark.Cut cut = Mark.cut(text, line, marks.size(), problems, file);
        marks.addAll(cut.marks());
        cut.marks().forEach(this::check);
        checkStated(cut.bare(), line);
        count(cut);
        String html = inline
                ? markdown.inline(cut.text(), (at, what) -> wrong(line + at, what))
                : markdown.html(cut.text(), (at, what) -> wrong(line + at, what));
        return new Part.Prose(line, filled(html), Markdown.blocks(cut.text()), cut.marks());
    }

    private void wrong(int line, String text) {
        problems.add(new Problem(file, line, text));
    }

    private void check(Mark mark) {
        if (!mark.source().isEmpty() && !sources.contains(mark.source())) {
            wrong(mark.line(), "there is no source '" + mark.source() + "' in the lesson's list");
        }
        actions += mark.times();
    }

    private void count(Mark.Cut cut) {
        words += count(cut.bare());
        cut.marks().forEach(mark -> words += count(mark.shown()));
    }

    private static int count(String text) {
        return (int) WORD.matcher(DESTINATION.matcher(text).replaceAll("]"))
                .results()
                .count();
    }

    /** Numbers and outcomes outside of marks; code that is quoted stands in the lesson's guests. */
    private void checkStated(String bare, int line) {
        String[] lines = bare.split("\n", -1);
        boolean fenced = false;
        boolean commands = false;
        for (int i = 0; i < lines.length; i++) {
            boolean fence = lines[i].startsWith(FENCE);
            fenced ^= fence;
            commands = fence ? lines[i].equals(COMMANDS) : commands;
            if (fenced && !fence && !commands && !stands(lines[i])) {
                wrong(line + i, "the line '" + lines[i].strip() + "' does not stand in the lesson's guest or solution");
            }
            if (!fenced && !fence) {
                String rest = DESTINATION.matcher(withoutQuotations(lines[i])).replaceAll("]");
                int at = line + i;
                Numbers.stated(rest)
                        .ifPresent(what -> wrong(
                                at,
                                "'" + what + "' stands outside of a claim; write [" + what + "]{MODE: MEASURE} or ["
                                        + what + "]{cite SOURCE}"));
            }
        }
    }

    private String withoutQuotations(String line) {
        return QUOTED.matcher(line)
                .replaceAll(found -> stands(found.group(1)) ? " " : Matcher.quoteReplacement(found.group()));
    }

    private boolean stands(String code) {
        return quotable.contains(normal(code));
    }

    private static String normal(String code) {
        return code.replaceAll("[ \t]+", " ").strip();
    }

    private String filled(String html) {
        return PLACE.matcher(html)
                .replaceAll(place -> Matcher.quoteReplacement(html(marks.get(Integer.parseInt(place.group(1))))));
    }

    private String html(Mark mark) {
        String shown = markdown.inline(mark.shown(), (line, what) -> wrong(mark.line() + line, what));
        if (mark.isClaim()) {
            String tried =
                    String.join("; ", mark.facts().stream().map(Fact::text).toList());
            return "<span class=\"claim\" title=\"" + escaped(tried) + "\">" + shown + "</span>";
        }
        if (!mark.source().isEmpty()) {
            int number = sources.indexOf(mark.source()) + 1;
            return "<span class=\"cited\">" + shown + "</span><a class=\"cite\" href=\"#source-" + mark.source()
                    + "\">[" + number + "]</a>";
        }
        return mark.action().isEmpty() ? shown : "<strong class=\"act\">" + shown + "</strong>";
    }

    /** What an option says, as a claim that may be wrong; whether it holds is not told beside it. */
    Part.Option option(String shown, String facts, int line) {
        Mark.Cut cut = Mark.cut("[" + shown + "]{" + facts + "}", line, 0, problems, file);
        if (cut.marks().stream().noneMatch(Mark::isClaim)) {
            throw new Malformed("the option '" + shown + "' cannot be tried");
        }
        count(cut);
        String html = new Markdown(List.of()).inline(shown, (at, what) -> wrong(line + at, what));
        return new Part.Option(html, cut.marks().get(0).facts(), java.util.Optional.empty());
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
