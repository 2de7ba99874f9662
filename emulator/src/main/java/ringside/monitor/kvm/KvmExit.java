package ringside.monitor.kvm;

/** Why KVM_RUN returned: linux/kvm.h, KVM_EXIT_*. */
public enum KvmExit {
    KVM_EXIT_IO(2),
    KVM_EXIT_HLT(5),
    KVM_EXIT_MMIO(6),
    KVM_EXIT_IRQ_WINDOW_OPEN(7),
    KVM_EXIT_SHUTDOWN(8),
    KVM_EXIT_INTR(10),
    KVM_EXIT_SET_TPR(11),
    KVM_EXIT_IOAPIC_EOI(26);

    private final int number;

    KvmExit(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }
}
