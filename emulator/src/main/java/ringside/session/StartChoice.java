package ringside.session;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What is said about the start of a binary, not yet judged.
 *
 * @param bits 16, 32 or 64, for flat binaries
 * @param load address of a flat binary; whatever has one is flat
 * @param entry address of the first instruction
 */
public record StartChoice(OptionalInt bits, OptionalLong load, OptionalLong entry) {
    /** Nothing said: the file says it itself. */
    public static final StartChoice NONE =
            new StartChoice(OptionalInt.empty(), OptionalLong.empty(), OptionalLong.empty());

    /** Reads an address: decimal, hexadecimal with 0x, or hexadecimal with an h behind it; empty where it is none. */
    public static Optional<Long> address(String text) {
        var lower = text.trim().toLowerCase(Locale.ROOT).replace("_", "");
        try {
            if (lower.startsWith("0x")) {
                return Optional.of(Long.parseUnsignedLong(lower.substring(2), 16));
            }
            if (lower.endsWith("h")) {
                return Optional.of(Long.parseUnsignedLong(lower.substring(0, lower.length() - 1), 16));
            }
            return Optional.of(Long.parseUnsignedLong(lower));
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }
}
