package ringside.monitor.hardware;

import ringside.cpu.Fault;
import ringside.cpu.SystemState.Activity;
import ringside.cpu.svm.ExitCode;
import ringside.cpu.svm.SvmExit;
import ringside.memory.PhysicalMemory;
import ringside.memory.PhysicalMemory.Use;
import ringside.mmu.Paging;
import ringside.probe.Actor;
import ringside.probe.Deed;

/**
 * What a monitor does about a #VMEXIT, by its code: most are emulated by performing the instruction on the processor that the guest
 * believes in.
 */
final class AmdVAnswers {
    private final AmdVProcessor vcpu;
    private final Actor monitor;

    AmdVAnswers(AmdVProcessor vcpu, Actor monitor) {
        this.monitor = monitor;
        this.vcpu = vcpu;
    }

    /** Answers the exit, so that the guest can be entered again. */
    void answer(SvmExit exit) {
        boolean debugRegister = exit.code() == ExitCode.DR_READ || exit.code() == ExitCode.DR_WRITE;
        // KVM lets a guest use its debug registers from the first access on, until the next exit.
        AmdVControls.interceptDebugRegisters(vcpu.vmcb(), !debugRegister);
        switch (exit.code()) {
            case CR_READ,
                    CR_WRITE,
                    CR0_SEL_WRITE,
                    IDTR_READ,
                    GDTR_READ,
                    LDTR_READ,
                    TR_READ,
                    IDTR_WRITE,
                    GDTR_WRITE,
                    LDTR_WRITE,
                    TR_WRITE,
                    RDTSC,
                    RDTSCP,
                    RDPMC,
                    PUSHF,
                    POPF,
                    CPUID,
                    IRET,
                    SWINT,
                    ICEBP,
                    INVD,
                    WBINVD,
                    PAUSE,
                    HLT,
                    INVLPG,
                    INVPCID,
                    IOIO,
                    MSR,
                    MONITOR,
                    MWAIT,
                    MWAIT_CONDITIONAL,
                    XSETBV,
                    RSM,
                    VMRUN,
                    VMMCALL,
                    VMLOAD,
                    VMSAVE,
                    STGI,
                    CLGI,
                    SKINIT,
                    INVLPGA -> vcpu.emulate();
            // The instruction runs again, now without the intercept.
            case DR_READ, DR_WRITE -> monitor.does(Deed.ALLOW_DEBUG_REGISTERS);
            case TASK_SWITCH -> {
                monitor.does(Deed.SWITCH_TASK);
                vcpu.performForGuest();
            }
            case EXCP -> answerException(exit);
            case NPF -> answerNested(exit);
            case SHUTDOWN -> {
                monitor.does(Deed.SHUT_DOWN);
                vcpu.copyGuestToBelieved();
                vcpu.believed().system.activity = Activity.SHUTDOWN;
            }
            case VINTR -> {
                monitor.does(Deed.CLOSE_INTERRUPT_WINDOW);
                vcpu.interruptWindow(false);
            }
            case INTR -> vcpu.redeliver();
            case NMI, SMI, INIT, FERR_FREEZE, INVALID ->
                throw new IllegalStateException("this machine has no " + exit.reason());
        }
    }

    private void answerException(SvmExit exit) {
        if (exit.index() == Fault.PAGE_FAULT) {
            vcpu.answerPageFault(exit);
        } else {
            vcpu.reflect(exit);
        }
    }

    /** RAM that was not mapped yet is mapped; elsewhere there is nothing, and whatever has led there is done for the guest. */
    private void answerNested(SvmExit exit) {
        long physical = exit.info2();
        if (!isReadOnly(exit) && isRam(physical)) {
            monitor.does(Deed.MAP_PAGE, physical >>> 12);
            vcpu.memory().map((int) (physical >>> 12));
            vcpu.real().memory.forgetFrames();
            vcpu.redeliver();
        } else {
            vcpu.performForGuest();
        }
    }

    /** A write has found a page that may only be read. */
    private boolean isReadOnly(SvmExit exit) {
        boolean write = (exit.info1() & Paging.WRITABLE) != 0;
        return write
                && vcpu.believed().memory.physical().frame(exit.info2(), Use.WRITE, exit.info2())
                        == PhysicalMemory.NONE;
    }

    boolean isRam(long physical) {
        return vcpu.believed().memory.physical().frame(physical, Use.READ, physical) != PhysicalMemory.NONE;
    }
}
