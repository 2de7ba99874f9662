package ringside.monitor.hardware;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.monitor.PageWalk;

/** Memory of two dimensions: the guest's tables are its own, and lead to guest-physical addresses that the monitor's tables translate. */
final class NestedMemory implements MemoryVirtualization {
    /** The second dimension, in the vendor's format. */
    interface Tables {
        /**
         * Maps one page, with all rights, or all but that to write.
         *
         * @return false where no frame is left for a table that this takes
         */
        boolean map(long page, int frame, boolean writable);

        /** Takes a page away. */
        void unmap(long page);

        /** There is no RAM at this guest-physical address. */
        void markOutside(long physical);

        State save();

        void restore(State state);
    }

    private final Tables tables;
    private final int guestFrames;
    private final Cpu believed;

    NestedMemory(Tables tables, int guestFrames, Cpu believed) {
        this.tables = tables;
        this.guestFrames = guestFrames;
        this.believed = believed;
    }

    /** The guest's translations are in the real processor's TLB; what the other one knows may be old. */
    @Override
    public void beforeEmulation() {
        believed.memory.flush(true);
    }

    @Override
    public void believe(SystemState state, Control had) {
        // All of them are the guest's own.
    }

    @Override
    public void disguise(SystemState real, Control had) {
        // All of them are the guest's own.
    }

    @Override
    public boolean enter(SystemState real) {
        return false;
    }

    @Override
    public boolean interceptsPageFaults(SystemState guest) {
        return false;
    }

    @Override
    public boolean fill(long linear, int access) {
        throw new IllegalStateException("nobody has asked for the guest's page faults");
    }

    @Override
    public void map(int frame) {
        if (!tables.map(frame, frame, true)) {
            throw new IllegalStateException("no frame left for nested page tables");
        }
    }

    @Override
    public boolean map(long page, int frame, boolean writable) {
        return tables.map(page, frame, writable);
    }

    @Override
    public void unmap(long page) {
        tables.unmap(page);
    }

    @Override
    public void markOutside(long physical) {
        tables.markOutside(physical);
    }

    @Override
    public void mapAll() {
        for (int frame = 0; frame < guestFrames; frame++) {
            map(frame);
        }
    }

    @Override
    public List<PageWalk> walks(long linear, int access, Cpu real, PageWalk.Nested guestMode) {
        Ram ram = real.memory.physical().ram();
        PhysicalMemory host = PhysicalMemory.direct(ram, ram.frames());
        return List.of(PageWalk.nested(real, believed.memory.paging(), linear, access, host, guestMode));
    }

    @Override
    public State save() {
        return tables.save();
    }

    @Override
    public void restore(State state) {
        tables.restore(state);
    }
}
