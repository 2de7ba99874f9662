package ringside.cpu;

/**
 * What may happen between two instructions (SDM 3A, Priority Among Concurrent Events): debug traps, interrupts, windows. Asked when the
 * processor has been told to {@link Cpu#attend}, not otherwise.
 */
public interface Boundary {
    /**
     * Lets a pending event happen.
     *
     * @return true where one was delivered; false where the next instruction runs
     * @throws Exit where the monitor takes it
     */
    boolean cross(Cpu cpu);

    /** Must the next boundary be crossed with care too, although nothing new happens? */
    boolean isWaiting(Cpu cpu);
}
