package ringside.monitor.shadow;

import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.memory.Ram;
import ringside.mmu.Paging;

/**
 * The shadow pages with what keeps them true: the guest's tables are write-protected, and what was made from entries that changed is taken
 * away.
 */
final class ShadowTables {
    /** Frames that one page at most needs: tables of three levels with their snapshots, and what a new root brings. */
    private static final int ENOUGH = 24;

    static final long FRAME = 0xFF_FFFF_F000L;
    static final int TABLE = Paging.PRESENT | Paging.WRITABLE | Paging.USER | Paging.ACCESSED;

    private final Ram ram;
    private final int guestFrames;
    private final Map<View, FixedMapping> fixed;
    private final ShadowPages pages;
    private final WrittenTables written = new WrittenTables();
    private final BitSet guarded = new BitSet();
    private final BitSet code = new BitSet();

    /** Tables of the monitor's own pages, by view. */
    private final Map<View, Integer> fixedTables = new EnumMap<>(View.class);

    /** Where the four pointers of PAE paging are; 0 where there are none yet. */
    private int pointers;

    private int generation;

    /** Entries have lost rights, or were replaced, since {@link #takeChanged}. */
    private boolean changed;

    ShadowTables(Ram ram, ShadowPages pages, int guestFrames, Map<View, FixedMapping> fixed) {
        this.ram = ram;
        this.pages = pages;
        this.guestFrames = guestFrames;
        this.fixed = Map.copyOf(fixed);
        ram.observe(new Tables());
    }

    /** Starts over where the pool may not have enough frames for one page more. */
    void makeRoom() {
        if (pages.free() < ENOUGH) {
            startOver();
        }
    }

    /** The monitor's own addresses in a view. */
    Optional<FixedMapping> fixed(View view) {
        return Optional.ofNullable(fixed.get(view));
    }

    /** In a page that leads to the monitor's own addresses: the entry that does; -1 in others. */
    private int fixedIndex(Key key) {
        return key.fixed()
                ? fixed(key.regime().view())
                        .map(mapping -> ShadowPage.index(mapping.linear(), key.level()))
                        .orElse(-1)
                : -1;
    }

    /** Frame of the four pointers of PAE paging. */
    int pointers() {
        if (pointers == 0) {
            pointers = pages.allocate();
        }
        return pointers;
    }

    /** The page for a key; where it is new, it has the monitor's own entries, and the guest's table is guarded. */
    ShadowPage page(Key key) {
        boolean known = pages.has(key);
        ShadowPage page = pages.page(key);
        if (!known) {
            if (key.shadowsTable() && key.table() < guestFrames) {
                tighten((int) key.table());
            }
            int index = fixedIndex(key);
            if (index >= 0) {
                ram.write(page.entryAddress(index), 8, vacant(page, index));
            }
        }
        return page;
    }

    /** What an entry is where the guest has nothing: nothing, or the way to the monitor's own pages. */
    long vacant(ShadowPage page, int index) {
        Key key = page.key();
        if (index != fixedIndex(key)) {
            return 0;
        }
        int below = key.level() == 2
                ? fixedTable(key.regime().view())
                : page(new Key(Key.NO_TABLE, key.regime(), key.level() - 1, 0, Key.ALL, false, true))
                        .frame();
        return (long) below << 12 | TABLE;
    }

    private int fixedTable(View view) {
        return fixedTables.computeIfAbsent(view, any -> {
            int frame = pages.allocate();
            fixed(view).ifPresent(mapping -> write(mapping, frame));
            return frame;
        });
    }

    private void write(FixedMapping mapping, int frame) {
        long at = ((long) frame << 12) + ShadowPage.index(mapping.linear(), 1) * 8L;
        for (int i = 0; i < mapping.leaves().size(); i++) {
            ram.write(at + i * 8L, 8, mapping.leaves().get(i));
        }
    }

    void put(ShadowPage page, int index, long entry) {
        long at = page.entryAddress(index);
        long old = ram.read(at, 8);
        if (old != entry) {
            changed |= (old & Paging.PRESENT) != 0;
            ram.write(at, 8, entry);
        }
    }

    // Writes that must be seen.

    /** From now on the guest's writes to this frame fault, until everything is dropped. */
    void guard(int frame) {
        if (frame < guestFrames && !guarded.get(frame)) {
            guarded.set(frame);
            tighten(frame);
        }
    }

    boolean isGuarded(int frame) {
        return guarded.get(frame) || pages.isTable(frame);
    }

