package ringside.monitor.kvm;

import ringside.device.IoApic;
import ringside.device.LocalApic;
import ringside.machine.Machine;
import ringside.monitor.Options.Irqchip;

/**
 * Which of the machine's interrupt controllers are in the kernel and which in user space. KVM_CREATE_IRQCHIP brings the 8259As, the I/O APIC
 * and the local APIC into the kernel, KVM_CAP_SPLIT_IRQCHIP the local APIC alone.
 */
final class InterruptChips {
    private final Machine machine;
    private final LocalApic local;
    private final Irqchip irqchip;

    InterruptChips(Machine machine, Irqchip irqchip) {
        this.machine = machine;
        this.local = machine.localApic();
        this.irqchip = irqchip;
    }

    boolean isLocalApicInKernel() {
        return irqchip != Irqchip.USER;
    }

    /** Is the deadline that comes next one of a device in user space? */
    boolean isNextForUserSpace() {
        return switch (irqchip) {
            case USER -> true;
            case SPLIT -> local.timerAlarm() != machine.schedule().next();
            case KERNEL -> false;
        };
    }

    /** Does a controller in the kernel answer at this guest-physical address? */
    boolean isInKernel(long physical) {
        boolean inLocal = Long.compareUnsigned(physical - local.place(), LocalApic.SIZE) < 0;
        boolean inOther = Long.compareUnsigned(physical - IoApic.ADDRESS, IoApic.SIZE) < 0;
        return switch (irqchip) {
            case USER -> false;
            case SPLIT -> inLocal;
            case KERNEL -> inLocal || inOther;
        };
    }

    /**
     * Has user space, whose local APIC it is, an NMI or INIT?
     *
     * @param told whether the kernel knows of the NMI
     */
    boolean userHasUnmaskable(boolean told) {
        return !isLocalApicInKernel() && (local.nonMaskable() && !told || local.initialization());
    }

    /** The local APIC, whoever has it. */
    LocalApic local() {
        return local;
    }

    /** Has user space an interrupt for KVM_INTERRUPT? */
    boolean userRequests() {
        return switch (irqchip) {
            case USER -> local.pending();
            case SPLIT -> machine.pic().pending() && local.passesExternal();
            case KERNEL -> false;
        };
    }

    /** User space takes that interrupt from its controllers. @return its vector */
    int acknowledgeByUser() {
        return switch (irqchip) {
            case USER -> local.acknowledge();
            case SPLIT -> machine.pic().acknowledge();
            case KERNEL -> throw new IllegalStateException("user space has no interrupt controller");
        };
    }

    /** Has the kernel an interrupt to inject? In a split one the local APIC's own waits until the 8259As' in user space are through. */
    boolean kernelRequests() {
        return switch (irqchip) {
            case USER -> false;
            case SPLIT -> local.requestsItself() && !userRequests();
            case KERNEL -> local.pending();
        };
    }

    /** The kernel takes that interrupt from its controllers. @return its vector */
    int acknowledgeByKernel() {
        return local.acknowledge();
    }
}
