package ringside.monitor.hardware;

import ringside.memory.Ram;
import ringside.mmu.Paging;

/**
 * The tables for nested paging that a monitor in long mode makes: ordinary tables of four levels in its own frames, from guest-physical to
 * host physical addresses. Every entry is a user's, as nested paging wants it, and writable but for pages that may only be read; flags are set already, so that no walk has to.
 */
final class NestedTables implements NestedMemory.Tables {
    private static final int ENTRY = Paging.PRESENT | Paging.WRITABLE | Paging.USER | Paging.ACCESSED;

    /** Tables for pages that are not the guest's RAM. */
    private static final int SPARE = 8;

    private static final long FRAME = 0xFF_FFFF_F000L;

    private final Ram ram;
    private final int firstFrame;
    private final int endFrame;
    private int nextFree;

    /** The tables take frames from {@code firstFrame}, the root, up to {@code endFrame}, not included. */
    NestedTables(Ram ram, int firstFrame, int endFrame) {
        this.ram = ram;
        this.firstFrame = firstFrame;
        this.endFrame = endFrame;
        this.nextFree = firstFrame + 1;
    }

    /** Physical address of the outermost table, for N_CR3. */
    long root() {
        return (long) firstFrame << 12;
    }

    /** Frames that the tables of a guest need at most. */
    static int framesFor(long guestBytes) {
        return SPARE + 4 + (int) (guestBytes >>> 21) + 2 + (int) (guestBytes >>> 30);
    }

    @Override
    public boolean map(long page, int frame, boolean writable) {
        long physical = page << 12;
        long table = root();
        for (int level = 4; level > 1; level--) {
            long at = table + index(physical, level) * 8L;
            long entry = ram.read(at, 8);
            if (entry == 0) {
                if (nextFree + level - 1 > endFrame) {
                    return false;
                }
                entry = (long) nextFree++ << 12 | ENTRY;
                ram.write(at, 8, entry);
            }
            table = entry & FRAME;
        }
        ram.write(
                table + index(physical, 1) * 8L,
                8,
                (long) frame << 12 | (writable ? ENTRY | Paging.DIRTY : ENTRY & ~Paging.WRITABLE));
        return true;
    }

    @Override
    public void unmap(long page) {
        long physical = page << 12;
        long table = root();
        for (int level = 4; level > 1 && table != 0; level--) {
            table = ram.read(table + index(physical, level) * 8L, 8) & FRAME;
        }
        if (table != 0) {
            ram.write(table + index(physical, 1) * 8L, 8, 0);
        }
    }

    private static int index(long physical, int level) {
        return (int) (physical >>> 3 + 9 * level) & 0x1FF;
    }

    /** A reserved bit in the entry would be reported by the same exit code: nothing is gained that can be seen. */
    @Override
    public void markOutside(long physical) {}

    /** The first free frame; the tables themselves are in RAM. */
    private record Saved(int nextFree) implements MemoryVirtualization.State {}

    @Override
    public MemoryVirtualization.State save() {
        return new Saved(nextFree);
    }

    @Override
    public void restore(MemoryVirtualization.State state) {
        nextFree = ((Saved) state).nextFree;
    }
}
