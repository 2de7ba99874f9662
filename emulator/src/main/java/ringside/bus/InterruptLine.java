package ringside.bus;

/** One wire from a device to an interrupt controller. */
public interface InterruptLine {
    /** A wire that leads nowhere. */
    InterruptLine NONE = level -> {};

    /** Drives the wire: true is high, a request. Driving it to the level that it has changes nothing. */
    void set(boolean level);

    /**
     * Whether a rise of this wire would reach the processor, as the controller is programmed now: initialised, not
     * masked, and not held back by an interrupt in service. A machine that waits in HLT asks it, because nothing but an
     * instruction can change the answer.
     *
     * @param maskable whether the processor takes maskable interrupts now; else only NMI and INIT reach it
     */
    default boolean heard(boolean maskable) {
        return false;
    }
}
