package ringside.monitor.kvm;

import java.util.Optional;

/** What user space needs of KVM: its ioctl calls as methods. */
interface KvmApi {
    /** The leaves of CPUID, beside the processor's own, that KVM_SET_CPUID2 is given. */
    String leaves();

    /** The pages that kernel and user space share for this virtual processor. */
    KvmRun shared();

    /**
     * KVM_RUN: completes what user space was asked for, then runs the guest.
     *
     * @param until guest time at which the lab wants to look; the call is not over then, and goes on when this is called again
     * @return why the call returned; empty where it has not
     */
    Optional<KvmExit> run(long until);

    /** KVM_IOEVENTFD: from now on, or no longer, a write is an event. */
    void ioEvent(IoEvent event, boolean assign);

    /** KVM_INTERRUPT: queues an external interrupt; allowed where {@link KvmRun#readyForInterruptInjection}. */
    void interrupt(int vector);

    /** KVM_NMI: queues an NMI; one that is queued already stays the only one. */
    void nonMaskable();

    /** Is one queued? */
    boolean hasNonMaskable();

    /** What user space does to the processor's registers by KVM_SET_REGS, KVM_SET_SREGS and KVM_SET_VCPU_EVENTS where it is initialized (INIT). */
    void initialize();
}
