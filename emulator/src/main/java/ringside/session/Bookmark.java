package ringside.session;

/**
 * A place of a run that somebody has named.
 *
 * @param time guest time, in its units, not negative
 * @param name at most 40 characters
 */
public record Bookmark(long time, String name) {
    private static final int LONGEST = 40;

    public Bookmark {
        name = name.strip();
        if (name.length() > LONGEST) {
            throw new Refusal(Sentence.of("refused.bookmark", LONGEST));
        }
    }

    /**
     * Reads what {@link #text} writes.
     *
     * @throws Refusal where it is something else
     */
    public static Bookmark read(String text) {
        int dot = text.indexOf('.');
        if (dot < 1 || dot > 18 || !text.substring(0, dot).chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new Refusal(Sentence.of("refused.bookmark.text", text));
        }
        return new Bookmark(Long.parseLong(text.substring(0, dot)), text.substring(dot + 1));
    }

    /** {@code TIME.NAME}. */
    public String text() {
        return time + "." + name;
    }
}
