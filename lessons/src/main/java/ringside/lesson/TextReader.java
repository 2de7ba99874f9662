package ringside.lesson;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a lesson's text in one language: a title, a beat behind each {@code ##}, and directives between {@code :::} lines. */
final class TextReader {
    private static final Pattern BEAT = Pattern.compile("## ([a-z]+)(?:: *(.+))?");
    private static final Pattern DIRECTIVE = Pattern.compile(":::([a-z]+)(?: +(.+))?");
    private static final Pattern SOURCE = Pattern.compile("- ([a-z][a-z0-9-]*): (.+)");
    private static final String END = ":::";
    private static final String FENCE = "```";
    private static final String SOURCES = "sources";

    private final String file;
    private final String language;
    private final String[] lines;
    private final List<Problem> problems;
    private final Prosody prosody;
    private final Directives directives;

    private String title = "";
    private final List<LessonText.Beat> beats = new ArrayList<>();
    private final Map<String, String> sources = new LinkedHashMap<>();
    private final List<Part> parts = new ArrayList<>();
    private final StringBuilder prose = new StringBuilder();
    private int proseLine = 1;
    private Optional<LessonText.Beat> open = Optional.empty();
    private boolean inSources;

    private TextReader(
            String file, String language, String text, Glossary glossary, List<String> guests, List<Problem> problems) {
        this.file = file;
        this.language = language;
        this.lines = text.split("\n", -1);
        this.problems = problems;
        readSources();
        this.prosody = new Prosody(file, glossary.in(language), List.copyOf(sources.keySet()), guests, problems);
        this.directives = new Directives(file, prosody, problems);
    }

    /**
     * Reads a text; what is wrong with it is added to the problems.
     *
     * @param guests sources that it may quote
     */
    static LessonText read(
            String file, String language, String text, Glossary glossary, List<String> guests, List<Problem> problems) {
        return new TextReader(file, language, text, glossary, guests, problems).whole();
    }

    private void wrong(int line, String text) {
        problems.add(new Problem(file, line, text));
    }

    /** First of all, since texts before the list cite from it. */
    private void readSources() {
        boolean there = false;
        for (int i = 0; i < lines.length; i++) {
            if (lines[i].startsWith("## ")) {
                there = lines[i].strip().equals("## " + SOURCES);
            } else if (there && !lines[i].isBlank()) {
                Matcher source = SOURCE.matcher(lines[i].strip());
                if (source.matches()) {
                    sources.put(source.group(1), source.group(2));
                } else {
                    wrong(i + 1, "a source is written - KEY: WHAT");
                }
            }
        }
    }

    private LessonText whole() {
        boolean fenced = false;
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i];
            fenced ^= line.startsWith(FENCE);
            if (fenced || line.startsWith(FENCE)) {
                prose.append(line).append('\n');
            } else if (line.startsWith("# ")) {
                title = line.substring(2).strip();
            } else if (line.startsWith("## ")) {
                beat(line, i + 1);
            } else if (line.startsWith(END)) {
                i = directive(i);
            } else if (!inSources) {
                prose.append(line).append('\n');
            }
        }
        closeBeat(lines.length);
        checkWhole();
        return new LessonText(
                file,
                language,
                title,
                beats,
                sources.entrySet().stream()
                        .map(source -> new LessonText.Source(source.getKey(), prosody.cited(source.getValue())))
                        .toList(),
                prosody.terms(),
                prosody.words(),
                prosody.actions()
                        + (int) beats.stream()
                                .flatMap(beat -> beat.parts().stream())
                                .filter(part -> part instanceof Part.Prediction
                                        || part instanceof Part.Reveal
                                        || part instanceof Part.Task)
                                .count());
    }

    private void beat(String line, int number) {
        closeBeat(number);
        Matcher matcher = BEAT.matcher(line.strip());
        inSources = matcher.matches() && matcher.group(1).equals(SOURCES);
        if (inSources) {
            return;
        }
        Optional<LessonText.Kind> kind = matcher.matches() ? LessonText.Kind.named(matcher.group(1)) : Optional.empty();
        if (kind.isEmpty() || matcher.group(2) == null) {
            wrong(number, "a beat is written ## NAME: TITLE, with predict, step, explain, change, build or real");
            return;
        }
        open = Optional.of(new LessonText.Beat(kind.get(), matcher.group(2), number, List.of()));
    }

    private void closeBeat(int line) {
        closeProse(line);
        open.ifPresent(beat -> beats.add(new LessonText.Beat(beat.kind(), beat.heading(), beat.line(), parts)));
        if (open.isEmpty() && !parts.isEmpty()) {
            wrong(parts.get(0).line(), "this stands before the first beat");
        }
        parts.clear();
        open = Optional.empty();
    }

    private void closeProse(int next) {
        if (!prose.toString().isBlank() && !inSources) {
            int first = 0;
            while (lines[proseLine - 1 + first].isBlank()) {
                first++;
            }
            parts.add(prosody.prose(prose.toString().stripTrailing().substring(lead(first)), proseLine + first));
        }
        prose.setLength(0);
        proseLine = next + 1;
    }

    private int lead(int blank) {
        int at = 0;
        for (int i = 0; i < blank; i++) {
            at = prose.indexOf("\n", at) + 1;
        }
        return at;
    }

    /** @return the index of its last line */
    private int directive(int from) {
        closeProse(from + 1);
        int to = from + 1;
        while (to < lines.length && !lines[to].strip().equals(END)) {
            to++;
        }
        Matcher matcher = DIRECTIVE.matcher(lines[from].strip());
        if (!matcher.matches() || to == lines.length) {
            wrong(from + 1, "a directive is written :::NAME, and ends with a line :::");
            proseLine = Math.min(to, lines.length - 1) + 2;
            return to;
        }
        String argument = Optional.ofNullable(matcher.group(2)).orElse("");
        var body = List.of(lines).subList(from + 1, to);
        try {
            parts.add(directives.read(matcher.group(1), argument, body, from + 1));
        } catch (Malformed malformed) {
            wrong(from + 1, malformed.text());
        }
        proseLine = to + 2;
        return to;
    }

    private void checkWhole() {
        if (title.isEmpty()) {
            wrong(1, "the lesson has no title (# TITLE)");
        }
        var kinds = beats.stream().map(LessonText.Beat::kind).toList();
        if (!kinds.equals(List.of(LessonText.Kind.values()))) {
            wrong(
                    1,
                    "the beats are predict, step, explain, change, build and real, in this order; here they are "
                            + kinds);
        }
        if (sources.isEmpty()) {
            wrong(1, "the lesson names no sources (## sources)");
        }
        beats.stream()
                .filter(beat -> beat.kind() == LessonText.Kind.PREDICT)
                .filter(beat -> beat.predictions().isEmpty() || beat.stage().isEmpty())
                .forEach(beat -> wrong(beat.line(), "the first beat has a stage and a prediction"));
        if (prosody.words() > LessonText.MOST_WORDS) {
            wrong(1, "the lesson has " + prosody.words() + " words; it may have " + LessonText.MOST_WORDS);
        }
    }
}
