package ringside.isa;

import java.util.Locale;

/** A sentence with gaps, in English, and the key by which other languages have the same sentence. */
public interface Wording {
    /** Unique among all wordings: lower case, words with hyphens, after the name of what it is about and a point. */
    String key();

    /** The English sentence, without a full stop; its gaps are {@code {0}}, {@code {1}} … */
    String english();

    /** The sentence with its gaps filled: by words, numbers or further messages. */
    default Message with(Object... arguments) {
        return Message.of(this, arguments);
    }

    /** The key of an enum's constant. */
    static String key(String about, Enum<?> constant) {
        return about + "." + constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
