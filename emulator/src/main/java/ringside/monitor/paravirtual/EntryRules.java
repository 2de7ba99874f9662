package ringside.monitor.paravirtual;

import ringside.mmu.Paging;

/** Which bits a guest may set in a page-table entry, and which Xen sets itself (Xen, arch/x86/mm.c and asm-x86/x86_64/page.h). */
final class EntryRules {
    static final long FRAME = (1L << Paging.PHYSICAL_BITS) - 0x1000;

    /** All bits that an address may have, on any processor. */
    static final long ADDRESS = (1L << 52) - 0x1000;

    private static final long WRITE_THROUGH = 1 << 3;
    private static final long CACHE_DISABLE = 1 << 4;

    /** Cache attributes, large pages (PAT in the last level), and global: the guest's are in the last level only. */
    private static final long FORBIDDEN = WRITE_THROUGH | CACHE_DISABLE | Paging.LARGE | Paging.GLOBAL;

    /** Xen's own mark for mappings by a grant: bit 62. */
    private static final long GRANT_MAPPED = 1L << 62;

    /** Physical addresses that no processor here has. */
    private static final long BEYOND = (1L << 52) - (1L << Paging.PHYSICAL_BITS);

    /** Bits of a PAE kernel's page-directory-pointer entry that must be clear besides: all but P, A and those for software. */
    private static final long POINTER_FORBIDDEN = ~((1L << 52) - 1);

    /** Xen's mark of pages that belong to a 64-bit guest's kernel, not to its programs: bit 52. */
    private static final long GUEST_KERNEL = 1L << 52;

    private final Abi abi;

    EntryRules(Abi abi) {
        this.abi = abi;
    }

    static boolean isPresent(long entry) {
        return (entry & Paging.PRESENT) != 0;
    }

    static boolean isWritable(long entry) {
        return (entry & Paging.WRITABLE) != 0;
    }

    static int frame(long entry) {
        return (int) ((entry & FRAME) >>> 12);
    }

    /** May the guest make this present entry in a table of this level? The frame that it points to is another question. */
    boolean allows(long entry, int level) {
        return allowsFlags(entry, level) && (entry & BEYOND) == 0;
    }

    /** The same of its flags alone, wherever it leads. */
    boolean allowsFlags(long entry, int level) {
        long forbidden = FORBIDDEN;
        if (level == 1) {
            forbidden = forbidden & ~Paging.GLOBAL | GRANT_MAPPED;
        } else if (level == 3 && !abi.is64()) {
            forbidden |= POINTER_FORBIDDEN;
        }
        return (entry & forbidden) == 0;
    }

    /**
     * The entry as the processor shall find it. A 64-bit kernel shares ring 3 with its programs, so that all its pages are user pages; those
     * that it meant for itself are marked, and are not global.
     */
    long adjusted(long entry, int level) {
        if (!isPresent(entry)) {
            return entry;
        }
        if (!abi.is64()) {
            // Four levels are walked, and rights are those that all levels grant.
            return level == 3 ? entry | Paging.USER | Paging.WRITABLE : entry;
        }
        if (level > 1) {
            return entry | Paging.USER;
        }
        long result = (entry & Paging.USER) == 0 ? entry | GUEST_KERNEL | Paging.USER : entry;
        return (result & GUEST_KERNEL) == 0 ? result | Paging.GLOBAL : result & ~(long) Paging.GLOBAL;
    }

    /** The entry without what Xen has added to it, when its table is one no more. */
    long restored(long entry, int level) {
        boolean added = !abi.is64() && level == 3 && isPresent(entry);
        return added ? entry & ~(long) (Paging.USER | Paging.WRITABLE) : entry;
    }
}
