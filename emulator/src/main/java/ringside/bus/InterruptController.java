package ringside.bus;

/** What the processor sees of the interrupt controllers: the INTR pin, and the INTA cycle that fetches a vector. */
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

    /** Names the one listener that is told each time INTR has changed its level. */
    void onChange(Runnable listener);
}
