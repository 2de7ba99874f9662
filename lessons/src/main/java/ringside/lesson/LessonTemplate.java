package ringside.lesson;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import ringside.session.BadInput;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** A lesson to begin with: small, whole, and with everything in it that lessons are made of. */
public final class LessonTemplate {
    private static final List<String> FILES = List.of("en.md", "es.md", Lesson.GUEST, Lesson.SOLUTION, Lesson.CHECKS);

    private LessonTemplate() {}

    /**
     * Writes a lesson into a folder of lessons, and its name into that folder's contents.
     *
     * @return the files that were made
     * @throws BadInput where the name is none, or taken
     */
    public static List<Path> begin(Path folder, String name) throws IOException {
        if (!name.matches("[a-z0-9][a-z0-9-]{0,59}")) {
            throw new BadInput("a lesson's name has a-z, 0-9 and -, at most 60 of them, not '" + name + "'");
        }
        Path lesson = folder.resolve(name);
        if (Files.exists(lesson)) {
            throw new BadInput("there is a lesson " + lesson + " already");
        }
        Files.createDirectories(lesson);
        var made = new ArrayList<Path>();
        for (String file : FILES) {
            made.add(Files.write(lesson.resolve(file), bytes(file), StandardOpenOption.CREATE_NEW));
        }
        made.add(addToContents(folder.resolve(Course.CONTENTS), name));
        return List.copyOf(made);
    }

    private static byte[] bytes(String file) throws IOException {
        try (InputStream in = LessonTemplate.class.getResourceAsStream("/lesson-template/" + file)) {
            return Objects.requireNonNull(in, file).readAllBytes();
        }
    }

    /** Behind the last lesson of the last part. */
    private static Path addToContents(Path contents, String name) throws IOException {
        var mapper = JsonMapper.shared();
        JsonNode all = Files.exists(contents)
                ? mapper.readTree(Files.readString(contents))
                : mapper.readTree("[{\"en\": \"Lessons\", \"es\": \"Lecciones\", \"lessons\": []}]");
        if (!(all instanceof ArrayNode parts)
                || parts.isEmpty()
                || !(parts.get(parts.size() - 1).path("lessons") instanceof ArrayNode lessons)) {
            throw new BadInput(contents + " is no list of parts with lessons");
        }
        lessons.add(name);
        String text = mapper.writerWithDefaultPrettyPrinter().writeValueAsString(parts) + "\n";
        return Files.write(contents, text.getBytes(StandardCharsets.UTF_8));
    }
}
