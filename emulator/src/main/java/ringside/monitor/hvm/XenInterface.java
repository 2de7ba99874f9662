package ringside.monitor.hvm;

import java.util.Arrays;
import ringside.cpu.Cpu;
import ringside.cpu.CpuModel;
import ringside.cpu.Fault;
import ringside.cpu.Svm;
import ringside.cpu.Virtualization;
import ringside.cpu.Vmx;
import ringside.memory.Ram;
import ringside.monitor.Options;
import ringside.monitor.paravirtual.HardwareDomain;

/**
 * What Xen offers to guests on virtualizing hardware that know it: leaves of CPUID that say so, a model-specific register by which it fills a page
 * with the ways into itself, and hypercalls (Xen, public header arch-x86/cpuid.h; docs/guest-guide/x86/hypercall-abi.rst).
 *
 * <p>It is a part of the processor that Xen emulates on: whatever of it the guest uses has left the guest already.
 */
final class XenInterface implements Virtualization {
    // Leaves of CPUID.
    private static final int BASIC_FEATURES = 1;
    private static final int HYPERVISOR_PRESENT = 1 << 31;
    private static final int SIGNATURE = 0x4000_0000;
    private static final int VERSION = 0x4000_0001;
    private static final int HYPERCALL_PAGES = 0x4000_0002;
    private static final int TIME = 0x4000_0003;
    private static final int HARDWARE_DOMAIN = 0x4000_0004;

    /** The last leaf that there is: XEN_CPUID_MAX_NUM_LEAVES. It is about domains without such hardware. */
    private static final int LAST = 0x4000_0005;

    /** Leaves up to here are the hypervisor's. */
    private static final int LEAVES = 0x100;

    private static final CpuModel.Leaf NAME =
            new CpuModel.Leaf(LAST, 0x566E_6558, 0x6558_4D4D, 0x4D4D_566E); // "XenVMMXenVMM"

    private static final CpuModel.Leaf EMPTY = new CpuModel.Leaf(0, 0, 0, 0);

    // The time leaf: the host's time stamps are safe to use, and it has RDTSCP. They count one a nanosecond, and are
    // not emulated.
    private static final int SAFE = 1 << 1;
    private static final int HAS_RDTSCP = 1 << 2;
    private static final int KILOHERTZ = 1_000_000;

    /** The same as a multiplication: (stamps << 1) * 2^31 >> 32. */
    private static final int MULTIPLIER = 1 << 31;

    private static final int SHIFT = 1;

    // XEN_HVM_CPUID_*.
    private static final int IOMMU_MAPPINGS = 1 << 2;
    private static final int VCPU_ID_PRESENT = 1 << 3;
    private static final int DOMID_PRESENT = 1 << 4;
    private static final int UPCALL_VECTOR = 1 << 6;

    /** Its base is that of the leaves, by custom. */
    private static final int FILL_PAGE = 0x4000_0000;

    private static final int STUB = 32;
    private static final int IRET = 23;

    private final HardwareDomain domain;
    private final Options.Virtualization instruction;

    private final Svm vmmcall = new Svm() {
        @Override
        public void call(Cpu cpu) {
            domain.call(cpu);
        }
    };

    private final Vmx vmcall = new Vmx() {
        @Override
        public void requireCall(Cpu cpu) {}

        @Override
        public void call(Cpu cpu) {
            domain.call(cpu);
        }
    };

    /** @param instruction whose of the vendors' instructions calls: the other's does not exist here */
    XenInterface(HardwareDomain domain, Options.Virtualization instruction) {
        this.domain = domain;
        this.instruction = instruction;
    }

    @Override
    public Svm svm() {
        return instruction == Options.Virtualization.AMD_V ? vmmcall : Svm.ABSENT;
    }

    @Override
    public Vmx vmx() {
        return instruction == Options.Virtualization.VT_X ? vmcall : Vmx.ABSENT;
    }

    @Override
    public boolean takesInterrupts(Cpu cpu) {
        return domain.takesInterrupts();
    }

    @Override
    public boolean endsWait(Cpu cpu) {
        return domain.endsWait();
    }

    @Override
    public CpuModel.Leaf identify(int leaf, int subLeaf, CpuModel.Leaf plain) {
        return switch (leaf) {
            case BASIC_FEATURES ->
                new CpuModel.Leaf(plain.eax(), plain.ebx(), plain.ecx() | HYPERVISOR_PRESENT, plain.edx());
            case SIGNATURE -> NAME;
            case VERSION -> new CpuModel.Leaf(HardwareDomain.RELEASE, 0, 0, 0);
            case HYPERCALL_PAGES -> new CpuModel.Leaf(1, FILL_PAGE, 0, 0);
            case TIME -> time(subLeaf);
            case HARDWARE_DOMAIN -> subLeaf == 0 ? features() : EMPTY;
            default -> Integer.compareUnsigned(leaf - SIGNATURE, LEAVES) < 0 ? EMPTY : plain;
        };
    }

    private static CpuModel.Leaf time(int subLeaf) {
        return switch (subLeaf) {
            case 0 -> new CpuModel.Leaf(SAFE | HAS_RDTSCP, 0, KILOHERTZ, 0);
            case 1 -> new CpuModel.Leaf(0, 0, MULTIPLIER, SHIFT);
            case 2 -> new CpuModel.Leaf(KILOHERTZ, 0, 0, 0);
            default -> EMPTY;
        };
    }

    private CpuModel.Leaf features() {
        int present = IOMMU_MAPPINGS | VCPU_ID_PRESENT | DOMID_PRESENT | UPCALL_VECTOR;
        return new CpuModel.Leaf(present, 0, domain.number(), 0);
    }

    @Override
    public long readMsr(int number) {
        if (number != FILL_PAGE) {
            throw Fault.generalProtection(0);
        }
        return 0;
    }

    /** The low bits say which of the pages; there is one. */
    @Override
    public void writeMsr(Cpu cpu, int number, long value) {
        long page = value & -Ram.FRAME_SIZE;
        if (number != FILL_PAGE || page != value || !domain.fill(page, page(), cpu.is64Bit())) {
            throw Fault.generalProtection(0);
        }
    }

    /** MOV EAX, number; VMCALL or VMMCALL; RET. IRET is no hypercall here: UD2. */
    private byte[] page() {
        byte[] page = new byte[Ram.FRAME_SIZE];
        Arrays.fill(page, (byte) 0xCC);
        int way = switch (instruction) {
            case VT_X -> 0xC1;
            case AMD_V -> 0xD9;
        };
        for (int number = 0; number < Ram.FRAME_SIZE / STUB; number++) {
            int[] code =
                    number == IRET ? new int[] {0x0F, 0x0B} : new int[] {0xB8, number, 0, 0, 0, 0x0F, 0x01, way, 0xC3};
            for (int i = 0; i < code.length; i++) {
                page[number * STUB + i] = (byte) code[i];
            }
        }
        return page;
    }
}
