package ringside.monitor.paravirtual;

import ringside.bus.PortBus;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.cpu.Gate;
import ringside.cpu.InterruptTable;
import ringside.cpu.Registers;
import ringside.cpu.StepCache;
import ringside.cpu.SystemState;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Paging;

/**
 * vm_assist writable_pagetables: a kernel that was not ported so far writes to its page tables as if they were memory. The store
 * faults, as they are mapped read-only, and Xen performs the instruction with one difference: what it would write there goes through the checks of
 * an update (Xen, arch/x86/pv/ro-page-fault.c). Of the last level only.
 */
final class WritableTables {
    private final Domain domain;
    private final Cpu real;
    private final Cpu writer;

    /** The page of the store, and the table behind it. */
    private long page;

    private int table;

    /** A store that Xen does not perform. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused() {
            super(null, null, false, false);
        }
    }

    WritableTables(Domain domain, StepCache code) {
        this.domain = domain;
        real = domain.cpu();
        writer = new Cpu(
                real.registers,
                new SystemState(),
                new Cpu.Parts(
                        new Guarded(),
                        new PortBus(),
                        real.clock,
                        code,
                        Gate.RINGS,
                        XenEntry.DEBUG_TRAPS,
                        new InterruptTable()));
    }

    /**
     * Performs the store that has met a page fault.
     *
     * @return false where it is none to a page table of the last level, or not a good one: nothing has happened then
     * @throws Fault another page fault of the instruction
     */
    boolean perform(Fault fault) {
        long address = domain.abi().isGuests(fault.address()) ? domain.lastEntry(fault.address()) : -1;
        long entry = address == -1 ? 0 : domain.ram().read(address, 8);
        if (!EntryRules.isPresent(entry) || EntryRules.isWritable(entry)) {
            return false;
        }
        table = EntryRules.frame(entry);
        page = fault.address() & -Ram.FRAME_SIZE;
        FrameTable frames = domain.frames();
        if (!frames.isDomains(table) || frames.type(table) != FrameType.L1 || frames.typeCount(table) == 0) {
            return false;
        }
        Registers.State before = real.registers.save();
        try {
            SystemState system = writer.system;
            system.restore(real.system.save());
            system.cpl = 0; // Read-only pages do not stop the store.
            system.cr0 &= ~SystemState.WRITE_PROTECT;
            system.dr7 = SystemState.DR7_FIXED;
            writer.memory.flush(true);
            writer.pagingChanged();
            writer.performOnly();
            return true;
        } catch (Refused refused) {
            real.registers.restore(before);
            return false;
        } catch (Fault other) {
            real.registers.restore(before);
            if (other.vector() == Fault.PAGE_FAULT) {
                throw other;
            }
            return false;
        }
    }

    private void store(long address, int size, long value) {
        if ((size & size - 1) != 0 || (address & size - 1) != 0) {
            throw new Refused();
        }
        long word = address & -8;
        int shift = (int) (address - word) * 8;
        long mask = size == 8 ? -1 : (1L << size * 8) - 1 << shift;
        long entry = domain.ram().read(word, 8) & ~mask | value << shift & mask;
        try {
            domain.paging().update(table, (int) word & Ram.OFFSET, entry, false);
        } catch (Errno.Failure refused) {
            upperHalfFirst(address, size, word, entry);
        }
    }

    /** PAE: a kernel that writes the upper half first has the entry not present until the lower one follows. */
    private void upperHalfFirst(long address, int size, long word, long entry) {
        if (domain.abi().is64() || size != 4 || (address & 4) == 0) {
            throw new Refused();
        }
        domain.paging().update(table, (int) word & Ram.OFFSET, entry & ~(long) Paging.PRESENT, false);
    }

    /** Memory as the instruction sees it: where its table is, nothing answers but {@link #store}; elsewhere it may write what the guest may. */
    private final class Guarded implements PhysicalMemory {
        @Override
        public Ram ram() {
            return domain.ram();
        }

        @Override
        public int frame(long physical, Use use, long linear) {
            int frame = (int) (physical >>> 12);
            if (use != Use.WRITE) {
                return frame;
            }
            if ((linear & -Ram.FRAME_SIZE) == page) {
                return NONE;
            }
            int user = real.system.cpl == 3 ? Paging.USER_ACCESS : 0;
            real.memory.translateFor(linear, Paging.WRITE_ACCESS | user);
            return frame;
        }

        @Override
        public void writeOutside(long physical, int size, long value) {
            store(physical, size, value);
        }
    }
}
