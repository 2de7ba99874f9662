package ringside.monitor.hardware;

import static ringside.cpu.vmx.VmcsField.*;

import ringside.cpu.SystemState.Activity;
import ringside.cpu.vmx.ExitReason;
import ringside.cpu.vmx.VmExit;
import ringside.cpu.vmx.Vmcs;
import ringside.memory.PhysicalMemory;
import ringside.memory.PhysicalMemory.Use;
import ringside.probe.Actor;
import ringside.probe.Deed;

/**
 * What a monitor does about an exit, by its reason: most are emulated by performing the instruction on the processor that the guest believes
 * in.
 */
final class VtXAnswers {
    /** SDM 3C, Exit Qualification for EPT Violations: the access was a write. */
    private static final int WRITE = 1 << 1;

    private final VtXProcessor vcpu;
    private final Actor monitor;

    VtXAnswers(VtXProcessor vcpu, Actor monitor) {
        this.monitor = monitor;
        this.vcpu = vcpu;
    }

    /** Answers the exit, so that the guest can be entered again. */
    void answer(VmExit exit) {
        rearmDebugExiting(exit);
        switch (exit.reason()) {
            case CPUID,
                    HLT,
                    INVD,
                    INVLPG,
                    RDPMC,
                    RDTSC,
                    CR_ACCESS,
                    IO_INSTRUCTION,
                    RDMSR,
                    WRMSR,
                    PAUSE,
                    WBINVD,
                    GDTR_IDTR_ACCESS,
                    LDTR_TR_ACCESS -> vcpu.emulate();
            case TASK_SWITCH -> {
                monitor.does(Deed.SWITCH_TASK);
                vcpu.switchTask();
            }
            case EXCEPTION_OR_NMI -> vcpu.answerException(exit);
            case EPT_VIOLATION, EPT_MISCONFIGURATION -> answerNested(exit);
            case TRIPLE_FAULT -> {
                monitor.does(Deed.SHUT_DOWN);
                vcpu.copyGuestToBelieved();
                vcpu.believed().system.activity = Activity.SHUTDOWN;
            }
            case INTERRUPT_WINDOW -> {
                monitor.does(Deed.CLOSE_INTERRUPT_WINDOW);
                vcpu.vmcs().set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.INTERRUPT_WINDOW_EXITING, false);
            }
            case MOV_DR -> {
                monitor.does(Deed.ALLOW_DEBUG_REGISTERS);
                vcpu.vmcs().set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.MOV_DR_EXITING, false);
            }
            case EXTERNAL_INTERRUPT -> vcpu.redeliver();
            case VMCALL,
                    VMCLEAR,
                    VMLAUNCH,
                    VMPTRLD,
                    VMPTRST,
                    VMREAD,
                    VMRESUME,
                    VMWRITE,
                    VMXOFF,
                    VMXON,
                    INVEPT,
                    INVVPID,
                    INVPCID,
                    RDTSCP,
                    MONITOR,
                    MWAIT,
                    RDRAND,
                    RDSEED,
                    XSETBV -> vcpu.emulate();
            case NMI_WINDOW -> vcpu.nonMaskableWindow(false);
            case INIT,
                    MONITOR_TRAP_FLAG,
                    PREEMPTION_TIMER,
                    TPR_BELOW_THRESHOLD,
                    APIC_ACCESS,
                    INVALID_GUEST_STATE,
                    MSR_LOADING ->
                throw new IllegalStateException("nobody has asked for an exit of reason " + exit.reason());
        }
    }

    /** KVM lets a guest use its debug registers from the first access on, until the next exit. */
    private void rearmDebugExiting(VmExit exit) {
        if (exit.reason() != ExitReason.MOV_DR) {
            vcpu.vmcs().set(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.MOV_DR_EXITING, true);
        }
    }

    /** RAM that was not mapped yet is mapped; elsewhere there is nothing, and whatever has led there is done for the guest. */
    private void answerNested(VmExit exit) {
        vcpu.blockAgain(exit);
        if (!isReadOnly(exit) && isRam(exit.physicalAddress())) {
            monitor.does(Deed.MAP_PAGE, exit.physicalAddress() >>> 12);
            vcpu.memory().map((int) (exit.physicalAddress() >>> 12));
            vcpu.real().memory.forgetFrames();
            vcpu.redeliver();
        } else {
            vcpu.performForGuest();
        }
    }

    /** A write has found a page that may only be read. */
    private boolean isReadOnly(VmExit exit) {
        long physical = exit.physicalAddress();
        boolean write = (exit.qualification() & WRITE) != 0;
        return write && vcpu.believed().memory.physical().frame(physical, Use.WRITE, physical) == PhysicalMemory.NONE;
    }

    /** Is there RAM at this guest-physical address? */
    boolean isRam(long physical) {
        return vcpu.believed().memory.physical().frame(physical, Use.READ, physical) != PhysicalMemory.NONE;
    }
}
