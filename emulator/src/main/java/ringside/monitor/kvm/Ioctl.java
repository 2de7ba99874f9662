package ringside.monitor.kvm;

/** The ioctl calls that the user-space monitor makes, with their request numbers: KVM API documentation; linux/kvm.h. */
public enum Ioctl {
    KVM_GET_API_VERSION(0xAE00),
    KVM_CREATE_VM(0xAE01),
    KVM_CHECK_EXTENSION(0xAE03),
    KVM_GET_VCPU_MMAP_SIZE(0xAE04),
    KVM_CREATE_VCPU(0xAE41),
    KVM_SET_USER_MEMORY_REGION(0x4020_AE46),
    KVM_SET_TSS_ADDR(0xAE47),
    KVM_SET_IDENTITY_MAP_ADDR(0x4008_AE48),
    KVM_CREATE_IRQCHIP(0xAE60),
    KVM_CREATE_PIT2(0x4040_AE77),
    KVM_IOEVENTFD(0x4040_AE79),
    KVM_ENABLE_CAP(0x4068_AEA3),
    KVM_RUN(0xAE80),
    KVM_SET_REGS(0x4090_AE82),
    KVM_SET_SREGS(0x4138_AE84),
    KVM_INTERRUPT(0x4004_AE86),
    KVM_NMI(0xAE9A),
    KVM_SET_VCPU_EVENTS(0x4040_AEA0),
    KVM_IRQ_LINE(0x4008_AE61),
    KVM_SIGNAL_MSI(0x4020_AEA5),
    KVM_SET_CPUID2(0x4008_AE90);

    private final int request;

    Ioctl(int request) {
        this.request = request;
    }

    /** The request number: direction, size of the argument, AEH, number. */
    public int request() {
        return request;
    }
}
