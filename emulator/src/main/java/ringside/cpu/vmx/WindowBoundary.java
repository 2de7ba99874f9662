package ringside.cpu.vmx;

import static ringside.cpu.vmx.VmcsField.PROCESSOR_BASED_VMEXEC_CONTROLS;

import ringside.cpu.Boundary;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.SystemState;
import ringside.cpu.SystemState.Shadow;

/**
 * Between two instructions in VMX non-root operation: debug exceptions, and the interrupt window. Physical interrupts are not asked for
 * here: with external-interrupt exiting they end the guest's run whenever they come.
 */
final class WindowBoundary implements Boundary {
    private final Vmcs vmcs;

    WindowBoundary(Vmcs vmcs) {
        this.vmcs = vmcs;
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
        if (wantsWindow() && s.interruptFlag() && !shadowed) {
            throw VmExit.of(ExitReason.INTERRUPT_WINDOW, 0);
        }
        return false;
    }

    @Override
    public boolean isWaiting(Cpu cpu) {
        return cpu.hasInstructionBreakpoints() || wantsWindow() && cpu.system.interruptFlag();
    }

    private boolean wantsWindow() {
        return vmcs.has(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.INTERRUPT_WINDOW_EXITING);
    }
}
