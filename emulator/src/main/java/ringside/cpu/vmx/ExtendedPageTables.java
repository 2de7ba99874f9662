package ringside.cpu.vmx;

import ringside.memory.Ram;

/**
 * Extended page tables as a monitor builds them (SDM 3C, The Extended Page Table Mechanism): four levels in its own frames, from
 * guest-physical to host physical addresses, one entry for each 4 KiB page.
 */
public final class ExtendedPageTables {
    public static final int READ = ExtendedPaging.READ;
    public static final int WRITE = ExtendedPaging.WRITE;
    public static final int EXECUTE = ExtendedPaging.EXECUTE;

    /** Leaf entries: memory type write-back. */
    private static final int WRITE_BACK = 6 << 3;

    /** Tables for pages without RAM. */
    private static final int SPARE = 8;

    private static final long FRAME = 0xFF_FFFF_F000L;

    private final Ram ram;
    private final int firstFrame;
    private final int endFrame;
    private int nextFree;
    private int spareUsed;

    /** The tables take frames from {@code firstFrame}, its root, up to {@code endFrame}, not included. */
    public ExtendedPageTables(Ram ram, int firstFrame, int endFrame) {
        this.ram = ram;
        this.firstFrame = firstFrame;
        this.endFrame = endFrame;
        this.nextFree = firstFrame + 1;
    }

    /** EPT pointer: write-back, a walk of four levels, no accessed and dirty flags. */
    public long pointer() {
        return (long) firstFrame << 12 | 3 << 3 | 6;
    }

    /** Frames that the tables of a guest need at most. */
    public static int framesFor(long guestBytes) {
        return SPARE + 4 + (int) (guestBytes >>> 21) + 2 + (int) (guestBytes >>> 30);
    }

    private static int index(long physical, int level) {
        return (int) (physical >>> 3 + 9 * level) & 0x1FF;
    }

    /**
     * Maps one 4 KiB page.
     *
     * @param rights {@link #READ}, {@link #WRITE}, {@link #EXECUTE}; 0 takes the page away
     */
    public void map(long physical, int hostFrame, int rights) {
        ram.write(leaf(physical), 8, (long) hostFrame << 12 | WRITE_BACK | rights);
    }

    /** Is there room for the tables that this page's entry takes? */
    public boolean canMap(long physical) {
        return nextFree + missing(physical) <= endFrame;
    }

    /** Are the tables there that lead to this page's entry? */
    public boolean has(long physical) {
        return missing(physical) == 0;
    }

    /** Makes the entry of a page a misconfiguration, writable but not readable; without effect where the frames for such tables are used up. */
    public void markOutside(long physical) {
        int before = nextFree;
        int missing = missing(physical);
        if (spareUsed + missing <= SPARE) {
            ram.write(leaf(physical), 8, WRITE | EXECUTE);
            spareUsed += nextFree - before;
        }
    }

    /** Tables that the walk to a page lacks. */
    private int missing(long physical) {
        long table = (long) firstFrame << 12;
        for (int level = 4; level > 1; level--) {
            long entry = ram.read(table + index(physical, level) * 8L, 8);
            if (entry == 0) {
                return level - 1;
            }
            table = entry & FRAME;
        }
        return 0;
    }

    /** Address of a page's entry, whose tables are made where they lack. */
    private long leaf(long physical) {
        long table = (long) firstFrame << 12;
        for (int level = 4; level > 1; level--) {
            long at = table + index(physical, level) * 8L;
            long entry = ram.read(at, 8);
            if (entry == 0) {
                if (nextFree >= endFrame) {
                    throw new IllegalStateException("no frame left for nested page tables");
                }
                entry = (long) nextFree++ << 12 | READ | WRITE | EXECUTE;
                ram.write(at, 8, entry);
            }
            table = entry & FRAME;
        }
        return table + index(physical, 1) * 8L;
    }

    /** The first free frame, and how many serve pages without RAM; the tables themselves are in RAM. */
    public record State(int nextFree, int spareUsed) {}

    public State save() {
        return new State(nextFree, spareUsed);
    }

    public void restore(State state) {
        nextFree = state.nextFree;
        spareUsed = state.spareUsed;
    }
}
