package ringside.image;

/** A file or an option that cannot become a guest. The message is one sentence that says what to do about it. */
public class BadImage extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BadImage(String message) {
        super(message, null, false, false);
    }

    /** The sentence. */
    public String sentence() {
        return String.valueOf(getMessage());
    }
}
