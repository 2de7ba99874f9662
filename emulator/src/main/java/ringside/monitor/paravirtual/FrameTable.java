package ringside.monitor.paravirtual;

import java.util.Arrays;
import ringside.machine.MachineConfig;

/**
 * What Xen knows of each machine frame: whose it is, how often it is referred to, and one type with its own count (Xen, arch/x86/mm.c).
 *
 * <p>Two numbers a frame, kept in chunks, so that snapshots share what did not change between them:
 *
 * <pre>
 * uses:  owner 31:30 | allocated 29 | references 28:0
 * types: type 31:28  | pinned 27    | validated 26    | count 25:0
 * </pre>
 */
final class FrameTable {
    /** Who owns a frame. */
    static final int NOBODY = 0;

    /** The guest's domain, domain 0, and Xen. */
    static final int DOMAIN = 1;

    static final int XEN = 2;
    static final int DOMAIN_0 = 3;

    private static final int CHUNK_BITS = 10;
    private static final int CHUNK = 1 << CHUNK_BITS;
    private static final int ALLOCATED = 1 << 29;
    private static final int REFERENCES = ALLOCATED - 1;
    private static final int PINNED = 1 << 27;
    private static final int VALIDATED = 1 << 26;
    private static final int TYPE_COUNT = VALIDATED - 1;

    private final int frames;
    private final int[][] uses;
    private final int[][] types;
    private final boolean[] dirty;
    private final Counts counts;
    private final int own;

    /** What all views of the table share: the last snapshot, where the search for a frame that nobody has begins, how many each owner has. */
    private static final class Counts {
        State last;
        int cursor;
        final int[] owned = new int[4];

        Counts(State last, int frames) {
            this.last = last;
            owned[NOBODY] = frames;
        }
    }

    /** @param frames of the whole machine */
    FrameTable(int frames) {
        this.frames = frames;
        own = DOMAIN;
        int chunks = frames + CHUNK - 1 >>> CHUNK_BITS;
        uses = new int[chunks][CHUNK];
        types = new int[chunks][CHUNK];
        dirty = new boolean[chunks];
        Arrays.fill(dirty, true);
        counts = new Counts(new State(new int[chunks][], new int[chunks][], 0, new int[4]), frames);
    }

    /** Of a machine before there are domains: behind the guests' frames are Xen's. */
    static FrameTable of(MachineConfig machine) {
        FrameTable table = new FrameTable(machine.allFrames());
        for (int frame = 0; frame < table.frames; frame++) {
            table.give(frame, frame < machine.guestFrames() ? NOBODY : XEN);
        }
        return table;
    }

    private FrameTable(FrameTable whole, int own) {
        frames = whole.frames;
        uses = whole.uses;
        types = whole.types;
        dirty = whole.dirty;
        counts = whole.counts;
        this.own = own;
    }

    /** The same table as another domain has to do with it. */
    FrameTable of(int owner) {
        return new FrameTable(this, owner);
    }

    /** Whose frames are meant by the domain's. */
    int own() {
        return own;
    }

    int frames() {
        return frames;
    }

    private int use(int frame) {
        return uses[frame >>> CHUNK_BITS][frame & CHUNK - 1];
    }

    private void use(int frame, int value) {
        uses[frame >>> CHUNK_BITS][frame & CHUNK - 1] = value;
        dirty[frame >>> CHUNK_BITS] = true;
    }

    private int types(int frame) {
        return types[frame >>> CHUNK_BITS][frame & CHUNK - 1];
    }

    private void types(int frame, int value) {
        types[frame >>> CHUNK_BITS][frame & CHUNK - 1] = value;
        dirty[frame >>> CHUNK_BITS] = true;
    }

    /** A frame becomes somebody's, with one reference that says so. */
    void give(int frame, int owner) {
        counts.owned[owner(frame)]--;
        counts.owned[owner]++;
        use(frame, owner << 30 | ALLOCATED | 1);
        types(frame, 0);
    }

    int owner(int frame) {
        return use(frame) >>> 30;
    }

    /** Is it a frame of the domain's? Any number may be asked for. */
    boolean isDomains(long frame) {
        return isOwned(frame, own);
    }

    private boolean isOwned(long frame, int owner) {
        return frame >= 0 && frame < frames && owner((int) frame) == owner;
    }

    /** Refers to a frame once more; false where it is not the domain's. */
    boolean get(long frame) {
        return get(frame, own);
    }

    /** Refers to a frame of this owner's once more; false where it is another's. */
    boolean get(long frame, int owner) {
        if (!isOwned(frame, owner)) {
            return false;
        }
        int use = use((int) frame);
        if ((use & REFERENCES) == 0 || (use & REFERENCES) == REFERENCES) {
            return false;
        }
        use((int) frame, use + 1);
        return true;
    }

