package ringside.cpu;

import java.util.Optional;

/**
 * Who receives a processor's events: the guest's own interrupt table, or the monitor. RIP is what the handler shall return to. Whoever
 * delivers an event so that the guest sees it counts it in guest time ({@link ringside.bus.Clock}); a software interrupt counts as
 * its instruction.
 */
public interface EventReceiver {
    /** How a software interrupt came about; the checks differ (SDM 3A, Software Interrupt Generation). */
    enum Software {
        INT_N,
        INT3,
        INTO,
        /** INT1: delivered as a debug exception, without a check of the gate's DPL. */
        INT1
    }

    /** A fault, or a debug trap. */
    void fault(Cpu cpu, Fault fault);

    /**
     * @throws Fault what the gate or its target refuses: a fault of the instruction
     */
    void software(Cpu cpu, int vector, Software kind);

    void external(Cpu cpu, int vector);

    void nonMaskable(Cpu cpu);

    /** INIT: the processor begins anew. */
    void initialize(Cpu cpu);

    /**
     * A task switch has passed the checks that belong to the old task, and begins.
     *
     * @param selector of the new task's TSS
     * @param during the event that met a task gate, if one did
     * @throws Exit where the monitor answers
     */
    default void taskSwitch(Cpu cpu, TaskSwitch.Cause cause, int selector, Optional<Delivery> during) {}
}
