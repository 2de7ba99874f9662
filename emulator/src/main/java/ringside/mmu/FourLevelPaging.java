package ringside.mmu;

import ringside.memory.PhysicalMemory;

/** SDM 3A, 4-Level Paging: PML4, page-directory-pointer table, page directory, page table; 2 MiB and 1 GiB pages. */
public final class FourLevelPaging extends Paging {
    public FourLevelPaging(Rules rules) {
        super(rules);
    }

    @Override
    public void walk(long linear, int access, PhysicalMemory memory, Walk walk) {
        walk.begin();
        LongEntries.walk(this, rules.root() & FRAME, 4, USER | WRITABLE, linear, access, memory, walk);
    }

    @Override
    boolean hasExecuteDisable() {
        return true;
    }
}
