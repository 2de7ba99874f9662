package ringside.device;

/** The far end of a transmitter: it gets each byte at the moment the guest sends it. */
@FunctionalInterface
public interface SerialSink {
    /** Nobody listens. */
    SerialSink NONE = value -> {};

    /** A byte arrives, 0 to 255. */
    void accept(int value);
}
