package ringside.lesson;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import ringside.session.BadInput;
import ringside.session.Sentence;

/** Tries everything that lessons state, ask and demand, in both languages, by running their guests. */
public final class LessonCheck {
    private final Laboratory laboratory;
    private final Function<Sentence, String> words;

    /** @param words English for sentences of the session */
    public LessonCheck(Laboratory laboratory, Function<Sentence, String> words) {
        this.laboratory = laboratory;
        this.words = words;
    }

    /**
     * What came of it.
     *
     * @param claims facts that were tried
     */
    public record Report(int lessons, int texts, int claims, int exercises, List<Problem> problems) {
        public Report {
            problems = List.copyOf(problems);
        }

        /** The last line, as scripts read it. */
        public String summary() {
            return "lessons=" + lessons + " texts=" + texts + " claims=" + claims + " exercises=" + exercises
                    + " failed=" + problems.size();
        }
    }

    /** Checks lessons that have been read. */
    public Report of(Course course) {
        var problems = new ArrayList<>(course.problems());
        int claims = 0;
        int exercises = 0;
        for (Lesson lesson : course.lessons()) {
            claims += of(lesson, problems);
            exercises += lesson.exercise().checks().isEmpty() ? 0 : 1;
        }
        return new Report(course.texts() / LessonText.LANGUAGES.size(), course.texts(), claims, exercises, problems);
    }

    /** @return how many facts were tried */
    private int of(Lesson lesson, List<Problem> problems) {
        int claims = 0;
        for (LessonText text : lesson.texts().values()) {
            claims += claims(lesson, text, problems);
            predictions(lesson, text, problems);
            if (text.actions() > LessonText.MOST_ACTIONS) {
                problems.add(new Problem(
                        text.file(),
                        1,
                        "the lesson asks for " + text.actions() + " actions; it may ask for "
                                + LessonText.MOST_ACTIONS));
            }
        }
        structure(lesson, problems);
        exercise(lesson, problems);
        return claims;
    }

    private int claims(Lesson lesson, LessonText text, List<Problem> problems) {
        var judgement = new Judgement(lesson, laboratory);
        int tried = 0;
        for (Mark mark : text.marks().toList()) {
            for (Fact fact : mark.facts()) {
                tried++;
                guarded(text.file(), mark.line(), problems, () -> {
                    Fact.Finding finding = judgement.tried(fact);
                    if (!finding.holds()) {
                        problems.add(new Problem(
                                text.file(),
                                mark.line(),
                                "'" + mark.shown() + "' does not hold: " + words.apply(finding.sentence())));
                    }
                });
            }
        }
        return tried;
    }

    /** What is wrong with a guest is its author's, too. */
    private static void guarded(String file, int line, List<Problem> problems, Runnable trying) {
        try {
            trying.run();
        } catch (BadInput bad) {
            problems.add(new Problem(file, line, bad.sentence()));
        }
    }

    private void predictions(Lesson lesson, LessonText text, List<Problem> problems) {
        var judgement = new Judgement(lesson, laboratory);
        text.parts()
                .forEach(part -> guarded(text.file(), part.line(), problems, () -> {
                    if (part instanceof Part.Prediction prediction) {
                        prediction(judgement, prediction, text, problems);
                    } else if (part instanceof Part.Stage stage) {
                        stage(judgement, stage, text, problems);
                    }
                }));
    }

    private static void prediction(
            Judgement judgement, Part.Prediction prediction, LessonText text, List<Problem> problems) {
        Function<String, Problem> wrong = what -> new Problem(text.file(), prediction.line(), what);
        int options = prediction.options().size();
        switch (prediction.sort()) {
            case CHOICE -> {
                long right = IntStream.range(0, options)
                        .filter(i -> judgement
                                .of(prediction, Integer.toString(i))
                                .orElseThrow()
                                .right())
                        .count();
                if (right != 1) {
                    problems.add(wrong.apply("of the options " + right + " hold; exactly one must"));
                }
            }
            case ORDER -> {
                List<Integer> order = judgement.inOrder(prediction);
                if (order.size() != options) {
                    problems.add(wrong.apply("not everything that is to be ordered happens"));
                } else if (order.equals(IntStream.range(0, options).boxed().toList())) {
                    problems.add(wrong.apply("the events stand in their right order already"));
                }
            }
            case NUMBER, REGISTER -> {
                if (judgement
                        .tried(prediction.answer().orElseThrow())
                        .observed()
                        .isEmpty()) {
                    problems.add(wrong.apply("the run does not come to what is asked for"));
                }
            }
        }
    }

    private static void stage(Judgement judgement, Part.Stage stage, LessonText text, List<Problem> problems) {
        if (judgement.start(stage).isEmpty()) {
            problems.add(new Problem(text.file(), stage.line(), "the guest does not come to '" + stage.start() + "'"));
        }
    }

    /** Both languages have the same beats, parts, claims, citations and words of the glossary. */
    private static void structure(Lesson lesson, List<Problem> problems) {
        LessonText first = lesson.text(LessonText.LANGUAGES.get(0));
        for (LessonText other : lesson.texts().values()) {
            List<String> one = shape(first);
            List<String> two = shape(other);
            IntStream.range(0, Math.max(one.size(), two.size()))
                    .filter(i -> !at(one, i).equals(at(two, i)))
                    .findFirst()
                    .ifPresent(i -> problems.add(new Problem(
                            other.file(),
                            1,
                            "differs from " + first.file() + ": here is " + at(two, i) + ", there " + at(one, i))));
        }
    }

    private static String at(List<String> shape, int i) {
        return i < shape.size() ? shape.get(i) : "nothing more";
    }

    private static List<String> shape(LessonText text) {
        var shape = new ArrayList<String>();
        for (LessonText.Beat beat : text.beats()) {
            shape.add("beat " + beat.kind().text());
            beat.parts().forEach(part -> {
                shape.add(part.shape());
                part.marks().stream().map(LessonCheck::shape).sorted().forEach(shape::add);
            });
        }
        text.sources().forEach(source -> shape.add("source " + source.key()));
        text.terms().stream().sorted().forEach(term -> shape.add("word " + term));
        return shape;
    }

    private static String shape(Mark mark) {
        String facts = mark.facts().stream()
                .map(fact -> fact.setting().mode() + " " + fact.measure() + " " + fact.comparison()
                        + fact.value()
                                .map(value ->
                                        value.number().map(String::valueOf).orElse(value.text()))
                                .orElse(""))
                .collect(Collectors.joining("; "));
        return "mark " + facts + mark.source() + mark.action() + mark.times();
    }

    private void exercise(Lesson lesson, List<Problem> problems) {
        String checks = lesson.file(Lesson.CHECKS);
        var given = grade(lesson, Lesson.GUEST, lesson.guest());
        var solved = grade(lesson, Lesson.SOLUTION, lesson.solution());
        if (given.stream().allMatch(Exercise.Graded::passed)) {
            problems.add(new Problem(checks, 1, "the exercise passes as it is given; a check must fail"));
        }
        solved.stream()
                .filter(graded -> !graded.passed())
                .forEach(graded -> problems.add(new Problem(
                        checks,
                        1,
                        "the solution fails '" + graded.check().fact().text() + "': "
                                + graded.finding()
                                        .map(finding -> words.apply(finding.sentence()))
                                        .orElse(graded.refused()))));
    }

    private List<Exercise.Graded> grade(Lesson lesson, String file, String source) {
        return lesson.exercise().grade(lesson.file(file), source, laboratory);
    }
}
