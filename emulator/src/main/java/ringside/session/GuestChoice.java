package ringside.session;

/** Which guest a lab is about. */
public sealed interface GuestChoice {
    /** One of the sample guests, by name. */
    record Sample(String name) implements GuestChoice {}

    /** A learner's own NASM source. */
    record Source(String text) implements GuestChoice {}

    /** A binary that a learner has sent. */
    record Binary(Upload upload) implements GuestChoice {}
}
