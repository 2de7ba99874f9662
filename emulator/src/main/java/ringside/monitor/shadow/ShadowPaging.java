package ringside.monitor.shadow;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.Walk;

/**
 * Shadow page tables as KVM has had them since 2007 (Linux, Documentation/virt/kvm/x86/mmu.rst): ordinary PAE or 4-level tables in the
 * monitor's frames, filled when a page is first used. A shadow page stands for one table of the guest, under whatever root, so that a
 * CR3 load finds again what was filled under that root before.
 *
 * <p>The guest's tables are never mapped writable, nor are frames whose writes a monitor must see for other reasons. After a write to a
 * table, entries that were made from the changed ones are taken away. So a shadow entry always says what the guest's tables say, with
 * their accessed flags set, and is writable only where the dirty flag is.
 *
 * <p>What a TLB may still know otherwise, until INVLPG or a CR3 load, is in the TLB of the processor that the guest believes in. An access by
 * such a translation cannot be filled in: the instruction must be performed there.
 */
public final class ShadowPaging {
    private final Ram ram;
    private final int guestFrames;
    private final Cpu believed;
    private final ShadowTables tables;
    private final Walk walk = new Walk();

    /** Pages of the guest's RAM that do not lead to the frame of their number. */
    private final BitSet withdrawn = new BitSet();

    private Optional<Root> root = Optional.empty();

    /**
     * Which tables the guest uses now, and their shadows.
     *
     * @param frames what CR3 or the four pointers say
     * @param tops one page, or four under PAE pointers
     */
    private record Root(Regime regime, List<Long> frames, int generation, List<ShadowPage> tops) {
        boolean is(Regime other, List<Long> otherFrames, int otherGeneration) {
            return regime.equals(other) && frames.equals(otherFrames) && generation == otherGeneration;
        }
    }

    /**
     * Shadow tables without a page.
     *
     * @param firstFrame of the pool for them, which ends before {@code endFrame}
     * @param guestFrames frames of the guest's RAM, from 0 on
     * @param believed the processor that the guest believes in
     * @param fixed what a view has beside the guest's pages
     */
    public ShadowPaging(
            Ram ram, int firstFrame, int endFrame, int guestFrames, Cpu believed, Map<View, FixedMapping> fixed) {
        this.ram = ram;
        this.guestFrames = guestFrames;
        this.believed = believed;
        tables = new ShadowTables(ram, new ShadowPages(ram, firstFrame, endFrame), guestFrames, fixed);
    }

    // Which tables the processor walks.

    /** Physical address of the table that the real processor's CR3 names in a view; what is there follows the guest's own CR3. */
    public long root(View view) {
        tables.settle();
        Root now = select(view);
        int frame = view.isLegacy() ? tables.pointers() : now.tops.get(0).frame();
        return (long) frame << 12;
    }

    /** One of the four pointers that stand there under PAE paging. */
    public long pointer(int i) {
        return ram.read(((long) tables.pointers() << 12) + i * 8L, 8);
    }

    private Root select(View view) {
        Regime regime = Regime.of(believed.system, view);
        List<Long> frames = guestRoots(regime);
        if (root.isPresent() && root.get().is(regime, frames, tables.generation())) {
            return root.get();
        }
        tables.makeRoom();
        List<ShadowPage> tops = new ArrayList<>();
        for (int i = 0; i < frames.size(); i++) {
            tops.add(tables.page(topKey(regime, frames.get(i), i)));
        }
        if (view.isLegacy()) {
            for (int i = 0; i < 4; i++) {
                long pointer = (long) tops.get(i).frame() << 12 | Paging.PRESENT;
                ram.write(((long) tables.pointers() << 12) + i * 8L, 8, pointer);
            }
        }
        tables.change();
        Root selected = new Root(regime, frames, tables.generation(), List.copyOf(tops));
        root = Optional.of(selected);
        return selected;
    }

    /** Frames of the outermost tables; without paging, the first frame of each gigabyte. */
    private List<Long> guestRoots(Regime regime) {
        var s = believed.system;
        if (!regime.view().isLegacy()) {
            return List.of((s.cr3 & ShadowTables.FRAME) >>> 12);
        }
        return switch (regime.entrySize()) {
            case 0 -> List.of(0L, 1L << 18, 2L << 18, 3L << 18);
            case 4 -> {
                long directory = s.cr3 >>> 12 & 0xF_FFFF;
                yield List.of(directory, directory, directory, directory);
            }
            default -> List.of(pae(s.pdpte[0]), pae(s.pdpte[1]), pae(s.pdpte[2]), pae(s.pdpte[3]));
        };
    }

