package ringside.mmu;

/**
 * A segment register with its hidden part (SDM 3A, Segment Registers). Rights are laid out as in a VMCS: type 3:0, S 4, DPL 6:5,
 * P 7, AVL 12, L 13, D/B 14, G 15, unusable 16.
 */
public final class SegmentRegister {
    public static final int TYPE = 0xF;
    public static final int ACCESSED = 1;
    public static final int WRITABLE_OR_READABLE = 1 << 1;
    public static final int EXPAND_DOWN_OR_CONFORMING = 1 << 2;
    public static final int CODE = 1 << 3;
    public static final int CODE_OR_DATA = 1 << 4;
    public static final int PRESENT = 1 << 7;
    public static final int AVAILABLE = 1 << 12;
    public static final int LONG = 1 << 13;
    public static final int BIG = 1 << 14;
    public static final int GRANULARITY = 1 << 15;
    public static final int UNUSABLE = 1 << 16;

    /** Read, write, accessed data; present; DPL 0: what real mode sees. */
    public static final int REAL_MODE_DATA = PRESENT | CODE_OR_DATA | WRITABLE_OR_READABLE | ACCESSED;

    private int selector;
    private long base;
    private long limit;
    private int rights;

    // Offsets from low to high, both included, may be read or written; high < low where none may.
    private long readLow;
    private long readHigh;
    private long writeLow;
    private long writeHigh;

    public int selector() {
        return selector;
    }

    /** Linear address of offset 0. */
    public long base() {
        return base;
    }

    /** Highest offset in bytes (lowest but one for expand-down segments). */
    public long limit() {
        return limit;
    }

    public int rights() {
        return rights;
    }

    public int dpl() {
        return rights >>> 5 & 3;
    }

    public boolean isUsable() {
        return (rights & UNUSABLE) == 0;
    }

    /** D of a code segment, B of a data segment. */
    public boolean isBig() {
        return (rights & BIG) != 0;
    }

    public boolean isLong() {
        return (rights & LONG) != 0;
    }

    public boolean isConformingCode() {
        return (rights & (CODE | EXPAND_DOWN_OR_CONFORMING)) == (CODE | EXPAND_DOWN_OR_CONFORMING);
    }

    public void load(int newSelector, long newBase, long newLimit, int newRights) {
        selector = newSelector;
        base = newBase;
        limit = newLimit;
        rights = newRights;
        boolean code = (newRights & CODE) != 0;
        boolean usable = (newRights & (UNUSABLE | PRESENT | CODE_OR_DATA)) == (PRESENT | CODE_OR_DATA);
        boolean expandDown = !code && (newRights & EXPAND_DOWN_OR_CONFORMING) != 0;
        long low = expandDown ? newLimit + 1 : 0;
        long high = expandDown ? (newRights & BIG) != 0 ? 0xFFFF_FFFFL : 0xFFFFL : newLimit;
        boolean readable = usable && (!code || (newRights & WRITABLE_OR_READABLE) != 0);
        boolean writable = usable && !code && (newRights & WRITABLE_OR_READABLE) != 0;
        readLow = low;
        readHigh = readable ? high : -1;
        writeLow = low;
        writeHigh = writable ? high : -1;
    }

    /** Changes the selector and base as real mode and virtual-8086 mode do; limit and rights stay. */
    public void loadRealMode(int newSelector) {
        load(newSelector, (long) newSelector << 4, limit, rights);
    }

    /** SDM 3A, Limit Checking and Type Checking. */
    public boolean mayRead(long offset, int size) {
        return offset >= readLow && offset + size - 1 <= readHigh;
    }

    public boolean mayWrite(long offset, int size) {
        return offset >= writeLow && offset + size - 1 <= writeHigh;
    }

    /** A segment register's content. */
    public record State(int selector, long base, long limit, int rights) {}

    public State save() {
        return new State(selector, base, limit, rights);
    }

    public void restore(State state) {
        load(state.selector, state.base, state.limit, state.rights);
    }
}
