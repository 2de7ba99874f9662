package ringside.session;

import java.util.Optional;

/** What a search looks for in one column, boundary by boundary. */
interface Quarry {
    /** A search begins here: what was known of other places is void. */
    default void arm(Lookout here) {}

    /** @return why to stop, where the boundary just crossed leads to what is looked for */
    Optional<Sentence> met(Lookout crossed);
}