    private static long pae(long pointer) {
        return (pointer & Paging.PRESENT) != 0 ? (pointer & ShadowTables.FRAME) >>> 12 : Key.NO_TABLE;
    }

    private Key topKey(Regime regime, long table, int i) {
        View view = regime.view();
        boolean holdsFixed = tables.fixed(view)
                .filter(mapping -> !view.isLegacy() || (mapping.linear() >>> 30 & 3) == i)
                .isPresent();
        int quadrant = regime.entrySize() == 4 || table == Key.NO_TABLE ? i : 0;
        return new Key(table, regime, view.top(), quadrant, Key.ALL, !regime.isPaging(), holdsFixed);
    }

    // Filling.

    /**
     * Fills in the page behind a fault of the real processor, where the guest's own tables allow the access.
     *
     * @param access as in {@link Paging}, with the ring that the guest believes in
     * @return false where the page cannot be mapped so that the access succeeds: the instruction must be performed for the guest
     * @throws ringside.cpu.Fault #PF where the guest's tables refuse: a true page fault
     */
    public boolean fill(View view, long linear, int access) {
        long physical = believed.memory.translateFor(linear, access);
        // That may have set accessed and dirty flags.
        tables.settle();
        if (!isOwn(physical) || !agreesWithTables(physical, linear, access)) {
            return false;
        }
        tables.makeRoom();
        Root now = select(view);
        return new Filling(linear, access, (int) (physical >>> 12))
                .from(now.tops.get(view.isLegacy() ? (int) (linear >>> 30) & 3 : 0));
    }

    /** Does a guest-physical page lead to the frame of its number? */
    private boolean isOwn(long physical) {
        long page = physical >>> 12;
        return page < guestFrames && !withdrawn.get((int) page);
    }

    /**
     * A page of the guest-physical memory leads elsewhere, or to the frame of its number again. What leads elsewhere is never filled in.
     *
     * @param away whether it leads elsewhere, or nowhere
     */
    public void withdraw(long page, boolean away) {
        if (page < guestFrames && withdrawn.get((int) page) != away) {
            withdrawn.set((int) page, away);
            tables.startOver();
        }
    }

    /** Do the guest's tables say what the TLB says? Leaves them in {@link #walk}. */
    private boolean agreesWithTables(long physical, long linear, int access) {
        Paging paging = believed.memory.paging();
        paging.walk(linear, Paging.PEEK, believed.memory.physical(), walk);
        if (paging.isOff()) {
            return true;
        }
        if (walk.error >= 0
                || walk.page != (physical & ~0xFFFL)
                || walk.rights != believed.memory.tlb().rights(linear)) {
            return false;
        }
        for (int i = 0; i < walk.entries; i++) {
            if ((walk.entry[i] & Paging.ACCESSED) == 0 || !isOwn(walk.address[i])) {
                return false;
            }
        }
        return (access & Paging.WRITE_ACCESS) == 0 || isDirty();
    }

    private boolean isDirty() {
        return walk.entries == 0 || (walk.entry[walk.entries - 1] & Paging.DIRTY) != 0;
    }

    /** The way down the shadow tables for one linear address, beside the guest's own tables in {@link #walk}. */
    private final class Filling {
        private final long linear;
        private final boolean write;
        private final int frame;

        /** Entries of the guest that have been used. */
        private int used;

        Filling(long linear, int access, int frame) {
            this.linear = linear;
            this.write = (access & Paging.WRITE_ACCESS) != 0;
            this.frame = frame;
        }

        boolean from(ShadowPage top) {
            ShadowPage page = top;
            while (page.key().level() > 1) {
                int index = page.index(linear);
                if (page.key().level() == 2 && tables.vacant(page, index) != 0) {
                    return false;
                }
                Key below = below(page);
                noteGuestEntry(page);
                ShadowPage child = tables.page(below);
                tables.put(page, index, (long) child.frame() << 12 | ShadowTables.TABLE);
                page = child;
            }
            return map(page);
        }

