package ringside.mmu;

import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/** One walk through the paging structures: the entries read, and how it ended. Reused, so that a TLB miss allocates nothing. */
public final class Walk {
    /** Physical addresses of the entries read, outermost first; {@link #entries} of them count. */
    public final long[] address = new long[4];

    /** Their values as read, with the flags that this walk set. */
    public final long[] entry = new long[4];

    /** Their sizes in bytes: 4 or 8. */
    private final int[] size = new int[4];

    public int entries;

    /** Error code of the page fault, or -1 where the walk succeeded. */
    public int error;

    /** Physical address of the translated 4 KiB page. */
    public long page;

    /** AND of the R/W and U/S bits met, OR of XD; see {@link Paging}. */
    public long rights;

    public boolean global;
    public boolean large;

    void begin() {
        entries = 0;
        error = -1;
        large = false;
        global = false;
    }

    /** Reads the next entry. An entry outside RAM reads as the bus does. */
    long read(long physical, int bytes, PhysicalMemory memory, long linear) {
        int frame = memory.frame(physical, PhysicalMemory.Use.WALK_READ, linear);
        long value = frame == PhysicalMemory.NONE
                ? memory.readOutside(physical, bytes)
                : Ram.get(memory.ram().readable(frame), (int) physical & Ram.OFFSET, bytes);
        address[entries] = physical;
        size[entries] = bytes;
        entry[entries++] = value;
        return value;
    }

    /** Sets flags in entry {@code i}, in memory too where they were clear. */
    void set(int i, int flags, PhysicalMemory memory, long linear) {
        if ((entry[i] & flags) == flags) {
            return;
        }
        entry[i] |= flags;
        int frame = memory.frame(address[i], PhysicalMemory.Use.WALK_WRITE, linear);
        if (frame != PhysicalMemory.NONE) {
            memory.ram().write((long) frame << 12 | address[i] & Ram.OFFSET, size[i], entry[i]);
        }
    }

    void fault(int code) {
        error = code;
    }

    void succeed(long grantedRights, boolean isGlobal) {
        rights = grantedRights;
        global = isGlobal;
    }
}
