package ringside.monitor.hardware;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.monitor.PageWalk;

/**
 * How the guest's memory is virtualized: a choice of its own beside the vendor of the hardware. Either the processor walks the guest's tables
 * and then a second dimension of the monitor's, or it walks shadow tables of the monitor's alone.
 */
interface MemoryVirtualization {
    /** Before something is performed on the believed processor: does its TLB know what the guest's would? */
    void beforeEmulation();

    /**
     * The believed state has been read from the real processor: where control registers are not the guest's own, it believes in those that it
     * had.
     */
    void believe(SystemState believed, Control had);

    /**
     * The real state is a copy of the believed one: control registers become what the processor must really have.
     *
     * @param had what it had before
     */
    void disguise(SystemState real, Control had);

    /**
     * The guest is about to be entered: the tables are up to date, and the real registers lead to them.
     *
     * @return whether the processor must forget the guest's translations
     */
    boolean enter(SystemState real);

    /** Does the processor meet page faults that the guest's own tables know nothing of? */
    boolean interceptsPageFaults(SystemState believed);

    /**
     * A page fault has left the guest: fills in the page, where the guest's tables allow the access.
     *
     * @param access as in {@link ringside.mmu.Paging}
     * @return false where the instruction must be performed for the guest
     * @throws ringside.cpu.Fault #PF where they do not
     */
    boolean fill(long linear, int access);

    /** The second dimension lacked a page of the guest's RAM. */
    void map(int frame);

    /**
     * From now on a page of guest-physical memory leads to a frame of the host's that need not have the same number.
     *
     * @param writable may the guest write there?
     * @return false where there is no room for the tables that this takes: nothing has changed
     */
    boolean map(long page, int frame, boolean writable);

    /** From now on a page of guest-physical memory leads nowhere. */
    void unmap(long page);

    /** The guest has no RAM there: where the second dimension has a way to say so, later accesses are told apart. */
    void markOutside(long physical);

    /** Maps all of the guest's RAM beforehand, where pages are not the guest's own to ask for. */
    void mapAll();

    /**
     * How a linear address of the guest is translated.
     *
     * @param real the processor that runs the guest
     * @param access as in {@link ringside.monitor.Monitor#walks}
     * @param guestMode what the guest's physical addresses reach there
     */
    List<PageWalk> walks(long linear, int access, Cpu real, PageWalk.Nested guestMode);

    State save();

    void restore(State state);

    /** What is not in RAM. */
    interface State {}

    /** Control registers that a guest believes in. */
    record Control(long cr0, long cr3, long cr4, long efer, long pdpte0, long pdpte1, long pdpte2, long pdpte3) {
        static Control of(SystemState s) {
            return new Control(s.cr0, s.cr3, s.cr4, s.efer, s.pdpte[0], s.pdpte[1], s.pdpte[2], s.pdpte[3]);
        }

        /** What says where the guest's tables are, and how they are read. */
        void putTables(SystemState s) {
            s.cr3 = cr3;
            s.efer = efer;
            s.pdpte[0] = pdpte0;
            s.pdpte[1] = pdpte1;
            s.pdpte[2] = pdpte2;
            s.pdpte[3] = pdpte3;
        }
    }
}
