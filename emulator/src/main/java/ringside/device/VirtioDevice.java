package ringside.device;

import ringside.bus.Deadline;

/** A virtio device behind its transport: what it is, and what it does with the buffers of its queues. */
public interface VirtioDevice {
    /** There was nothing to do. */
    int NOTHING = -1;

    /** Device Types: 2 block, 3 console. */
    int id();

    /** Feature bits of its own; those of the transport are added. */
    long features();

    int queues();

    /** A byte of the device configuration, at an offset from its start. */
    int configuration(int offset);

    /** The driver writes to the configuration. */
    default void configure(int offset, int size, int value) {}

    /**
     * Works on the next buffer of a queue, if there is one.
     *
     * @return the bytes moved, or {@link #NOTHING}
     */
    int serve(int index, Virtqueue queue);

    /** Whether work on this queue takes guest time; where it does not, what comes from outside bounds it. */
    default boolean takesTime(int index) {
        return true;
    }

    /** The driver has gone, or the device needs a reset: no queue will be served until {@link #serve} is called again. */
    default void stop() {}

    /**
     * Told once how it is wired.
     *
     * @param turn asks the transport to look at all queues
     * @param reachesProcessor whether an interrupt would reach the processor now
     */
    default void plug(Runnable turn, Deadline.Hearing reachesProcessor) {}
}
