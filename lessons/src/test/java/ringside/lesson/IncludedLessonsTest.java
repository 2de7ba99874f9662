package ringside.lesson;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import ringside.session.Sentence;

/** The course that comes with Ringside: everything in it holds, and nothing in it holds by being vague. */
class IncludedLessonsTest {
    private static final Laboratory LABORATORY = new Laboratory();
    private static final LessonFolder FOLDER = LessonFolder.included();
    private static final Course COURSE = Course.read(FOLDER);

    /** Paragraphs that are the same in both languages: names and addresses. */
    private static final int LONGEST_SAME = 24;

    private static LessonCheck.Report check(Course course) {
        return new LessonCheck(LABORATORY, Sentence::toString).of(course);
    }

    /** The course with some files changed. */
    private static Course changed(Map<String, String> files) {
        return Course.read(new LessonFolder() {
            @Override
            public Optional<String> read(String name) {
                return Optional.ofNullable(files.get(name)).or(() -> FOLDER.read(name));
            }

            @Override
            public long version() {
                return 0;
            }
        });
    }

    @Test
    void everyClaimPredictionAndExerciseHolds() {
        assertThat(check(COURSE).problems()).isEmpty();
        assertThat(COURSE.lessons()).isNotEmpty();
    }

    @Test
    void changingAnyClaimMakesTheCheckFail() {
        var survivors = new ArrayList<String>();
        for (Lesson lesson : COURSE.lessons()) {
            for (LessonText text : lesson.texts().values()) {
                for (Mark mark : text.marks().filter(Mark::isClaim).toList()) {
                    mark.facts().stream()
                            .flatMap(IncludedLessonsTest::mutants)
                            .filter(mutant -> new Judgement(lesson, LABORATORY)
                                    .tried(mutant)
                                    .holds())
                            .forEach(mutant ->
                                    survivors.add(text.file() + ":" + mark.line() + " " + mutant.text() + " mutated to "
                                            + mutant.value().orElseThrow().shown()));
                }
            }
        }
        assertThat(survivors).isEmpty();
    }

    /** Other numbers, other words; a bound that is moved to the other side of what is observed. */
    private static Stream<Fact> mutants(Fact fact) {
        Value value = fact.value().orElseThrow();
        if (value.number().isEmpty()) {
            return Stream.of(fact.with(Value.of(value.text() + "x")));
        }
        long number = value.number().get();
        return switch (fact.comparison()) {
            case "=" -> Stream.of(fact.with(Value.of(number + 1)), fact.with(Value.of(number - 1)));
            case ">", ">=" -> Stream.of(fact.with(Value.of(Long.MAX_VALUE)));
            case "<", "<=" -> Stream.of(fact.with(Value.of(0)));
            default -> Stream.empty();
        };
    }

    @Test
    void changingAnyNumberOfATextMakesTheCheckFail() {
        for (Lesson lesson : COURSE.lessons()) {
            String file = lesson.file("en.md");
            String text = FOLDER.read(file).orElseThrow();
            for (String mutant : withAnotherDigit(text)) {
                assertThat(check(changed(Map.of(file, mutant))
                                        .only(lesson.name())
                                        .orElseThrow())
                                .problems())
                        .as(difference(text, mutant))
                        .isNotEmpty();
            }
        }
    }

    /** Each digit that a claim shows by itself, one after the other, as another one. */
    private static List<String> withAnotherDigit(String text) {
        return java.util.regex.Pattern.compile("\\[([0-9]+)]\\{[^{}]*:")
                .matcher(text)
                .results()
                .map(found -> text.substring(0, found.start(1))
                        + (Long.parseLong(found.group(1)) + 1)
                        + text.substring(found.end(1)))
                .toList();
    }

    private static String difference(String one, String two) {
        List<String> lines = two.lines().toList();
        var before = one.lines().collect(Collectors.toSet());
        return lines.stream().filter(line -> !before.contains(line)).findFirst().orElse("");
    }

    @Test
    void everyWordOfTheGlossaryIsSaidByALessonAndThereInEveryLanguage() {
        for (String language : LessonText.LANGUAGES) {
            var said = COURSE.lessons().stream()
                    .flatMap(lesson -> lesson.text(language).terms().stream())
                    .collect(Collectors.toSet());
            assertThat(COURSE.glossary().in(language))
                    .as(language)
                    .extracting(Glossary.Entry::name)
                    .containsExactlyInAnyOrderElementsOf(said);
        }
    }

    @Test
    void noEnglishIsLeftStanding() {
        for (Lesson lesson : COURSE.lessons()) {
            var english = sentences(FOLDER.read(lesson.file("en.md")).orElseThrow());
            var spanish = sentences(FOLDER.read(lesson.file("es.md")).orElseThrow());
            spanish.retainAll(english);
            assertThat(spanish).as(lesson.folder()).isEmpty();
        }
    }

    /** Of the text before its sources, without what directives and commands say. */
    private static List<String> sentences(String text) {
        String prose = text.substring(0, text.indexOf("## sources"))
                .replaceAll("(?s)```.*?```", "")
                .replaceAll("\\{[^{}]*}", "")
                .replaceAll("(?m)^(modes|views|start|controls|answer|run):.*$", "");
        return Stream.of(prose.split("[.\n]"))
                .map(String::strip)
                .filter(sentence -> sentence.length() > LONGEST_SAME)
                .collect(Collectors.toCollection(ArrayList::new));
    }

    @Test
    void everyExerciseFailsAsGivenAndPassesAsSolved() {
        var passed = new HashMap<String, List<Boolean>>();
        for (Lesson lesson : COURSE.lessons()) {
            passed.put(
                    lesson.name(),
                    Stream.of(lesson.guest(), lesson.solution())
                            .map(source -> lesson.exercise().grade("x.asm", source, LABORATORY).stream()
                                    .allMatch(Exercise.Graded::passed))
                            .toList());
        }
        assertThat(passed.values()).isNotEmpty().allMatch(List.of(false, true)::equals);
    }
}
