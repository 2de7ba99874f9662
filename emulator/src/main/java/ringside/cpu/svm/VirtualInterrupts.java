package ringside.cpu.svm;

import static ringside.cpu.svm.VmcbField.V_INTR;
import static ringside.cpu.svm.VmcbField.V_INTR_VECTOR;

import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Shadow;

/**
 * Between two instructions in guest mode: debug exceptions, and the virtual interrupt (APM 2, Injecting Virtual (INTR) Interrupts), which is delivered when the
 * guest takes interrupts, or whose intercept tells the monitor that it does. Physical interrupts are not asked for here: whoever runs the
 * guest ends its run when they come.
 */
final class VirtualInterrupts implements Boundary {
    private final CurrentGuest guest;

    VirtualInterrupts(CurrentGuest guest) {
        this.guest = guest;
    }

    @Override
    public boolean cross(Cpu cpu) {
        SystemState s = cpu.system;
        boolean shadowed = s.shadowed(cpu.clock.now());
        long breakpoints = cpu.instructionBreakpoints();
        if (breakpoints != 0) {
            s.pendingDebug |= breakpoints;
        }
        if (s.pendingDebug != 0 && !(shadowed && s.shadow == Shadow.MOV_SS)) {
            throw Fault.debug();
        }
        if (shadowed || !s.interruptFlag() || !isPending(s)) {
            return false;
        }
        Vmcb vmcb = guest.vmcb();
        if (vmcb.intercepts(ExitCode.VINTR)) {
            throw SvmExit.of(ExitCode.VINTR);
        }
        vmcb.set(V_INTR, Vmcb.V_IRQ, false);
        cpu.events().external(cpu, (int) vmcb.read(V_INTR_VECTOR));
        return true;
    }

    /** Its priority must be above the virtual task priority, unless that is ignored. With V_INTR_MASKING that is the guest's CR8. */
    private boolean isPending(SystemState s) {
        long control = guest.vmcb().read(V_INTR);
        long taskPriority = ((control & Vmcb.V_INTR_MASKING) != 0 ? s.cr8 : control) & Vmcb.V_TPR;
        long priority = (control & Vmcb.V_INTR_PRIO) >>> Vmcb.V_INTR_PRIO_SHIFT;
        boolean above = (control & Vmcb.V_IGN_TPR) != 0 || priority > taskPriority;
        return (control & Vmcb.V_IRQ) != 0 && above;
    }

    @Override
    public boolean isWaiting(Cpu cpu) {
        return cpu.hasInstructionBreakpoints() || cpu.system.interruptFlag() && isPending(cpu.system);
    }
}