        private Key below(ShadowPage page) {
            Key key = page.key();
            int level = key.level() - 1;
            boolean holdsFixed = key.fixed() && tables.vacant(page, page.index(linear)) != 0;
            if (key.direct()) {
                long first = key.table() + page.index(linear) * page.framesOfEntry();
                return new Key(first, key.regime(), level, 0, key.access(), true, holdsFixed);
            }
            long entry = walk.entry[used];
            int access = key.access() & (int) (entry & Key.ALL | ~Key.ALL);
            if ((entry & Paging.NO_EXECUTE) != 0 && key.regime().entrySize() == 8) {
                access |= Key.NO_EXECUTE;
            }
            if (used == walk.entries - 1) {
                long first = (walk.page >>> 12) & -page.framesOfEntry();
                int clean = (entry & Paging.DIRTY) == 0 ? access & ~Key.WRITABLE : access;
                return new Key(first, key.regime(), level, 0, clean, true, holdsFixed);
            }
            boolean narrow = key.regime().entrySize() == 4;
            int quadrant = narrow ? (int) (linear >>> 21) & 1 : 0;
            long table = (entry & (narrow ? 0xFFFF_F000L : ShadowTables.FRAME)) >>> 12;
            return new Key(table, key.regime(), level, quadrant, access, false, holdsFixed);
        }

        /** The guest's entry that the next shadow entry is made from. */
        private void noteGuestEntry(ShadowPage page) {
            if (page.key().direct()) {
                return;
            }
            int size = page.key().regime().entrySize();
            int offset = (int) walk.address[used] & Ram.OFFSET;
            ram.write(((long) page.snapshot() << 12) + offset, size, walk.entry[used]);
            used++;
        }

        private boolean map(ShadowPage page) {
            Regime regime = page.key().regime();
            long rights = walk.rights;
            boolean forUsers = (rights & Paging.USER) != 0;
            boolean writable = isDirty() && (rights & Paging.WRITABLE) != 0;
            boolean user = forUsers || regime.view().kernelAtRing3();
            boolean executable = (rights & Paging.NO_EXECUTE) == 0;
            boolean kernelsOnly = regime.view().kernelAtRing3();
            if (write && !writable) {
                // CR0.WP is clear: the guest's supervisor may write what its users may only read.
                writable = true;
                user = kernelsOnly;
                kernelsOnly = true;
            }
            if (kernelsOnly && forUsers && regime.supervisorExecutionPrevention()) {
                executable = false;
            }
            if (tables.isWriteProtected(frame)) {
                if (write) {
                    return false;
                }
                writable = false;
            }
            noteGuestEntry(page);
            long leaf = (long) frame << 12
                    | Paging.PRESENT
                    | Paging.ACCESSED
                    | (writable ? Paging.WRITABLE | Paging.DIRTY : 0)
                    | (user ? Paging.USER : 0)
                    | (executable ? 0 : Paging.NO_EXECUTE);
            tables.put(page, page.index(linear), leaf);
            return true;
        }
    }

    // Writes that must be seen.

    /** From now on the guest's writes to this frame fault, until everything is dropped. */
    public void guard(int frame) {
        tables.guard(frame);
    }

    /** Does the frame hold a table of the guest, or anything else that is guarded? */
    public boolean isGuarded(int frame) {
        return tables.isGuarded(frame);
    }

    /** The same as {@link #guard} for a frame that holds code. It lasts until {@link #unprotect}, whatever the guest drops. */
    public void protect(int frame) {
        tables.protect(frame);
    }

    public void unprotect(int frame) {
        tables.unprotect(frame);
    }

    /** Takes away what was made from entries that the guest has changed since. */
    public void settle() {
        tables.settle();
    }

    /** Whether entries have been taken away or replaced since this was last asked: a TLB may still know them. */
    public boolean takeChanged() {
        return tables.takeChanged();
    }

    /** Counts how often everything was dropped, because the pool was full. */
    public int generation() {
        return tables.generation();
    }

    /** What is not in RAM, where the tables themselves are. */
    public record State(ShadowTables.State tables, BitSet withdrawn) {}

    public State save() {
        return new State(tables.save(), (BitSet) withdrawn.clone());
    }

    /** RAM has been restored already. */
    public void restore(State state) {
        tables.restore(state.tables);
        withdrawn.clear();
        withdrawn.or(state.withdrawn);
        root = Optional.empty();
    }
}
