package ringside.monitor.kvm;

import ringside.bus.InterruptController;

/** The NMI that user space has asked for by KVM_NMI, while the local APIC is user space's: it is remembered until the guest takes it. */
final class NonMaskableQueue implements InterruptController {
    private final InterruptController processor;
    private boolean raised;

    /** @param processor which of its requests the guest's processor has not taken, whoever keeps them for it */
    NonMaskableQueue(InterruptController processor) {
        this.processor = processor;
    }

    void raise() {
        raised = true;
    }

    boolean isRaised() {
        return raised;
    }

    @Override
    public boolean nonMaskable() {
        return raised;
    }

    @Override
    public void takeNonMaskable() {
        raised = false;
        processor.takeNonMaskable();
    }

    @Override
    public boolean pending() {
        return false;
    }

    @Override
    public int acknowledge() {
        throw new IllegalStateException("interrupts come by KVM_INTERRUPT");
    }

    @Override
    public void onChange(Runnable listener) {}

    void restore(boolean wasRaised) {
        raised = wasRaised;
    }
}
