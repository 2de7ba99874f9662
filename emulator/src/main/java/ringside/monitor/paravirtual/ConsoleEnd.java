package ringside.monitor.paravirtual;

/** Where what is typed comes in: the other end of a domain's console, or Xen's own console. */
interface ConsoleEnd {
    /** Will something be typed that ends a wait? */
    boolean endsWait();

    /** Has something been typed that nobody was told of yet? */
    boolean isDue(long now);

    /**
     * Takes a typed byte (CONSOLEIO_read).
     *
     * @return -1 where there is none
     */
    int read();

    /**
     * How far typing has come.
     *
     * @param read bytes that were taken
     * @param told bytes that somebody was told of
     */
    record State(int read, int told) {}

    State save();

    void restore(State state);
}
