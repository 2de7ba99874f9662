package ringside.monitor.paravirtual;

import ringside.memory.Ram;
import ringside.mmu.Paging;

/** Frames that others have granted to a domain at a ring: last-level entries of its page tables lead there. */
final class PageTableGrants implements GrantMapper {
    private final Domain domain;

    PageTableGrants(Domain domain) {
        this.domain = domain;
    }

    @Override
    public boolean map(XenDomain owner, int frame, long address, int flags) {
        long programs = (flags & GrantCalls.FOR_PROGRAMS) != 0 ? Paging.USER : 0;
        long writable = (flags & GrantCalls.READ_ONLY) != 0 ? 0 : Paging.WRITABLE;
        long rights = Paging.PRESENT | Paging.ACCESSED | Paging.DIRTY | programs | writable;
        long entry = entryAddress(address, (flags & GrantCalls.CONTAINS_ENTRY) != 0);
        return entry != -1 && update(owner, entry, (long) frame << 12 | rights);
    }

    @Override
    public boolean unmap(XenDomain owner, GrantTables.Mapping mapping, long address) {
        long entry = entryAddress(address, false);
        long inEntry = entryAddress(address, true);
        long at = leadsTo(entry, mapping.frame()) ? entry : inEntry;
        return leadsTo(at, mapping.frame()) && update(owner, at, 0);
    }

    /** Machine address of the last-level entry that is meant; -1 where there is no such table. */
    private long entryAddress(long address, boolean isEntry) {
        long linear = domain.abi().truncate(address);
        long entry = address;
        if (!isEntry) {
            entry = domain.abi().isGuests(linear) ? domain.lastEntry(linear) : -1;
        }
        long table = entry >>> 12;
        boolean good = (entry & 7) == 0
                && domain.frames().isDomains(table)
                && domain.frames().type((int) table) == FrameType.L1
                && domain.frames().typeCount((int) table) > 0;
        return good ? entry : -1;
    }

    private boolean update(XenDomain owner, long address, long entry) {
        try {
            int frames = owner.frames().own();
            domain.paging().update((int) (address >>> 12), (int) address & Ram.OFFSET, entry, false, frames);
            domain.cpu().memory.flush(true);
            return true;
        } catch (Errno.Failure refused) {
            return false;
        }
    }

    private boolean leadsTo(long address, int frame) {
        if (address == -1) {
            return false;
        }
        long entry = domain.ram().read(address, 8);
        return EntryRules.isPresent(entry) && EntryRules.frame(entry) == frame;
    }
}
