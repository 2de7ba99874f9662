package ringside.lesson;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A lesson in one language.
 *
 * @param file inside the folder of lessons
 * @param beats in their order
 * @param sources what it cites
 * @param terms words of the glossary that it says
 * @param words that a reader reads
 * @param actions that a learner is asked for
 */
public record LessonText(
        String file,
        String language,
        String title,
        List<Beat> beats,
        List<Source> sources,
        Set<String> terms,
        int words,
        int actions) {
    /** In which every lesson is written. */
    public static final List<String> LANGUAGES = List.of("en", "es");

    static final int MOST_WORDS = 900;
    static final int MOST_ACTIONS = 25;

    public LessonText {
        beats = List.copyOf(beats);
        sources = List.copyOf(sources);
        terms = Set.copyOf(terms);
    }

    /** What is cited, by a short name. */
    public record Source(String key, String html) {}

    /** What the learner does, in this order. */
    public enum Kind {
        PREDICT,
        STEP,
        EXPLAIN,
        CHANGE,
        BUILD,
        REAL;

        public String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        static Optional<Kind> named(String name) {
            return Stream.of(values()).filter(kind -> kind.text().equals(name)).findFirst();
        }
    }

    /** One of the lesson's pages. */
    public record Beat(Kind kind, String heading, int line, List<Part> parts) {
        public Beat {
            parts = List.copyOf(parts);
        }

        /** Its machine, if it has one. */
        public Optional<Part.Stage> stage() {
            return parts.stream()
                    .filter(Part.Stage.class::isInstance)
                    .map(Part.Stage.class::cast)
                    .findFirst();
        }

        /** What it asks, in its order. */
        public List<Part.Prediction> predictions() {
            return parts.stream()
                    .filter(Part.Prediction.class::isInstance)
                    .map(Part.Prediction.class::cast)
                    .toList();
        }
    }

    /** The page of that name. */
    public Optional<Beat> beat(String name) {
        return beats.stream().filter(beat -> beat.kind().text().equals(name)).findFirst();
    }

    Stream<Part> parts() {
        return beats.stream().flatMap(beat -> beat.parts().stream());
    }

    Stream<Mark> marks() {
        return parts().flatMap(part -> part.marks().stream());
    }
}
