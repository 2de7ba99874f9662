package ringside.mmu;

import ringside.memory.PhysicalMemory;

/** SDM 3A, 32-Bit Paging: a page directory and page tables of 4-byte entries; 4 MiB pages with CR4.PSE. */
public final class TwoLevelPaging extends Paging {
    public TwoLevelPaging(Rules rules) {
        super(rules);
    }

    @Override
    public void walk(long linear, int access, PhysicalMemory memory, Walk walk) {
        walk.begin();
        long directory = rules.root() & 0xFFFF_F000L;
        long pde = walk.read(directory + (linear >>> 22 & 0x3FF) * 4, 4, memory, linear);
        if ((pde & PRESENT) == 0) {
            walk.fault(errorCode(access));
            return;
        }
        if (rules.pageSizeExtension() && (pde & LARGE) != 0) {
            // PSE-36: bits 20:13 give address bits 39:32, bit 21 is reserved.
            if ((pde & 1 << 21) != 0) {
                walk.fault(errorCode(access) | PROTECTION | RESERVED_BIT);
                return;
            }
            walk.large = true;
            walk.page = (pde & 0xFFC0_0000L) | (pde >>> 13 & 0xFF) << 32 | linear & 0x3F_F000L;
            finish(linear, access, pde & (WRITABLE | USER), memory, walk);
            return;
        }
        long pte = walk.read((pde & 0xFFFF_F000L) + (linear >>> 12 & 0x3FF) * 4, 4, memory, linear);
        if ((pte & PRESENT) == 0) {
            walk.fault(errorCode(access));
            return;
        }
        walk.page = pte & 0xFFFF_F000L;
        finish(linear, access, pde & pte & (WRITABLE | USER), memory, walk);
    }

    @Override
    boolean hasExecuteDisable() {
        return false;
    }
}