    /** The same for a frame that holds code. It lasts until {@link #unprotect}, whatever the guest drops. */
    void protect(int frame) {
        if (!code.get(frame)) {
            code.set(frame);
            tighten(frame);
        }
    }

    void unprotect(int frame) {
        code.clear(frame);
    }

    boolean isWriteProtected(int frame) {
        return isGuarded(frame) || code.get(frame);
    }

    /** No entry lets anybody write to the frame. */
    private void tighten(int frame) {
        ram.watch(frame);
        for (ShadowPage page : pages.all()) {
            if (page.key().level() > 1) {
                continue;
            }
            byte[] entries = ram.readable(page.frame());
            for (int i = 0; i < Ram.FRAME_SIZE; i += 8) {
                long leaf = Ram.get(entries, i, 8);
                if ((leaf & Paging.WRITABLE) != 0 && (leaf & FRAME) >>> 12 == frame) {
                    put(page, i / 8, leaf & ~(long) Paging.WRITABLE);
                }
            }
        }
    }

    /** Notices writes to the guest's tables, by whomever. */
    private final class Tables implements Ram.Observer {
        @Override
        public void dropWritable() {}

        @Override
        public void dropAll() {}

        @Override
        public void written(int frame, int offset, int size) {
            if (pages.isTable(frame)) {
                written.add(frame, offset, size);
            }
        }
    }

    /** Takes away what was made from entries that the guest has changed since. */
    void settle() {
        for (WrittenTables.Write write : written.take()) {
            for (ShadowPage page : pages.ofTable(write.frame())) {
                settle(page, write);
            }
        }
    }

    private void settle(ShadowPage page, WrittenTables.Write write) {
        int size = page.key().regime().entrySize();
        for (int at = write.offset() & -size; at < write.offset() + write.size(); at += size) {
            long now = ram.read(((long) write.frame() << 12) + at, size);
            long before = ram.read(((long) page.snapshot() << 12) + at, size);
            boolean onlyDirtied = (before | Paging.DIRTY) == now;
            if (before != 0 && before != now && !onlyDirtied) {
                ram.write(((long) page.snapshot() << 12) + at, size, 0);
                takeAway(page, at / size);
            }
        }
    }

    /** Empties the shadow entries of one of the guest's. */
    private void takeAway(ShadowPage page, int guestIndex) {
        Key key = page.key();
        if (key.regime().entrySize() == 8) {
            put(page, guestIndex, vacant(page, guestIndex));
        } else if (key.level() == 1) {
            if (guestIndex >>> 9 == key.quadrant()) {
                put(page, guestIndex & 0x1FF, 0);
            }
        } else if (guestIndex >>> 8 == key.quadrant()) {
            int first = (guestIndex & 0xFF) * 2;
            put(page, first, vacant(page, first));
            put(page, first + 1, vacant(page, first + 1));
        }
    }

    /** The processor walks other tables now, or the same ones have been replaced. */
    void change() {
        changed = true;
    }

    /** Whether entries have been taken away or replaced since this was last asked: a TLB may still know them. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    // Starting over.

    /** No table is shadowed and nothing is guarded any more. */
    void startOver() {
        pages.clear();
        written.take();
        guarded.clear();
        fixedTables.clear();
        pointers = 0;
        changed = true;
        generation++;
    }

    /** Counts how often everything was dropped, because the pool was full or pages lead elsewhere. */
    int generation() {
        return generation;
    }

    /** The pages, what is guarded, and what is to be looked at; the tables themselves are in RAM. */
    record State(
            ShadowPages.State pages,
            List<WrittenTables.Write> written,
            BitSet guarded,
            BitSet code,
            Map<View, Integer> fixedTables,
            int pointers,
            int generation,
            boolean changed) {}

    State save() {
        return new State(
                pages.save(),
                written.save(),
                (BitSet) guarded.clone(),
                (BitSet) code.clone(),
                Map.copyOf(fixedTables),
                pointers,
                generation,
                changed);
    }

    /** The tables in RAM have been restored already. */
    void restore(State state) {
        pages.restore(state.pages);
        pages.all().stream()
                .filter(page -> page.key().shadowsTable() && page.key().table() < guestFrames)
                .forEach(page -> ram.watch((int) page.key().table()));
        written.restore(state.written);
        restore(guarded, state.guarded);
        restore(code, state.code);
        fixedTables.clear();
        fixedTables.putAll(state.fixedTables);
        pointers = state.pointers;
        generation = state.generation;
        changed = state.changed;
    }

    private void restore(BitSet frames, BitSet saved) {
        frames.clear();
        frames.or(saved);
        frames.stream().forEach(ram::watch);
    }
}
