package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import ringside.bus.InputLog;
import ringside.bus.Inputs;

/**
 * What somebody has typed into COM1, and when: with the guest it makes the same run again.
 *
 * @param keys by rising time
 */
public record Typing(List<Key> keys) {
    /** Nothing was typed. */
    public static final Typing NONE = new Typing(List.of());

    private static final Pattern TEXT = Pattern.compile("[0-9]{1,18}\\.[0-9a-f]{2}(,[0-9]{1,18}\\.[0-9a-f]{2})*");

    /**
     * A byte.
     *
     * @param time guest time from which it can arrive
     * @param value 0 to 255
     */
    public record Key(long time, int value) {}

    public Typing {
        keys = List.copyOf(keys);
    }

    static Typing of(Inputs inputs) {
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            keys.add(new Key(inputs.time(i), inputs.value(i)));
        }
        return new Typing(keys);
    }

    /**
     * Bytes that are typed before the run begins.
     *
     * @throws BadInput where it is more than a machine keeps
     */
    static Typing atOnce(byte[] input) {
        if (input.length > InputLog.CAPACITY) {
            throw new BadInput(
                    "the input has " + input.length + " bytes; COM1 takes " + InputLog.CAPACITY + " at most");
        }
        List<Key> keys = new ArrayList<>();
        for (byte value : input) {
            keys.add(new Key(0, value & 0xFF));
        }
        return new Typing(keys);
    }

    /**
     * Reads what {@link #text} writes.
     *
     * @throws Refusal where it is something else, or more than a machine keeps
     */
    public static Typing read(String text) {
        if (text.isEmpty()) {
            return NONE;
        }
        if (!TEXT.matcher(text).matches()) {
            throw new Refusal(Sentence.of("refused.input"));
        }
        List<Key> keys = new ArrayList<>();
        long last = 0;
        for (String word : text.split(",", -1)) {
            int point = word.indexOf('.');
            long time = Long.parseLong(word.substring(0, point));
            if (time < last || keys.size() == InputLog.CAPACITY) {
                throw new Refusal(Sentence.of("refused.input"));
            }
            last = time;
            keys.add(new Key(time, Integer.parseInt(word.substring(point + 1), 16)));
        }
        return new Typing(keys);
    }

    /** Times and bytes, such as {@code 105.68,105.69}. */
    public String text() {
        return keys.stream()
                .map(key -> key.time() + "." + Text.twoDigits(key.value()))
                .collect(Collectors.joining(","));
    }

    /** Puts it all into the log of a machine at its start. */
    void into(InputLog inputs) {
        keys.forEach(key -> inputs.append(key.time(), key.value()));
    }
}
