package ringside.mmu;

import ringside.memory.PhysicalMemory;

/**
 * SDM 3A, PAE Paging: four page-directory-pointer entries, which the processor loads into registers with CR3, then page
 * directories and page tables of 8-byte entries; 2 MiB pages.
 */
public final class PaePaging extends Paging {
    /** Bits that a present page-directory-pointer entry must have clear: 2:1, 8:5 and those beyond the address width. */
    private static final long PDPTE_RESERVED = 0b1_1110_0110L | ~0L << PHYSICAL_BITS;

    private final long[] pointers;

    /** @param pointers the four PDPTE registers */
    public PaePaging(Rules rules, long[] pointers) {
        super(rules);
        this.pointers = pointers.clone();
    }

    /** SDM 3A, PDPTE Registers: MOV to CR3 faults with #GP where this is true. */
    public static boolean isInvalidPointer(long pdpte) {
        return (pdpte & PRESENT) != 0 && (pdpte & PDPTE_RESERVED) != 0;
    }

    /** The PDPTE register that translates a linear address. */
    public long pointer(long linear) {
        return pointers[(int) (linear >>> 30) & 3];
    }

    @Override
    public void walk(long linear, int access, PhysicalMemory memory, Walk walk) {
        walk.begin();
        long pointer = pointer(linear);
        if ((pointer & PRESENT) == 0) {
            walk.fault(errorCode(access));
            return;
        }
        LongEntries.walk(this, pointer & FRAME, 2, USER | WRITABLE, linear, access, memory, walk);
    }

    @Override
    boolean hasExecuteDisable() {
        return true;
    }

    /** PAE has no ignored bits above the physical address. */
    @Override
    long reservedInEveryEntry() {
        return super.reservedInEveryEntry() | 0x7FFL << 52;
    }
}
