package ringside.monitor.hvm;

import java.util.Arrays;
import java.util.Optional;
import ringside.bus.DirectMemory;
import ringside.cpu.Cpu;
import ringside.cpu.CpuModel;
import ringside.cpu.Fault;
import ringside.cpu.Svm;
import ringside.cpu.Virtualization;
import ringside.cpu.Vmx;
import ringside.machine.Machine;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.monitor.Options;
import ringside.probe.Probe;

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

    /** The last leaf that there is: Xen's toolstack may limit them. */
    private static final CpuModel.Leaf NAME =
            new CpuModel.Leaf(HYPERCALL_PAGES, 0x566E_6558, 0x6558_4D4D, 0x4D4D_566E); // "XenVMMXenVMM"

    /** Its base is that of the leaves, by custom. */
    private static final int FILL_PAGE = 0x4000_0000;

    private static final int STUB = 32;
    private static final int IRET = 23;

    private final DirectMemory memory;
    private final Options.Virtualization instruction;
    private final DomainCalls calls;

    private final Svm vmmcall = new Svm() {
        @Override
        public void call(Cpu cpu) {
            calls.perform(cpu);
        }
    };

    private final Vmx vmcall = new Vmx() {
        @Override
        public void requireCall(Cpu cpu) {}

        @Override
        public void call(Cpu cpu) {
            calls.perform(cpu);
        }
    };

    /** @param instruction whose of the vendors' instructions calls: the other's does not exist here */
    XenInterface(Machine machine, Options.Virtualization instruction, Probe probe) {
        this.instruction = instruction;
        memory = new DirectMemory(machine.ram(), machine.config().memory());
        calls = new DomainCalls(memory, machine.serial(), probe);
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
    public CpuModel.Leaf identify(int leaf, CpuModel.Leaf plain) {
        return switch (leaf) {
            case BASIC_FEATURES ->
                new CpuModel.Leaf(plain.eax(), plain.ebx(), plain.ecx() | HYPERVISOR_PRESENT, plain.edx());
            case SIGNATURE -> NAME;
            case VERSION -> new CpuModel.Leaf(DomainCalls.RELEASE, 0, 0, 0);
            case HYPERCALL_PAGES -> new CpuModel.Leaf(1, FILL_PAGE, 0, 0);
            default -> plain;
        };
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
        if (number != FILL_PAGE || page != value || !memory.holds(page, Ram.FRAME_SIZE)) {
            throw Fault.generalProtection(0);
        }
        memory.load(page, page());
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

    /** How the domain has shut itself down. */
    Optional<Ending> ending() {
        return calls.ending();
    }

    void restore(Optional<Ending> ending) {
        calls.restore(ending);
    }
}
