package ringside.cpu.vmx;

import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/**
 * Physical memory as a guest reaches it behind EPT, with the page that stands for its local APIC: an access there leaves the guest, or is one
 * to VTPR (SDM 3C, Virtualizing Memory-Mapped APIC Accesses).
 */
final class ApicAccessPage implements PhysicalMemory {
    // Exit qualification, access type.
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int FETCH = 2;
    static final int IN_DELIVERY = 3;
    static final int GUEST_PHYSICAL_IN_DELIVERY = 10;
    static final int GUEST_PHYSICAL = 15;

    private static final int TYPE_SHIFT = 12;

    /** VTPR has four bytes. */
    private static final int SIZE = 4;

    private final Vmcs vmcs;
    private final VirtualApic apic;
    private final PhysicalMemory host;

    ApicAccessPage(Vmcs vmcs, VirtualApic apic, PhysicalMemory host) {
        this.vmcs = vmcs;
        this.apic = apic;
        this.host = host;
    }

    @Override
    public Ram ram() {
        return host.ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        if (!apic.isAccessPage(physical)) {
            return host.frame(physical, use, linear);
        }
        return switch (use) {
            case READ, WRITE -> {
                require(isPriority(physical, 1), physical, use == Use.READ ? READ : WRITE);
                yield NONE;
            }
            case FETCH -> throw exit(physical, FETCH);
            case WALK_READ, WALK_WRITE, POINTERS -> {
                // SDM 3C, Physical Accesses to the APIC-Access Page: without EPT they may leave, or reach the memory.
                require(!vmcs.secondary(Vmcs.ENABLE_EPT), physical, GUEST_PHYSICAL);
                yield host.frame(physical, use, linear);
            }
        };
    }

    @Override
    public long readOutside(long physical, int size) {
        if (!apic.isAccessPage(physical)) {
            return host.readOutside(physical, size);
        }
        require(isPriority(physical, size), physical, READ);
        return apic.read((int) physical & SIZE - 1, size);
    }

    /** SDM 3C, Determining Whether a Write Access is Virtualized: only where it begins with the first byte of VTPR. */
    @Override
    public void writeOutside(long physical, int size, long value) {
        if (!apic.isAccessPage(physical)) {
            host.writeOutside(physical, size, value);
            return;
        }
        require(isPriority(physical, size) && (physical & SIZE - 1) == 0, physical, WRITE);
        apic.write(value);
    }

    /** Is the whole access one to VTPR? */
    private boolean isPriority(long physical, int size) {
        int offset = (int) physical & Ram.OFFSET;
        return apic.isShadowed()
                && offset >= VirtualApic.TASK_PRIORITY
                && offset + size <= VirtualApic.TASK_PRIORITY + SIZE;
    }

    private static void require(boolean virtualized, long physical, int type) {
        if (!virtualized) {
            throw exit(physical, type);
        }
    }

    private static VmExit exit(long physical, int type) {
        return VmExit.of(ExitReason.APIC_ACCESS, physical & Ram.OFFSET | (long) type << TYPE_SHIFT);
    }
}
