package ringside.lesson;

/**
 * Something wrong with a lesson, for its author.
 *
 * @param file inside the folder of lessons
 * @param line from 1
 * @param text one sentence in English, without a full stop
 */
public record Problem(String file, int line, String text) {
    @Override
    public String toString() {
        return file + ":" + line + ": " + text;
    }
}
