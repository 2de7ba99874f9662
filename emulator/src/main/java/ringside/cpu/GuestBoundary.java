package ringside.cpu;

import ringside.bus.InterruptController;

/**
 * The boundary of a processor whose guest takes its own events: INIT, debug traps, NMI, interrupts, instruction breakpoints, in the order of
 * SDM 3A, Priority Among Concurrent Events. STI holds NMIs off for an instruction too, as a processor may (SDM 3C, Checks on Guest
 * Non-Register State).
 *
 * <p>What raises INTR, or brings an NMI or INIT, tells the processor to {@link Cpu#attend}.
 */
public final class GuestBoundary implements Boundary {
    private final InterruptController controller;

    public GuestBoundary(InterruptController controller) {
        this.controller = controller;
    }

    @Override
    public boolean cross(Cpu cpu) {
        SystemState system = cpu.system;
        if (isInitialized(cpu)) {
            controller.takeInitialization();
            cpu.events().initialize(cpu);
            return true;
        }
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
        if (!shadowed && isInterruptedPastMask(cpu)) {
            controller.takeNonMaskable();
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

    private boolean isInitialized(Cpu cpu) {
        return controller.initialization() && cpu.virtualization().takesInitialization(cpu);
    }

    private boolean isInterruptedPastMask(Cpu cpu) {
        return controller.nonMaskable() && cpu.virtualization().takesNonMaskable(cpu);
    }

    @Override
    public boolean isWaiting(Cpu cpu) {
        return isInitialized(cpu)
                || isInterruptedPastMask(cpu)
                || cpu.system.interruptFlag() && controller.pending()
                || cpu.hasInstructionBreakpoints();
    }
}
