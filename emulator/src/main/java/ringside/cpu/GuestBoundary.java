package ringside.cpu;

import ringside.bus.InterruptController;

/**
 * The boundary of a processor whose guest takes its own events: debug traps, NMI, interrupts, instruction breakpoints, in the order of SDM
 * 3A, Priority Among Concurrent Events.
 *
 * <p>What raises INTR tells the processor to {@link Cpu#attend}.
 */
public final class GuestBoundary implements Boundary {
    private final InterruptController controller;
    private boolean nonMaskable;

    public GuestBoundary(InterruptController controller) {
        this.controller = controller;
    }

    /** The NMI pin has an edge: the processor remembers one. Whoever calls tells it to attend. */
    public void raiseNonMaskable() {
        nonMaskable = true;
    }

    @Override
    public boolean cross(Cpu cpu) {
        SystemState system = cpu.system;
        boolean shadowed = system.shadowed(cpu.clock.now());
        if (shadowed && system.shadow == SystemState.Shadow.MOV_SS) {
            // SDM 3A, Masking Exceptions and Interrupts When Switching Stacks: nothing comes between MOV SS and MOV
            // ESP.
            return false;
        }
        if (system.pendingDebug != 0) {
            cpu.events().fault(cpu, Fault.debug());
            return true;
        }
        if (nonMaskable && !system.nmiBlocked) {
            nonMaskable = false;
            cpu.events().nonMaskable(cpu);
            return true;
        }
        if (!shadowed && system.interruptFlag() && controller.pending()) {
            cpu.events().external(cpu, controller.acknowledge());
            return true;
        }
        long breakpoints = cpu.instructionBreakpoints();
        if (breakpoints != 0) {
            system.pendingDebug |= breakpoints;
            cpu.events().fault(cpu, Fault.debug());
            return true;
        }
        return false;
    }

    @Override
    public boolean isWaiting(Cpu cpu) {
        return nonMaskable && !cpu.system.nmiBlocked
                || cpu.system.interruptFlag() && controller.pending()
                || cpu.hasInstructionBreakpoints();
    }

    /** Would an event end HLT now? */
    public boolean wakes(Cpu cpu) {
        SystemState system = cpu.system;
        return system.pendingDebug != 0
                || nonMaskable && !system.nmiBlocked
                || system.interruptFlag() && controller.pending();
    }

    /** Is an NMI remembered? */
    public record State(boolean nonMaskable) {}

    public State save() {
        return new State(nonMaskable);
    }

    public void restore(State state) {
        nonMaskable = state.nonMaskable;
    }
}