    /** Refers to a frame once less; without references it is nobody's. */
    void put(int frame) {
        int use = use(frame);
        if ((use & REFERENCES) == 0) {
            throw new IllegalStateException("frame " + frame + " has no references");
        }
        boolean free = (use & REFERENCES) == 1;
        if (free) {
            counts.owned[owner(frame)]--;
            counts.owned[NOBODY]++;
        }
        use(frame, free ? 0 : use - 1);
    }

    /** A frame below {@code end} that nobody has; -1 where there is none. */
    int free(int end) {
        for (int i = 0; counts.owned[NOBODY] > 0 && i < end; i++) {
            counts.cursor = counts.cursor + 1 < end ? counts.cursor + 1 : 0;
            if (owner(counts.cursor) == NOBODY) {
                return counts.cursor;
            }
        }
        return -1;
    }

    /** How many frames are the domain's, those of Xen's that it may map included. */
    int owned() {
        return counts.owned[own];
    }

    /** Has the domain not given it back? */
    boolean isAllocated(int frame) {
        return (use(frame) & ALLOCATED) != 0;
    }

    int references(int frame) {
        return use(frame) & REFERENCES;
    }

    /** The domain gives a frame back; false where it already has. */
    boolean release(int frame) {
        int use = use(frame);
        if ((use & ALLOCATED) == 0) {
            return false;
        }
        use(frame, use & ~ALLOCATED);
        put(frame);
        return true;
    }

    FrameType type(int frame) {
        return FrameType.of(types(frame) >>> 28);
    }

    int typeCount(int frame) {
        return types(frame) & TYPE_COUNT;
    }

    boolean isPinned(int frame) {
        return (types(frame) & PINNED) != 0;
    }

    void pin(int frame, boolean value) {
        types(frame, value ? types(frame) | PINNED : types(frame) & ~PINNED);
    }

    boolean isValidated(int frame) {
        return (types(frame) & VALIDATED) != 0;
    }

    void validated(int frame, boolean value) {
        types(frame, value ? types(frame) | VALIDATED : types(frame) & ~VALIDATED);
    }

    /** A frame that is used as nothing becomes another type, not validated. */
    void type(int frame, FrameType type) {
        types(frame, type.ordinal() << 28);
    }

    /** Uses a frame that is no page table as writable once more; false where it is used as something else. The frame is referred to. */
    boolean getWritable(int frame) {
        if (typeCount(frame) == 0) {
            type(frame, FrameType.WRITABLE);
            validated(frame, true);
        } else if (type(frame) != FrameType.WRITABLE) {
            return false;
        }
        return countUp(frame);
    }

    /** False where there are too many. */
    boolean countUp(int frame) {
        if (typeCount(frame) == TYPE_COUNT) {
            return false;
        }
        types(frame, types(frame) + 1);
        return true;
    }

    void countDown(int frame) {
        if (typeCount(frame) == 0) {
            throw new IllegalStateException("frame " + frame + " is used as nothing");
        }
        types(frame, types(frame) - 1);
    }

    /** The whole table; chunks are shared between snapshots. */
    static final class State {
        private final int[][] uses;
        private final int[][] types;

        private final int cursor;
        private final int[] owned;

        private State(int[][] uses, int[][] types, int cursor, int[] owned) {
            this.uses = uses;
            this.types = types;
            this.cursor = cursor;
            this.owned = owned;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof State that
                    && cursor == that.cursor
                    && Arrays.equals(owned, that.owned)
                    && Arrays.deepEquals(uses, that.uses)
                    && Arrays.deepEquals(types, that.types);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.deepHashCode(uses) + Arrays.deepHashCode(types);
        }
    }

    State save() {
        int[][] savedUses = counts.last.uses.clone();
        int[][] savedTypes = counts.last.types.clone();
        for (int i = 0; i < dirty.length; i++) {
            if (dirty[i]) {
                savedUses[i] = uses[i].clone();
                savedTypes[i] = types[i].clone();
                dirty[i] = false;
            }
        }
        counts.last = new State(savedUses, savedTypes, counts.cursor, counts.owned.clone());
        return counts.last;
    }

    void restore(State state) {
        for (int i = 0; i < dirty.length; i++) {
            uses[i] = state.uses[i].clone();
            types[i] = state.types[i].clone();
            dirty[i] = false;
        }
        counts.last = state;
        counts.cursor = state.cursor;
        System.arraycopy(state.owned, 0, counts.owned, 0, counts.owned.length);
    }
}
