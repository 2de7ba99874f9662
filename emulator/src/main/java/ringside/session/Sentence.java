package ringside.session;

import java.util.List;
import ringside.isa.Message;

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

    /** What the assembler or a loader says, with the messages inside it. */
    static Sentence of(Message message) {
        return new Sentence(
                message.key(),
                message.arguments().stream()
                        .map(argument -> argument instanceof Message inner ? of(inner) : argument)
                        .toList());
    }

    public static Sentence of(String key, Object... arguments) {
        return new Sentence(key, List.of(arguments));
    }
}
