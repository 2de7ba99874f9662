package ringside.cpu.vmx;

import ringside.bus.InterruptController;
import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.Delivery;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.SystemState.Shadow;

/**
 * Between two instructions in VMX non-root operation: the TPR threshold, INIT, monitor trap flag, debug exceptions, preemption timer, windows, NMIs, external
 * interrupts, in the order of SDM 3C, Other Causes of VM Exits, and VM-Exit Priorities there.
 *
 * <p>A monitor whose processor meets physical interrupts elsewhere gives it no controller.
 */
final class NonRootBoundary implements Boundary {
    private final Vmcs vmcs;
    private final VirtualApic apic;
    private final InterruptController controller;

    /** With the monitor trap flag: is the next boundary the one that leaves? */
    private boolean trapping;

    /** Guest time at which the preemption timer runs out; meaningful only where it is activated. */
    private long expiry;

    NonRootBoundary(Vmcs vmcs, VirtualApic apic, InterruptController controller) {
        this.vmcs = vmcs;
        this.apic = apic;
        this.controller = controller;
    }

    /**
     * The guest has been entered.
     *
     * @param trap a monitor trap flag exit is pending: an event was injected, or this exit itself
     */
    void entered(Cpu cpu, boolean trap) {
        trapping = trap;
        apic.entered();
        // SDM 3C, VMX-Preemption Timer: it counts where bit TIMER_SHIFT of the time-stamp counter changes.
        long counted = timeStamp(cpu) >>> VmxCapabilities.TIMER_SHIFT;
        long end = counted + vmcs.read(VmcsField.GUEST_PREEMPTION_TIMER_VALUE) << VmxCapabilities.TIMER_SHIFT;
        expiry = vmcs.read(VmcsField.GUEST_PREEMPTION_TIMER_VALUE) == 0 ? cpu.clock.now() : end - cpu.system.tscAdjust;
    }

    /** What is left of the preemption timer. */
    long timerValue(Cpu cpu) {
        long left = expiry - cpu.clock.now();
        return left <= 0 ? 0 : (left + (1L << VmxCapabilities.TIMER_SHIFT) - 1) >>> VmxCapabilities.TIMER_SHIFT;
    }

    /** The processor's counter, without the guest's offset. */
    private static long timeStamp(Cpu cpu) {
        return cpu.clock.now() + cpu.system.tscAdjust;
    }

    @Override
    public boolean cross(Cpu cpu) {
        SystemState s = cpu.system;
        apic.complete();
        leaveForInitialization(cpu);
        if (trapping) {
            trapping = false;
            throw VmExit.of(ExitReason.MONITOR_TRAP_FLAG, 0);
        }
        trapping = vmcs.primary(Vmcs.MONITOR_TRAP_FLAG);
        boolean shadowed = s.shadowed(cpu.clock.now());
        boolean stackShadow = shadowed && s.shadow == Shadow.MOV_SS;
        if (s.pendingDebug != 0 && !stackShadow) {
            throw Fault.debug();
        }
        if (!shadowed) {
            leaveAboveNonMaskable(cpu);
            if (takesNonMaskable(cpu)) {
                controller.takeNonMaskable();
                cpu.events().nonMaskable(cpu);
                return true;
            }
            leaveBelowNonMaskable(cpu);
            if (deliversInterrupt(cpu)) {
                return true;
            }
        }
        long breakpoints = cpu.instructionBreakpoints();
        if (breakpoints != 0 && !stackShadow) {
            s.pendingDebug |= breakpoints;
            throw Fault.debug();
        }
        return false;
    }

