package ringside.monitor.hardware;

import static ringside.cpu.SystemState.*;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.cpu.vmx.Vmcs;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.monitor.PageWalk;

/**
 * EPT of before unrestricted guests: without paging of its own, the guest runs over a page directory of the monitor's, as in KVM
 * (KVM_SET_IDENTITY_MAP_ADDR), which maps every address to itself by pages of 4 MiB. Once the guest turns paging on, its tables are its
 * own.
 *
 * <p>Directory and TSS lie in guest-physical memory where no RAM is. The last 4 MiB, where they are, can be reached only while the TSS is
 * needed, and then by the processor alone; else an access there leaves.
 */
final class IdentityMappedMemory implements MemoryVirtualization {
    /** KVM's usual place. */
    static final long ADDRESS = 0xFFFB_C000L;

    private static final int ENTRIES = 1024;
    private static final int LAST = ENTRIES - 1;
    private static final int SUPERVISOR =
            Paging.PRESENT | Paging.WRITABLE | Paging.ACCESSED | Paging.DIRTY | Paging.LARGE;

    private final NestedMemory nested;
    private final Vmcs vmcs;
    private final Ram ram;
    private final int directory;

    /** The way to the TSS has been opened or closed since the last entry. */
    private boolean changed;

    /** @param directory frame of the page directory, which EPT maps at {@link #ADDRESS} */
    IdentityMappedMemory(NestedMemory nested, Vmcs vmcs, Ram ram, int directory) {
        this.nested = nested;
        this.vmcs = vmcs;
        this.ram = ram;
        this.directory = directory;
        for (int i = 0; i < LAST; i++) {
            write(i, (long) i << 22 | SUPERVISOR | Paging.USER);
        }
    }

    private void write(int entry, long value) {
        ram.write(((long) directory << 12) + entry * 4L, 4, value);
    }

    private static boolean isUnpaged(long cr0) {
        return (cr0 & PAGING) == 0;
    }

    @Override
    public void beforeEmulation() {
        nested.beforeEmulation();
    }

    @Override
    public void believe(SystemState believed, Control had) {
        if (isUnpaged(had.cr0())) {
            had.putTables(believed);
        }
    }

    @Override
    public void disguise(SystemState real, Control had) {
        boolean unpaged = isUnpaged(real.cr0);
        boolean realMode = !real.protectedMode();
        VtXControls.exitForRoots(vmcs, unpaged);
        long way = unpaged && realMode ? (long) LAST << 22 | SUPERVISOR : 0;
        changed |= ram.read(((long) directory << 12) + LAST * 4L, 4) != way;
        write(LAST, way);
        if (unpaged) {
            real.cr0 |= PAGING;
            real.cr3 = ADDRESS;
            real.cr4 = real.cr4 & ~(PHYSICAL_ADDRESS_EXTENSION | SMEP) | PAGE_SIZE_EXTENSIONS;
            real.efer &= ~LONG_MODE_ENABLE;
        }
    }

    @Override
    public boolean enter(SystemState real) {
        boolean was = changed;
        changed = false;
        return was;
    }

    @Override
    public boolean interceptsPageFaults(SystemState believed) {
        return isUnpaged(believed.cr0);
    }

    /** Where the directory has nothing is no RAM. */
    @Override
    public boolean fill(long linear, int access) {
        return false;
    }

    @Override
    public void map(int frame) {
        nested.map(frame);
    }

    @Override
    public boolean map(long page, int frame, boolean writable) {
        return nested.map(page, frame, writable);
    }

    @Override
    public void unmap(long page) {
        nested.unmap(page);
    }

    @Override
    public void markOutside(long physical) {
        nested.markOutside(physical);
    }

    @Override
    public void mapAll() {
        nested.mapAll();
    }

    @Override
    public List<PageWalk> walks(long linear, int access, Cpu real, PageWalk.Nested guestMode) {
        return nested.walks(linear, access, real, guestMode);
    }

    private record Saved(State nested, boolean changed) implements State {}

    @Override
    public State save() {
        return new Saved(nested.save(), changed);
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        nested.restore(saved.nested);
        changed = saved.changed;
    }
}
