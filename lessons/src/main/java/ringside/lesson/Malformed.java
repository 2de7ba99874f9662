package ringside.lesson;

/** A part of a lesson does not read; whoever knows the line makes a {@link Problem} of it. */
final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Malformed(String text) {
        super(text, null, false, false);
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
