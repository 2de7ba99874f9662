package ringside.store;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What makes a lab again.
 *
 * @param address of the lab: guest, modes, machine, time and views, as a link has them
 * @param guest the guest itself where the address alone does not make it
 */
public record Kept(String address, Optional<OwnGuest> guest) {
    /** A guest of the learner's own. */
    public sealed interface OwnGuest {}

    /** NASM source. */
    public record Source(String text) implements OwnGuest {}

    /**
     * A file that was sent.
     *
     * @param id made of its content, the same for the same file
     * @param base64 its content
     * @param bits code size, where somebody said it
     * @param load address in the guest's memory, where somebody said it
     * @param entry address of the first instruction, where somebody said it
     */
    public record Sent(String id, String name, String base64, OptionalInt bits, OptionalLong load, OptionalLong entry)
            implements OwnGuest {}
}
