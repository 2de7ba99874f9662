package ringside.isa;

import java.util.List;

/**
 * Something to say about what somebody wrote: in English at once, in other languages by its key.
 *
 * @param key see {@link Wording#key}; empty where there is nothing to say
 * @param english the sentence with its gaps still open
 * @param arguments words, numbers and further messages for its gaps; long words are cut
 */
public record Message(String key, String english, List<Object> arguments) {
    /** Nothing to say. */
    public static final Message NONE = new Message("", "", List.of());

    /** The most characters of a word that a sentence quotes. */
    private static final int LONGEST_WORD = 200;

    public Message {
        arguments = arguments.stream().map(Message::cut).toList();
    }

    private static Object cut(Object argument) {
        if (!(argument instanceof String word) || word.length() <= LONGEST_WORD) {
            return argument;
        }
        int end = word.offsetByCodePoints(0, LONGEST_WORD / 2);
        return word.substring(0, end) + "…";
    }

    static Message of(Wording wording, Object... arguments) {
        return new Message(wording.key(), wording.english(), List.of(arguments));
    }

    public boolean isEmpty() {
        return key.isEmpty();
    }

    /** This, or where there is nothing to say, the other. */
    Message orElse(Message other) {
        return isEmpty() ? other : this;
    }

    /** The English sentence. What fills a gap is never searched for gaps itself. */
    public String text() {
        var out = new StringBuilder();
        int at = 0;
        while (at < english.length()) {
            boolean gap = english.charAt(at) == '{' && at + 2 < english.length() && english.charAt(at + 2) == '}';
            int index = gap ? english.charAt(at + 1) - '0' : -1;
            if (index >= 0 && index < arguments.size()) {
                Object argument = arguments.get(index);
                out.append(argument instanceof Message inner ? inner.text() : argument.toString());
                at += 3;
            } else {
                out.append(english.charAt(at++));
            }
        }
        return out.toString();
    }
}