    /**
     * The guest waits. What leaves it then leaves it in its wait: that becomes guest state.
     *
     * @return true where a debug exception or an NMI of the guest's own has ended the wait
     */
    boolean endsWait(Cpu cpu) {
        if (cpu.system.activity == Activity.HALTED) {
            apic.complete();
        }
        leaveForInitialization(cpu);
        if (trapping) {
            trapping = false;
            throw VmExit.of(ExitReason.MONITOR_TRAP_FLAG, 0);
        }
        if (cpu.system.pendingDebug != 0 && cpu.system.activity == Activity.HALTED) {
            cpu.system.activity = Activity.ACTIVE;
            cpu.attend();
            return true;
        }
        leaveAboveNonMaskable(cpu);
        if (takesNonMaskable(cpu)) {
            if (vmcs.pin(Vmcs.NMI_EXITING)) {
                controller.takeNonMaskable();
                cpu.events().nonMaskable(cpu);
            }
            cpu.system.activity = Activity.ACTIVE;
            cpu.attend();
            return true;
        }
        leaveBelowNonMaskable(cpu);
        return false;
    }

    private void leaveForInitialization(Cpu cpu) {
        if (controller.initialization()) {
            controller.takeInitialization();
            cpu.events().initialize(cpu);
        }
    }

    /** SDM 3C, Virtual NMIs: with that control it is not NMIs that are blocked. */
    boolean takesNonMaskable(Cpu cpu) {
        return controller.nonMaskable() && (vmcs.pin(Vmcs.VIRTUAL_NMIS) || !cpu.system.nmiBlocked);
    }

    // Exits that come of the boundary alone: also those of a guest that halts.

    private void leaveAboveNonMaskable(Cpu cpu) {
        SystemState s = cpu.system;
        if (vmcs.pin(Vmcs.ACTIVATE_PREEMPTION_TIMER) && cpu.clock.now() >= expiry) {
            throw VmExit.of(ExitReason.PREEMPTION_TIMER, 0);
        }
        if (vmcs.primary(Vmcs.NMI_WINDOW_EXITING) && !s.nmiBlocked) {
            throw VmExit.of(ExitReason.NMI_WINDOW, 0);
        }
    }

    private void leaveBelowNonMaskable(Cpu cpu) {
        SystemState s = cpu.system;
        if (vmcs.primary(Vmcs.INTERRUPT_WINDOW_EXITING) && s.interruptFlag()) {
            throw VmExit.of(ExitReason.INTERRUPT_WINDOW, 0);
        }
        if (vmcs.pin(Vmcs.EXTERNAL_INTERRUPT_EXITING) && controller.pending()) {
            boolean acknowledges = vmcs.atExit(Vmcs.ACKNOWLEDGE_INTERRUPT);
            throw VmExit.acknowledged(acknowledges ? external(controller.acknowledge()) : 0);
        }
    }

    private static long external(int vector) {
        return vector | (long) Delivery.Kind.EXTERNAL_INTERRUPT.type() << 8 | Vmcs.VALID;
    }

    private boolean deliversInterrupt(Cpu cpu) {
        if (!cpu.system.interruptFlag() || !controller.pending()) {
            return false;
        }
        cpu.events().external(cpu, controller.acknowledge());
        return true;
    }

    @Override
    public boolean isWaiting(Cpu cpu) {
        return controller.initialization()
                || takesNonMaskable(cpu)
                || apic.hasAccessPage()
                || vmcs.primary(Vmcs.MONITOR_TRAP_FLAG)
                || vmcs.pin(Vmcs.ACTIVATE_PREEMPTION_TIMER)
                || cpu.hasInstructionBreakpoints()
                || vmcs.primary(Vmcs.NMI_WINDOW_EXITING) && !cpu.system.nmiBlocked
                || vmcs.primary(Vmcs.INTERRUPT_WINDOW_EXITING) && cpu.system.interruptFlag()
                || controller.pending() && (cpu.system.interruptFlag() || vmcs.pin(Vmcs.EXTERNAL_INTERRUPT_EXITING));
    }

    /** Guest time at which the preemption timer ends a halt, or {@link Long#MAX_VALUE}. */
    long deadline() {
        return vmcs.pin(Vmcs.ACTIVATE_PREEMPTION_TIMER) ? expiry : Long.MAX_VALUE;
    }

    /** What cannot be seen from the VMCS. */
    record State(boolean trapping, long expiry, boolean priorityWritten) {}

    State save() {
        return new State(trapping, expiry, apic.save());
    }

    void restore(State state) {
        trapping = state.trapping;
        expiry = state.expiry;
        apic.restore(state.priorityWritten);
    }
}
