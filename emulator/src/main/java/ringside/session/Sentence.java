package ringside.session;

import java.util.List;

/**
 * Something to say to a learner, in no language yet.
 *
 * @param key names the sentence in the message bundles
 * @param arguments strings, numbers and further sentences for its gaps
 */
public record Sentence(String key, List<Object> arguments) {
    public Sentence {
        arguments = List.copyOf(arguments);
    }

    public static Sentence of(String key, Object... arguments) {
        return new Sentence(key, List.of(arguments));
    }
}
