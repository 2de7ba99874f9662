package ringside.web;

import io.javalin.http.Context;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import ringside.lesson.Course;
import ringside.lesson.Laboratory;
import ringside.lesson.Lesson;
import ringside.lesson.LessonFolder;
import ringside.lesson.LessonText;
import ringside.lesson.Part;

/** The lessons that a server has: the course that comes with Ringside, and behind it those of a folder. */
final class Lessons {
    /** How addresses of lessons begin. */
    static final String PREFIX = "/lessons/";

    private final Course included = Course.read(LessonFolder.included());
    private final Optional<LessonFolder> folder;
    private final boolean preview;
    private final Laboratory laboratory = new Laboratory();
    private final Map<Long, Course> read = new ConcurrentHashMap<>();

    /** @param preview problems are shown, and pages load again when a file changes */
    Lessons(Optional<LessonFolder> folder, boolean preview) {
        this.folder = folder;
        this.preview = preview;
    }

    /** A lesson, and the course that it belongs to. */
    record Found(Course course, Lesson lesson) {}

    /** Behind each other; a lesson's name belongs to the first that has it. */
    List<Course> courses() {
        return Stream.concat(preview ? Stream.empty() : Stream.of(included), own().stream())
                .toList();
    }

    /** The folder's, read again where a file has changed. */
    private Optional<Course> own() {
        return folder.map(there -> {
            long version = there.version();
            read.keySet().removeIf(old -> old != version);
            return read.computeIfAbsent(version, now -> Course.read(there));
        });
    }

    boolean preview() {
        return preview;
    }

    /** Changes when a file of the folder does. */
    long version() {
        return folder.map(LessonFolder::version).orElse(0L);
    }

    Optional<Found> find(String name) {
        return courses().stream()
                .flatMap(course -> course.lesson(name).map(lesson -> new Found(course, lesson)).stream())
                .findFirst();
    }

    /** Lessons are run one at a time: a learner's run is bounded. */
    Laboratory laboratory() {
        return laboratory;
    }

    /** The stage of the page that a script's request comes from, if that is a lesson's. */
    Optional<Part.Stage> stage(Context request) {
        String path = Optional.ofNullable(request.header("HX-Current-URL"))
                .map(Lessons::path)
                .orElse("");
        if (!path.startsWith(PREFIX)) {
            return Optional.empty();
        }
        String[] parts = path.substring(PREFIX.length()).split("/");
        String beat = parts.length > 1 ? parts[1] : LessonText.Kind.PREDICT.text();
        return find(parts[0])
                .flatMap(found ->
                        found.lesson().text(Visitor.of(request).language()).beat(beat))
                .flatMap(LessonText.Beat::stage);
    }

    private static String path(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getPath()).orElse("");
        } catch (IllegalArgumentException notAnAddress) {
            return "";
        }
    }
}
