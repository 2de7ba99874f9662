package ringside.web;

import io.javalin.http.Context;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.lesson.Course;
import ringside.lesson.Exercise;
import ringside.lesson.Glossary;
import ringside.lesson.Judgement;
import ringside.lesson.LessonText;
import ringside.lesson.Part;
import ringside.session.GuestChoice;
import ringside.session.MachineChoice;
import ringside.session.OpenViews;
import ringside.session.Recipe;
import ringside.session.Sentence;
import ringside.session.Sessions;
import ringside.session.Typing;

/** The course: {@code /lessons}, a page for each beat of a lesson, {@code /lessons/08/step}, the glossary, and a learner's progress. */
final class LessonPages {
    /** Characters of an exercise. */
    private static final int LONGEST_SOURCE = 64 << 10;

    private static final int LONGEST_ANSWER = 100;

    private final Lessons lessons;
    private final Sessions sessions;
    private final LabPages lab;
    private final Templates templates;

    LessonPages(Lessons lessons, Sessions sessions, LabPages lab, Templates templates) {
        this.lessons = lessons;
        this.sessions = sessions;
        this.lab = lab;
        this.templates = templates;
    }

    /** A page of a lesson. */
    public record Page(String name, LessonText text, LessonText.Beat beat, int number) {
        /** Its machine waits until something has been predicted. */
        public boolean locked() {
            boolean first = beat.kind() == LessonText.Kind.PREDICT || beat.kind() == LessonText.Kind.CHANGE;
            return first && !beat.predictions().isEmpty();
        }

        /** The page behind it; empty at the end. */
        public Optional<LessonText.Beat> next() {
            return at(number + 1);
        }

        /** The page before it; empty at the beginning. */
        public Optional<LessonText.Beat> previous() {
            return at(number - 1);
        }

        private Optional<LessonText.Beat> at(int place) {
            return text.beats().stream()
                    .skip(Math.max(place, 0))
                    .limit(place < 0 ? 0 : 1)
                    .findFirst();
        }
    }

    /** All lessons in their order. */
    void list(Context request) {
        Visitor.of(request).remember(request);
        var values = values();
        values.put(
                "problems",
                lessons.preview()
                        ? lessons.courses().stream()
                                .flatMap(course -> course.problems().stream())
                                .toList()
                        : List.of());
        request.html(templates.page("lessons", request, values));
    }

    private Map<String, Object> values() {
        var values = new HashMap<String, Object>();
        values.put("lessons", lessons.courses());
        values.put("version", lessons.preview() ? Long.toString(lessons.version()) : "");
        return values;
    }

    /** What a learner's browser remembers, as a page to print. */
    void progress(Context request) {
        Visitor.of(request).remember(request);
        request.html(templates.page("progress", request, values()));
    }

    void glossary(Context request) {
        Visitor.of(request).remember(request);
        var values = values();
        String language = Visitor.of(request).language();
        List<Glossary> glossaries =
                lessons.courses().stream().map(Course::glossary).toList();
        values.put(
                "entries",
                glossaries.stream().flatMap(all -> all.in(language).stream()).toList());
        values.put(
                "others",
                Words.LANGUAGES.stream()
                        .filter(other -> !other.equals(language))
                        .flatMap(other -> glossaries.stream().flatMap(all -> all.in(other).stream()))
                        .toList());
        request.html(templates.page("glossary", request, values));
    }

    /** For a preview: has anything changed? */
    void version(Context request) {
        request.contentType("text/plain; charset=utf-8").result(Long.toString(lessons.version()));
    }

    private Lessons.Found found(Context request) {
        String name = request.pathParam("name");
        return lessons.find(name).orElseThrow(() -> new Refused(404, Sentence.of("refused.lesson", name)));
    }

