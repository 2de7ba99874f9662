package ringside.cpu;

import java.util.Optional;

/**
 * Who may take events away from the guest before its interrupt table sees them: VT-x with its exception bitmap, for one. Each method
 * returns where the guest shall have the event, and throws an {@link Exit} where its monitor shall. Nothing has been changed then: CR2
 * and DR6 are as before. What a debug exception is about is in {@link SystemState#pendingDebug}; who takes it away clears that.
 */
public interface Interception {
    /** The guest has all its events. */
    Interception NONE = new Interception() {};

    /**
     * An exception is about to be delivered; a double fault too.
     *
     * @param during the event whose delivery caused it, if one did
     */
    default void exception(Cpu cpu, Fault fault, Optional<Delivery> during) {}

    /** INT n, INT3, INTO or INT1 is about to be delivered. */
    default void software(Cpu cpu, Delivery event) {}

    /** The checks before a task switch have passed; see {@link EventReceiver#taskSwitch}. */
    default void taskSwitch(Cpu cpu, TaskSwitch.Cause cause, int selector, Optional<Delivery> during) {}

    /** An exception prevented the delivery of a double fault. */
    default void tripleFault(Cpu cpu) {}
}
