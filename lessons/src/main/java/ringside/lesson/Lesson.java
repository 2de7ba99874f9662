package ringside.lesson;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A lesson: a guest, an exercise, and a text in every language.
 *
 * @param folder in which it lies
 * @param part of the course, by its number from 0
 * @param texts by language; none is missing
 * @param guest its source, which is the exercise as given
 * @param solution the exercise as solved
 */
public record Lesson(
        String folder, int part, Map<String, LessonText> texts, String guest, String solution, Exercise exercise) {
    static final String GUEST = "guest.asm";
    static final String SOLUTION = "solution.asm";
    static final String CHECKS = "checks.json";

    private static final Pattern NUMBERED = Pattern.compile("([0-9]{2})-.+");

    public Lesson {
        texts = Map.copyOf(texts);
    }

    /** As addresses have it: the number that its folder begins with, or else the folder's name. */
    public String name() {
        return nameOf(folder);
    }

    static String nameOf(String folder) {
        Matcher numbered = NUMBERED.matcher(folder);
        return numbered.matches() ? numbered.group(1) : folder;
    }

    /** @param language one of {@link LessonText#LANGUAGES} */
    public LessonText text(String language) {
        return Optional.ofNullable(texts.get(language)).orElseThrow();
    }

    /** The guest, as a file of bytes. */
    public byte[] guestBytes() {
        return guest.getBytes(StandardCharsets.UTF_8);
    }

    String file(String name) {
        return folder + "/" + name;
    }
}
