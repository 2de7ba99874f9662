package ringside.session;

import java.util.Optional;

/** What a search looks for in one column, boundary by boundary. */
interface Quarry {
    /** A search begins here: what was known of other places is void. */
    default void arm(Lookout here) {}

    /** Does it want to be told of every access to memory? */
    default boolean spies() {
        return false;
    }

    /**
     * The guest's instruction makes an access now.
     *
     * @param size bytes
     */
    default void accessed(long linear, int size, boolean write) {}

    /**
     * Linear addresses of the instructions before which alone it can be met, beside boundaries of which something was told; empty: it may
     * be met anywhere.
     */
    default Optional<long[]> places() {
        return Optional.empty();
    }

    /** @return why to stop, where the boundary just crossed leads to what is looked for */
    Optional<Sentence> met(Lookout crossed);
}
