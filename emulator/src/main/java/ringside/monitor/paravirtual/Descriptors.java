package ringside.monitor.paravirtual;

import java.util.OptionalLong;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/** Segment descriptors that a guest may have: none that would lead to Xen's ring (Xen, arch/x86/pv/descriptor-tables.c). */
final class Descriptors {
    private static final int DPL_SHIFT = 45;
    private static final long DPL = 3L << DPL_SHIFT;

    private Descriptors() {}

    /** The descriptor as the guest may have it; empty where it may not. */
    static OptionalLong checked(long descriptor, Abi abi) {
        if (!Descriptor.isPresent(descriptor)) {
            return OptionalLong.of(descriptor); // Using it faults.
        }
        if (Descriptor.isCodeOrData(descriptor)) {
            boolean is64Bit = (Descriptor.rights(descriptor) & SegmentRegister.LONG) != 0;
            if (is64Bit && Descriptor.isCode(descriptor) && !abi.is64()) {
                return OptionalLong.empty();
            }
            boolean inside = Descriptor.dpl(descriptor) < abi.ring();
            return OptionalLong.of(inside ? descriptor & ~DPL | (long) abi.ring() << DPL_SHIFT : descriptor);
        }
        return switch (Descriptor.type(descriptor)) {
            case 0 -> OptionalLong.of(descriptor);
            // DPL 0, so that using it faults and Xen sees it.
            case Descriptor.CALL_GATE_32 -> OptionalLong.of(descriptor & ~DPL);
            default -> OptionalLong.empty();
        };
    }
}
