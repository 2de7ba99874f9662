package ringside.cpu.svm;

import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.Walk;

/**
 * Physical memory as a guest sees it under nested paging (APM 2, Nested Paging): its physical addresses are translated by tables in the
 * ordinary format of the host's paging mode. Every access is a user's; reading the guest's own tables is a write, because the processor
 * may have to set flags there. What faults leaves the guest.
 */
final class NestedPaging implements PhysicalMemory {
    /** EXITINFO1: the final address faulted, or one on the way through the guest's tables. */
    private static final long FINAL_ADDRESS = 1L << 32;

    private static final long GUEST_TABLES = 1L << 33;

    /** The paging in force: by the host's mode, rooted at N_CR3. */
    @FunctionalInterface
    interface Tables {
        Paging paging();
    }

    private final PhysicalMemory host;
    private final Tables tables;
    private final Walk walk = new Walk();
    private final int trace;

    /** @param host where the tables are, and what they lead to */
    NestedPaging(PhysicalMemory host, Tables tables) {
        this(host, tables, 0);
    }

    /** @param trace {@link Paging#PEEK} where no flag may be set in the tables, else 0 */
    NestedPaging(PhysicalMemory host, Tables tables, int trace) {
        this.host = host;
        this.tables = tables;
        this.trace = trace;
    }

    @Override
    public Ram ram() {
        return host.ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        return host.frame(behind(physical, use), use, linear);
    }

    @Override
    public long readOutside(long physical, int size) {
        return host.readOutside(behind(physical, Use.READ), size);
    }

    @Override
    public void writeOutside(long physical, int size, long value) {
        host.writeOutside(behind(physical, Use.WRITE), size, value);
    }

    /** The host's physical address. */
    private long behind(long physical, Use use) {
        Paging paging = tables.paging();
        if (paging.isOff()) {
            return physical;
        }
        int access = trace
                | Paging.USER_ACCESS
                | switch (use) {
                    case READ, POINTERS -> 0;
                    case WRITE, WALK_READ, WALK_WRITE -> Paging.WRITE_ACCESS;
                    case FETCH -> Paging.FETCH_ACCESS;
                };
        paging.walk(physical, access, host, walk);
        if (walk.error >= 0) {
            boolean inTables = use == Use.WALK_READ || use == Use.WALK_WRITE;
            throw SvmExit.of(ExitCode.NPF, walk.error | (inTables ? GUEST_TABLES : FINAL_ADDRESS), physical);
        }
        return walk.page | physical & 0xFFF;
    }
}
