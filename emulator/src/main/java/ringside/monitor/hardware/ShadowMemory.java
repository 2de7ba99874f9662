package ringside.monitor.hardware;

import java.util.List;
import java.util.Map;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.memory.Ram;
import ringside.monitor.PageWalk;
import ringside.monitor.shadow.ShadowPaging;
import ringside.monitor.shadow.View;

/**
 * Memory of one dimension: the processor always has paging on, over shadow tables in PAE's format or that of four levels, and each page fault
 * leaves the guest. As in KVM: write protection and execute-disable are in force whatever the guest has.
 */
final class ShadowMemory implements MemoryVirtualization {
    /** Frames for shadow tables: 8 MiB. */
    static final int FRAMES = 2048;

    private final ShadowPaging tables;
    private final Cpu believed;
    private final Views views;

    /** How the processor walks the tables for a guest in a state. */
    @FunctionalInterface
    interface Views {
        View of(SystemState believed);
    }

    ShadowMemory(Ram ram, int firstFrame, int guestFrames, Cpu believed) {
        this(
                new ShadowPaging(ram, firstFrame, firstFrame + FRAMES, guestFrames, believed, Map.of()),
                believed,
                guest -> guest.longMode() ? View.LONG : View.LEGACY);
    }

    ShadowMemory(ShadowPaging tables, Cpu believed, Views views) {
        this.tables = tables;
        this.believed = believed;
        this.views = views;
    }

    /** Its TLB is the guest's: the real one holds nothing but shadow entries. */
    @Override
    public void beforeEmulation() {}

    @Override
    public void believe(SystemState state, Control had) {
        had.putTables(state);
    }

    @Override
    public void disguise(SystemState real, Control had) {
        boolean paging = (real.cr0 & SystemState.PAGING) != 0;
        real.cr0 |= SystemState.PAGING | SystemState.WRITE_PROTECT;
        real.cr4 |= SystemState.PHYSICAL_ADDRESS_EXTENSION;
        real.efer |= SystemState.NO_EXECUTE_ENABLE;
        if (!paging) {
            // All pages are user pages then.
            real.cr4 &= ~SystemState.SMEP;
        }
        if (!real.longMode()) {
            real.efer &= ~SystemState.LONG_MODE_ENABLE;
        }
        real.cr3 = had.cr3();
    }

    @Override
    public boolean enter(SystemState real) {
        View view = views.of(believed.system);
        long root = tables.root(view);
        boolean moved = real.cr3 != root;
        real.cr3 = root;
        for (int i = 0; i < 4; i++) {
            real.pdpte[i] = real.longMode() ? 0 : tables.pointer(i);
        }
        return tables.takeChanged() || moved;
    }

    @Override
    public boolean interceptsPageFaults(SystemState guest) {
        return true;
    }

    @Override
    public boolean fill(long linear, int access) {
        return tables.fill(views.of(believed.system), linear, access);
    }

    @Override
    public void map(int frame) {
        throw new IllegalStateException("there is no second dimension that could lack a page");
    }

    /** What leads elsewhere, or may only be read, is never filled in: each access is performed for the guest. */
    @Override
    public boolean map(long page, int frame, boolean writable) {
        tables.withdraw(page, page != frame || !writable);
        return true;
    }

    @Override
    public void unmap(long page) {
        tables.withdraw(page, true);
    }

    @Override
    public void markOutside(long physical) {
        // What is not RAM is never filled in.
    }

    @Override
    public void mapAll() {
        // Shadow tables fill at first use.
    }

    @Override
    public List<PageWalk> walks(long linear, int access, Cpu real, PageWalk.Nested guestMode) {
        return List.of(
                PageWalk.of(PageWalk.Tables.GUEST, believed, linear, access),
                PageWalk.of(PageWalk.Tables.SHADOW, real, linear, access));
    }

    private record Saved(ShadowPaging.State tables) implements State {}

    @Override
    public State save() {
        return new Saved(tables.save());
    }

    @Override
    public void restore(State state) {
        tables.restore(((Saved) state).tables);
    }
}
