package ringside.mmu;

import ringside.memory.PhysicalMemory;

/** The walk through tables of 512 entries of 8 bytes, which PAE and 4-level paging share. */
final class LongEntries {
    private LongEntries() {}

    /**
     * @param table physical address of the first table
     * @param levels tables left to walk: 4 from the PML4, 2 from a page directory
     * @param rights rights granted so far
     */
    static void walk(
            Paging paging,
            long table,
            int levels,
            long rights,
            long linear,
            int access,
            PhysicalMemory memory,
            Walk walk) {
        for (int level = levels; ; level--) {
            int shift = 3 + 9 * level;
            long entry = walk.read(table + (linear >>> shift & 0x1FF) * 8, 8, memory, linear);
            if ((entry & Paging.PRESENT) == 0) {
                walk.fault(paging.errorCode(access));
                return;
            }
            boolean large = level > 1 && level < 4 && (entry & Paging.LARGE) != 0;
            if ((entry & reserved(paging, level, large)) != 0) {
                walk.fault(paging.errorCode(access) | Paging.PROTECTION | Paging.RESERVED_BIT);
                return;
            }
            rights = rights & (entry | Paging.NO_EXECUTE) | entry & Paging.NO_EXECUTE;
            if (large || level == 1) {
                long inside = (1L << shift) - 1 & ~0xFFFL;
                walk.large = large;
                walk.page = entry & Paging.FRAME & ~inside | linear & inside;
                paging.finish(linear, access, rights, memory, walk);
                return;
            }
            table = entry & Paging.FRAME;
        }
    }

    /** SDM 3A, the formats of the paging-structure entries: what must be zero. */
    private static long reserved(Paging paging, int level, boolean large) {
        long mask = paging.reservedInEveryEntry();
        if (level == 4) {
            mask |= Paging.LARGE;
        }
        if (large) {
            mask |= (1L << 3 + 9 * level) - (1L << 13); // The frame must be aligned; bit 12 is PAT.
        }
        return mask;
    }
}
