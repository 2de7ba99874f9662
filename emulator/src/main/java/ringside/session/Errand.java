package ringside.session;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Something that a lab does by itself, in slices, so that others have their turn and it can be given up. */
interface Errand {
    /** Whether nothing is left to do. */
    boolean done();

    /**
     * Goes on until it is done, or somebody has enough of it.
     *
     * @return why it stopped, where it is done and that is not plain to see
     */
    Optional<Sentence> slice(BooleanSupplier enough);

    /**
     * It is not gone on with, though it is not done: the lab is left in good order.
     *
     * @return where the lab stands now, where that is not plain to see
     */
    Optional<Sentence> giveUp();

    /** What is to be said while it goes on. */
    default Optional<Sentence> progress() {
        return Optional.empty();
    }

    /** Bytes that it takes beside the lab, roughly. */
    long memory();

    /** Whether the guest just runs, so that it can be typed to. */
    boolean isOnward();
}
