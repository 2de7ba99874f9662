package ringside.bus;

/**
 * What the processor sees of the interrupt controllers: the INTR pin with the INTA cycle that fetches a vector, and two requests that no flag
 * masks, of which it remembers one each until it is taken: NMI and INIT.
 */
public interface InterruptController {
    /** A machine without interrupt controller: INTR is never asserted. */
    InterruptController NONE = new InterruptController() {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            return 0xFF;
        }

        @Override
        public void onChange(Runnable listener) {}
    };

    /** The level of INTR. */
    boolean pending();

    /**
     * The processor's INTA cycle. It may come after the request has gone: then the controller answers with its spurious
     * vector.
     *
     * @return the vector, 0 to 255
     */
    int acknowledge();

    /** Has an NMI arrived that was not taken? */
    default boolean nonMaskable() {
        return false;
    }

    /** The processor takes the NMI. */
    default void takeNonMaskable() {}

    /** Has an INIT arrived that was not taken? */
    default boolean initialization() {
        return false;
    }

    /** The processor takes the INIT. */
    default void takeInitialization() {}

    /** Names the one listener that is told each time INTR has changed its level, or an NMI or INIT has arrived. */
    void onChange(Runnable listener);
}
