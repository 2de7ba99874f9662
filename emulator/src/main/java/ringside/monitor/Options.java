package ringside.monitor;

import ringside.machine.MachineConfig;

/**
 * What can be chosen about a run beside its mode.
 *
 * @param memory guest RAM in bytes; see {@link MachineConfig}
 * @param irqchip who has the interrupt controllers and timer in mode kvm
 */
public record Options(long memory, Irqchip irqchip) {
    /** Where KVM's interrupt controllers live. */
    public enum Irqchip {
        /** PIC, PIT and HLT are the user-space monitor's. */
        USER,
        /** KVM_CREATE_IRQCHIP and KVM_CREATE_PIT2: the kernel has them. */
        KERNEL,
        /** The local APIC (and so HLT) is the kernel's, PIC and PIT are user space's. */
        SPLIT
    }

    public static final Options DEFAULT = new Options(MachineConfig.DEFAULT_MEMORY, Irqchip.USER);

    public Options withMemory(long bytes) {
        return new Options(bytes, irqchip);
    }

    public Options withIrqchip(Irqchip choice) {
        return new Options(memory, choice);
    }
}