    private Page page(Context request) {
        var lesson = found(request).lesson();
        LessonText text = lesson.text(Visitor.of(request).language());
        String wanted = request.pathParamMap().getOrDefault("beat", LessonText.Kind.PREDICT.text());
        LessonText.Beat beat = text.beat(wanted)
                .orElseThrow(() -> new Refused(404, Sentence.of("refused.lesson", lesson.name() + "/" + wanted)));
        return new Page(lesson.name(), text, beat, text.beats().indexOf(beat));
    }

    /** One beat, with its machine at the start. */
    void show(Context request) {
        Visitor.of(request).remember(request);
        var found = found(request);
        Page page = page(request);
        Map<String, Object> values = values();
        page.beat().stage().ifPresent(stage -> {
            var session = sessions.open(recipe(found, stage));
            values.putAll(lab.values(session, false));
            values.put("controls", stage.controls());
        });
        values.put("page", page);
        values.put("given", found.lesson().guest());
        values.put(
                "part",
                found.course()
                        .parts()
                        .get(found.lesson().part())
                        .getOrDefault(Visitor.of(request).language(), ""));
        values.put("locked", page.locked());
        values.put(
                "self", Lessons.PREFIX + page.name() + "/" + page.beat().kind().text());
        request.html(templates.page("lesson", request, values));
    }

    private Recipe recipe(Lessons.Found found, Part.Stage stage) {
        var first = stage.settings().get(0);
        long time =
                new Judgement(found.lesson(), lessons.laboratory()).start(stage).orElse(0L);
        return new Recipe(
                new GuestChoice.Source(found.lesson().guest()),
                stage.settings().stream().map(setting -> setting.mode()).toList(),
                MachineChoice.read(name -> Optional.ofNullable(first.options().get(name))),
                Typing.NONE,
                time,
                OpenViews.of(stage.views()));
    }

    /** A prediction was made, or an exercise sent in. */
    void answer(Context request) {
        if (request.formParam("source") != null) {
            grade(request);
            return;
        }
        var found = found(request);
        Page page = page(request);
        String number = Optional.ofNullable(request.formParam("prediction")).orElse("");
        var prediction = page.beat().predictions().stream()
                .filter(one -> Integer.toString(one.number()).equals(number))
                .findFirst()
                .orElseThrow(() -> new Refused(404, Sentence.of("refused.prediction")));
        String answer = Optional.ofNullable(request.formParam("answer")).orElse("");
        var verdict = answer.length() > LONGEST_ANSWER
                ? Optional.<Judgement.Verdict>empty()
                : new Judgement(found.lesson(), lessons.laboratory()).of(prediction, answer);
        var values = values();
        values.put("prediction", prediction);
        values.put("verdict", verdict);
        values.put("page", page);
        request.html(
                Visitor.of(request).partial()
                        ? templates.fragment("verdict", "verdict", request, values)
                        : templates.page("verdict", request, values));
    }

    private void grade(Context request) {
        var found = found(request);
        String source =
                Optional.ofNullable(request.formParam("source")).orElse("").replace("\r\n", "\n");
        if (source.length() > LONGEST_SOURCE) {
            throw new Refused(413, Sentence.of("refused.large", source.length(), LONGEST_SOURCE));
        }
        var complaints = sessions.complaints(source);
        List<Exercise.Graded> graded = complaints.isEmpty()
                ? found.lesson().exercise().grade("guest.asm", source, lessons.laboratory())
                : List.of();
        var values = values();
        values.put("complaints", complaints);
        values.put("graded", graded);
        values.put("passed", !graded.isEmpty() && graded.stream().allMatch(Exercise.Graded::passed));
        values.put("page", page(request));
        request.html(
                Visitor.of(request).partial()
                        ? templates.fragment("grades", "grades", request, values)
                        : templates.page("grades", request, values));
    }

    /** The lesson's guest as a file. */
    void guest(Context request) {
        var lesson = found(request).lesson();
        request.header("Content-Disposition", "attachment; filename=\"guest.asm\"");
        request.contentType("application/octet-stream");
        request.result(lesson.guestBytes());
    }
}
