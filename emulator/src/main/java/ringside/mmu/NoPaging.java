package ringside.mmu;

import ringside.memory.PhysicalMemory;

/** CR0.PG is clear: a linear address is the physical address. */
public final class NoPaging extends Paging {
    public NoPaging() {
        super(new Rules(0, false, false, false, false, false));
    }

    @Override
    public boolean isOff() {
        return true;
    }

    @Override
    public void walk(long linear, int access, PhysicalMemory memory, Walk walk) {
        walk.begin();
        walk.page = linear & ~0xFFFL;
        walk.succeed(USER | WRITABLE, false);
    }

    @Override
    boolean hasExecuteDisable() {
        return false;
    }
}
