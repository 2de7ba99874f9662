package ringside.mmu;

import ringside.memory.PhysicalMemory;

/**
 * Translation of linear addresses by the tables in memory: one class for each paging mode of SDM 3A, Paging.
 *
 * <p>A walk sets accessed and dirty flags only when it succeeds.
 */
public abstract class Paging {
    /** Bits of a paging-structure entry, SDM 3A, Paging. */
    public static final int PRESENT = 1;

    public static final int WRITABLE = 1 << 1;
    public static final int USER = 1 << 2;
    public static final int ACCESSED = 1 << 5;
    public static final int DIRTY = 1 << 6;
    public static final int LARGE = 1 << 7;
    public static final int GLOBAL = 1 << 8;
    public static final long NO_EXECUTE = 1L << 63;

    /** Physical addresses have 40 bits (CPUID 80000008H). */
    public static final int PHYSICAL_BITS = 40;

    static final long BEYOND_PHYSICAL = (1L << 52) - (1L << PHYSICAL_BITS);
    static final long FRAME = (1L << PHYSICAL_BITS) - 1 & ~0xFFFL;

    /** Page-fault error code, SDM 3A, Interrupt 14. */
    public static final int PROTECTION = 1;

    public static final int WRITE_ACCESS = 1 << 1;
    public static final int USER_ACCESS = 1 << 2;
    public static final int RESERVED_BIT = 1 << 3;
    public static final int FETCH_ACCESS = 1 << 4;

    /** Asks without a trace: no accessed or dirty flag is set. Not part of an error code. */
    public static final int PEEK = 1 << 8;

    /**
     * Which rules are in force.
     *
     * @param root physical address in CR3 with its flag bits cleared as the paging mode wants
     * @param writeProtect CR0.WP
     * @param pageSizeExtension CR4.PSE
     * @param globalPages CR4.PGE
     * @param noExecute IA32_EFER.NXE
     * @param smep CR4.SMEP
     */
    public record Rules(
            long root,
            boolean writeProtect,
            boolean pageSizeExtension,
            boolean globalPages,
            boolean noExecute,
            boolean smep) {}

    final Rules rules;

    Paging(Rules rules) {
        this.rules = rules;
    }

    /** True where a linear address is the physical address. */
    public boolean isOff() {
        return false;
    }

    /** The rules in force. */
    public Rules rules() {
        return rules;
    }

    /**
     * Walks the tables.
     *
     * @param linear linear address
     * @param access {@link #WRITE_ACCESS}, {@link #USER_ACCESS}, {@link #FETCH_ACCESS} and {@link #PEEK} as they apply
     * @param memory where the tables are
     * @param walk receives the result: either a translation or the error code of a page fault
     */
    public abstract void walk(long linear, int access, PhysicalMemory memory, Walk walk);

    /** Accessed and dirty flags are set, and rights judged, once all entries are read. */
    final void finish(long linear, int access, long rights, PhysicalMemory memory, Walk walk) {
        int error = judge(access, rights);
        if (error >= 0) {
            walk.fault(error);
            return;
        }
        int last = walk.entries - 1;
        if ((access & PEEK) != 0) {
            walk.succeed(rights, rules.globalPages && (walk.entry[last] & GLOBAL) != 0);
            return;
        }
        for (int i = 0; i < last; i++) {
            walk.set(i, ACCESSED, memory, linear);
        }
        boolean write = (access & WRITE_ACCESS) != 0;
        walk.set(last, write ? ACCESSED | DIRTY : ACCESSED, memory, linear);
        walk.succeed(rights, rules.globalPages && (walk.entry[last] & GLOBAL) != 0);
    }

    /**
     * SDM 3A, Determination of Access Rights.
     *
     * @param rights AND of R/W and U/S of all entries, OR of XD
     * @return error code of the page fault, or -1 where the access is allowed
     */
    public final int judge(int access, long rights) {
        boolean user = (access & USER_ACCESS) != 0;
        boolean write = (access & WRITE_ACCESS) != 0;
        boolean fetch = (access & FETCH_ACCESS) != 0;
        boolean userPage = (rights & USER) != 0;
        boolean refused = user && !userPage
                || write && (rights & WRITABLE) == 0 && (user || rules.writeProtect)
                || fetch && (rights & NO_EXECUTE) != 0
                || fetch && !user && userPage && rules.smep;
        return refused ? errorCode(access) | PROTECTION : -1;
    }

    /** The I/D bit is reported only where execution can be forbidden: SDM 3A, Page-Fault Exceptions. */
    final int errorCode(int access) {
        boolean reported = rules.smep || rules.noExecute && hasExecuteDisable();
        return access & (reported ? WRITE_ACCESS | USER_ACCESS | FETCH_ACCESS : WRITE_ACCESS | USER_ACCESS);
    }

    abstract boolean hasExecuteDisable();

    /** Bits that every entry of 8 bytes must have clear in this paging mode, whatever else it is. */
    long reservedInEveryEntry() {
        return rules.noExecute() ? BEYOND_PHYSICAL : BEYOND_PHYSICAL | NO_EXECUTE;
    }
}
