package ringside.cpu.vmx;

import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Paging;

/**
 * What the guest's physical addresses reach: where EPT is enabled, four levels of tables lead from them to the host's (SDM 3C, The Extended
 * Page Table Mechanism); elsewhere they are the host's. The tables know nothing of rings; each entry allows reads, writes and
 * fetches.
 */
final class ExtendedPaging implements PhysicalMemory {
    static final int READ = 1;
    static final int WRITE = 1 << 1;
    static final int EXECUTE = 1 << 2;
    private static final int RIGHTS = READ | WRITE | EXECUTE;
    private static final int LARGE = 1 << 7;

    private static final long FRAME = (1L << Paging.PHYSICAL_BITS) - 1 & ~0xFFFL;
    private static final long BEYOND_PHYSICAL = (1L << 52) - (1L << Paging.PHYSICAL_BITS);

    /** Bits 6:3 of an entry that refers to a table. */
    private static final long RESERVED_IN_TABLE = 0x78;

    // EPT pointer.
    private static final int WRITE_BACK = 6;
    private static final int UNCACHEABLE = 0;
    private static final long FOUR_LEVELS = 3 << 3;
    private static final long RESERVED_IN_POINTER = 0xFC0;

    // Exit qualification.
    private static final int LINEAR_VALID = 1 << 7;
    private static final int FINAL_TRANSLATION = 1 << 8;

    private final Vmcs vmcs;
    private final PhysicalMemory tables;
    private final PhysicalMemory host;

    /**
     * @param tables the host's memory, where the tables are
     * @param host what the guest reaches behind them
     */
    ExtendedPaging(Vmcs vmcs, PhysicalMemory tables, PhysicalMemory host) {
        this.vmcs = vmcs;
        this.tables = tables;
        this.host = host;
    }

    /** SDM 3C, VM-Execution Control Fields: memory type, walk length of four, no accessed and dirty flags, no reserved bits. */
    static boolean isPointer(long pointer) {
        long type = pointer & 7;
        return (type == WRITE_BACK || type == UNCACHEABLE)
                && (pointer & 0x38) == FOUR_LEVELS
                && (pointer & RESERVED_IN_POINTER) == 0
                && pointer >>> Paging.PHYSICAL_BITS == 0;
    }

    @Override
    public Ram ram() {
        return host.ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        return host.frame(behind(physical, use, linear), use, linear);
    }

    @Override
    public long readOutside(long physical, int size) {
        return host.readOutside(behind(physical, Use.READ, physical), size);
    }

    @Override
    public void writeOutside(long physical, int size, long value) {
        host.writeOutside(behind(physical, Use.WRITE, physical), size, value);
    }

    /** The host's physical address. */
    private long behind(long physical, Use use, long linear) {
        return vmcs.secondary(Vmcs.ENABLE_EPT) ? translate(physical, use, linear) : physical;
    }

    /** @return the host's physical address of the page */
    private long translate(long physical, Use use, long linear) {
        int wanted = wanted(use);
        int allowed = RIGHTS;
        long table = vmcs.read(VmcsField.EPT_POINTER) & FRAME;
        if (physical >>> 48 != 0) {
            throw violation(physical, use, linear, 0);
        }
        for (int level = 4; ; level--) {
            int shift = 3 + 9 * level;
            long entry = HostMemory.read(tables, table + (physical >>> shift & 0x1FF) * 8, 8);
            int rights = (int) entry & RIGHTS;
            boolean leaf = level == 1 || level < 4 && (entry & LARGE) != 0;
            if (rights == 0) {
                throw violation(physical, use, linear, 0);
            }
            if (isMisconfigured(entry, level, leaf)) {
                throw VmExit.nested(ExitReason.EPT_MISCONFIGURATION, 0, physical, linear);
            }
            allowed &= rights;
            if (leaf) {
                if ((allowed & wanted) != wanted) {
                    throw violation(physical, use, linear, allowed);
                }
                long inside = (1L << shift) - 1;
                return entry & FRAME & ~inside | physical & inside;
            }
            table = entry & FRAME;
        }
    }

    private static int wanted(Use use) {
        return switch (use) {
            case READ, POINTERS, WALK_READ -> READ;
            case WRITE, WALK_WRITE -> WRITE;
            case FETCH -> EXECUTE;
        };
    }

    /** SDM 3C, EPT Misconfigurations: writable but not readable, reserved bits, a memory type that does not exist. */
    private static boolean isMisconfigured(long entry, int level, boolean leaf) {
        int rights = (int) entry & RIGHTS;
        if (rights == WRITE || rights == (WRITE | EXECUTE) || (entry & BEYOND_PHYSICAL) != 0) {
            return true;
        }
        if (!leaf) {
            return (entry & RESERVED_IN_TABLE) != 0 || level == 4 && (entry & LARGE) != 0;
        }
        int type = (int) entry >>> 3 & 7;
        long inside = (1L << 3 + 9 * level) - (1L << 12);
        return type == 2 || type == 3 || type == 7 || (entry & inside) != 0;
    }

    /** SDM 3C, Exit Qualification for EPT Violations. */
    private static VmExit violation(long physical, Use use, long linear, int allowed) {
        int access = use == Use.FETCH ? EXECUTE : use == Use.WRITE || use == Use.WALK_WRITE ? WRITE : READ;
        boolean walk = use == Use.WALK_READ || use == Use.WALK_WRITE;
        long place = use == Use.POINTERS ? 0 : LINEAR_VALID | (walk ? 0 : FINAL_TRANSLATION);
        long qualification = access | (long) allowed << 3 | place;
        return VmExit.nested(ExitReason.EPT_VIOLATION, qualification, physical, linear);
    }
}
