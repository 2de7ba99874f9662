package ringside.lesson;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Lessons in their order, as they are in a folder. Those with something wrong in them are not among the lessons.
 *
 * @param parts titles of its parts, by language
 * @param texts how many texts were read, those with problems too
 * @param problems found by reading alone; nothing has run yet
 */
public record Course(
        List<Map<String, String>> parts, List<Lesson> lessons, Glossary glossary, int texts, List<Problem> problems) {
    static final String CONTENTS = "contents.json";
    static final String GLOSSARY = "glossary.json";
    private static final int MOST_LESSONS = 60;
    private static final int MOST_PROBLEMS = 200;

    /** No lessons at all. */
    public static final Course EMPTY = new Course(List.of(), List.of(), Glossary.EMPTY, 0, List.of());

    public Course {
        parts = List.copyOf(parts);
        lessons = List.copyOf(lessons);
        problems = problems.stream().limit(MOST_PROBLEMS).toList();
    }

    /** The lesson that addresses call so. */
    public Optional<Lesson> lesson(String name) {
        return lessons.stream().filter(lesson -> lesson.name().equals(name)).findFirst();
    }

    /** This lesson alone, or what is wrong with it; empty where there is none of that name. */
    public Optional<Course> only(String name) {
        var its = problems.stream()
                .filter(problem -> problem.file().equals(GLOSSARY)
                        || problem.file().startsWith(name + "/")
                        || Lesson.nameOf(problem.file().replaceFirst("/.*", "")).equals(name))
                .toList();
        var one = lessons.stream()
                .filter(lesson -> lesson.name().equals(name) || lesson.folder().equals(name))
                .toList();
        return one.isEmpty() && its.isEmpty()
                ? Optional.empty()
                : Optional.of(new Course(parts, one, glossary, LessonText.LANGUAGES.size(), its));
    }

    /** Lessons of a part, by its number from 0. */
    public List<Lesson> of(int part) {
        return lessons.stream().filter(lesson -> lesson.part() == part).toList();
    }

    /** Reads a folder. */
    public static Course read(LessonFolder folder) {
        return new Reader(folder).course();
    }

    private static final class Reader {
        private final LessonFolder folder;
        private final List<Problem> problems = new ArrayList<>();
        private final List<Map<String, String>> parts = new ArrayList<>();
        private final Map<String, Integer> order = new LinkedHashMap<>();
        private int texts;

        Reader(LessonFolder folder) {
            this.folder = folder;
        }

        Course course() {
            Optional<String> glossaryFile = file(GLOSSARY);
            Glossary glossary = glossaryFile
                    .map(json -> Glossary.read(GLOSSARY, json, problems))
                    .orElse(Glossary.EMPTY);
            file(CONTENTS)
                    .ifPresentOrElse(
                            this::contents, () -> problems.add(new Problem(CONTENTS, 1, "there is no such file")));
            var lessons = new ArrayList<Lesson>();
            order.forEach((name, part) -> lesson(name, part, glossary).ifPresent(lessons::add));
            return new Course(parts, lessons, glossary, texts, problems);
        }

        private void contents(String json) {
            var names = new HashSet<String>();
            try {
                for (JsonNode node : JsonMapper.shared().readTree(json)) {
                    var title = new TreeMap<String, String>();
                    LessonText.LANGUAGES.forEach(
                            language -> title.put(language, node.path(language).asString("")));
                    if (title.containsValue("")) {
                        problems.add(new Problem(CONTENTS, 1, "a part has a title in " + LessonText.LANGUAGES));
                    }
                    for (JsonNode lesson : node.path("lessons")) {
                        name(lesson.asString(""), names);
                    }
                    parts.add(title);
                }
            } catch (JacksonException bad) {
                problems.add(new Problem(CONTENTS, Exercise.line(bad), "this is no JSON: " + bad.getOriginalMessage()));
            }
        }

        private void name(String name, HashSet<String> names) {
            if (!name.matches("[a-z0-9][a-z0-9-]{0,59}")) {
                problems.add(
                        new Problem(CONTENTS, 1, "'" + name + "' is no name for a lesson: a-z, 0-9 and -, at most 60"));
            } else if (!names.add(Lesson.nameOf(name))) {
                problems.add(new Problem(CONTENTS, 1, "two lessons have the address " + Lesson.nameOf(name)));
            } else if (order.size() == MOST_LESSONS) {
                problems.add(new Problem(CONTENTS, 1, "there are more than " + MOST_LESSONS + " lessons"));
            } else {
                order.put(name, parts.size());
            }
        }

        private Optional<Lesson> lesson(String name, int part, Glossary glossary) {
            int before = problems.size();
            String guest = needed(name, Lesson.GUEST);
            String solution = needed(name, Lesson.SOLUTION);
            String checks = needed(name, Lesson.CHECKS);
            var read = new TreeMap<String, LessonText>();
            for (String language : LessonText.LANGUAGES) {
                String text = needed(name, language + ".md");
                texts++;
                if (!text.isEmpty()) {
                    String file = name + "/" + language + ".md";
                    read.put(
                            language,
                            TextReader.read(file, language, text, glossary, List.of(guest, solution), problems));
                }
            }
            Exercise exercise = checks.isEmpty()
                    ? new Exercise(List.of())
                    : Exercise.read(name + "/" + Lesson.CHECKS, checks, problems);
            return problems.size() == before
                    ? Optional.of(new Lesson(name, part, read, guest, solution, exercise))
                    : Optional.empty();
        }

        private String needed(String lesson, String file) {
            String name = lesson + "/" + file;
            int before = problems.size();
            Optional<String> text = file(name);
            if (text.isEmpty() && problems.size() == before) {
                problems.add(new Problem(name, 1, "there is no such file"));
            }
            return text.orElse("");
        }

        private Optional<String> file(String name) {
            try {
                return folder.read(name);
            } catch (Malformed malformed) {
                problems.add(new Problem(name, 1, malformed.text()));
                return Optional.empty();
            }
        }
    }
}
