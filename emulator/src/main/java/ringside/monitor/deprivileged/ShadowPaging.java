package ringside.monitor.deprivileged;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import ringside.cpu.Cpu;
import ringside.memory.Ram;
import ringside.mmu.Paging;
import ringside.mmu.Walk;

/**
 * Shadow page tables: what the real processor walks. They are ordinary PAE or 4-level tables in the monitor's frames, filled when a page
 * is first used, and follow the translations that the guest believes in (which its own INVLPG and CR3 loads drop).
 *
 * <p>A 64-bit guest's kernel runs at ring 3, where U/S tells nothing apart: it has a root of its own, in which all its pages are user
 * pages; the root of its programs holds user pages only.
 *
 * <p>Frames that hold the guest's page tables or descriptor tables, or code that its monitor has made other code from, are never mapped
 * writable: writing them is the monitor's business.
 */
final class ShadowPaging {
    /** Which tables the real processor uses. */
    enum View {
        LEGACY,
        LONG_KERNEL,
        LONG_USER
    }

    private static final int TABLE = Paging.PRESENT | Paging.WRITABLE | Paging.USER | Paging.ACCESSED;

    private final Ram ram;
    private final MonitorMemory place;
    private final int guestFrames;
    private final Cpu believed;
    private final Walk walk = new Walk();
    private final BitSet guarded = new BitSet();
    private final BitSet code = new BitSet();

    private KernelCode kernelCode = KernelCode.AS_IT_IS;

    /** Root frame of each view; 0 where it has none yet. */
    private final int[] roots = new int[View.values().length];

    private int nextFree;
    private int generation;

    /** Entries have lost the right to write since {@link #takeTightened}. */
    private boolean tightened;

    ShadowPaging(Ram ram, MonitorMemory place, int guestFrames, Cpu believed) {
        this.ram = ram;
        this.place = place;
        this.guestFrames = guestFrames;
        this.believed = believed;
        this.nextFree = place.firstPoolFrame();
    }

    /** From now on the kernel's code comes from elsewhere. All is dropped. */
    void kernelCode(KernelCode part) {
        kernelCode = part;
        dropAll();
    }

    /**
     * Is no table behind an address, so that the monitor may put its own there? The tables that say so are guarded.
     */
    boolean isFree(long linear) {
        believed.memory.paging().walk(linear, Paging.PEEK, believed.memory.physical(), walk);
        for (int i = 0; i < walk.entries; i++) {
            guard((int) Math.min(walk.address[i] >>> 12, Integer.MAX_VALUE));
        }
        return walk.error >= 0 && walk.entries <= 1;
    }

    /** Physical address of a view's root table. */
    long root(View view) {
        int i = view.ordinal();
        if (roots[i] == 0) {
            makeRoot(view);
        }
        return (long) roots[i] << 12;
    }

    /** The four PDPTEs of the legacy view. */
    long pointer(int i) {
        return ram.read(root(View.LEGACY) + i * 8L, 8);
    }

    boolean isGuarded(int frame) {
        return guarded.get(frame);
    }

    /** From now on the guest's writes to this frame trap. */
    void guard(int frame) {
        if (frame < guestFrames && !guarded.get(frame)) {
            guarded.set(frame);
            tighten(frame);
        }
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

    private void tighten(int frame) {
        ram.watch(frame);
        forEachLeaf((address, linear) -> {
            long leaf = ram.read(address, 8);
            if ((int) ((leaf & 0xFF_FFFF_F000L) >>> 12) == frame && (leaf & Paging.WRITABLE) != 0) {
                ram.write(address, 8, leaf & ~(long) Paging.WRITABLE);
                tightened = true;
            }
        });
    }

    /** Whether any entry has lost the right to write since this was last asked: the TLB may still know it otherwise. */
    boolean takeTightened() {
        boolean was = tightened;
        tightened = false;
        return was;
    }

    /**
     * Fills in the page behind a fault of the real processor, where the guest's own tables allow the access.
     *
     * @param access as in {@link Paging}
     * @return false where the page cannot be mapped so that the access succeeds: the instruction must be performed for the guest
     * @throws ringside.cpu.Fault #PF where the guest's tables refuse: a true page fault
     */
    boolean fill(View view, long linear, int access) {
        long physical = believed.memory.translateFor(linear, access);
        boolean paging = !believed.memory.paging().isOff();
        if (paging) {
            guardTables(linear, access);
        }
        int frame = (int) (physical >>> 12);
        if (physical >>> 12 >= guestFrames) {
            return false;
        }
        long rights = paging ? believed.memory.tlb().rights(linear) : Paging.USER | Paging.WRITABLE;
        boolean dirty = !paging || believed.memory.tlb().isDirty(linear);
        boolean write = (access & Paging.WRITE_ACCESS) != 0;
        boolean user = (rights & Paging.USER) != 0 || view == View.LONG_KERNEL;
        boolean writable = dirty && (rights & Paging.WRITABLE) != 0;
        if (write && !writable) {
            // CR0.WP is clear: the guest's supervisor may write what its users may only read.
            writable = true;
            user = view == View.LONG_KERNEL;
        }
        if (guarded.get(frame) || code.get(frame)) {
            if (write) {
                return false;
            }
            writable = false;
        }
        long execution = rights & Paging.NO_EXECUTE;
        long page = physical & ~0xFFFL;
        if (view == View.LEGACY && !user) {
            int from = kernelCode.frame(linear, frame);
            execution |= from == KernelCode.NOWHERE ? Paging.NO_EXECUTE : 0;
            if (from != KernelCode.NOWHERE && from != frame) {
                page = (long) from << 12;
                writable = false;
            }
        }
        long leaf = page
                | Paging.PRESENT
                | Paging.ACCESSED
                | (writable ? Paging.WRITABLE | Paging.DIRTY : 0)
                | (user ? Paging.USER : 0)
                | execution;
        ram.write(leafAddress(view, linear), 8, leaf);
        return true;
    }

    private void guardTables(long linear, int access) {
        believed.memory.paging().walk(linear, access | Paging.PEEK, believed.memory.physical(), walk);
        for (int i = 0; i < walk.entries; i++) {
            guard((int) Math.min(walk.address[i] >>> 12, Integer.MAX_VALUE));
        }
    }

    /** The guest has dropped its translation of a page. */
    void drop(long linear) {
        for (View view : View.values()) {
            boolean own = MonitorMemory.contains(linear, view != View.LEGACY)
                    || view == View.LEGACY && kernelCode.contains(linear);
            if (roots[view.ordinal()] != 0 && !own) {
                clearLeaf(view, linear);
            }
        }
    }

    private void clearLeaf(View view, long linear) {
        long table = (long) roots[view.ordinal()] << 12;
        for (int level = levels(view); level > 1; level--) {
            long entry = ram.read(table + index(linear, level) * 8L, 8);
            if ((entry & Paging.PRESENT) == 0) {
                return;
            }
            table = entry & 0xFF_FFFF_F000L;
        }
        ram.write(table + index(linear, 1) * 8L, 8, 0);
    }

    /** The guest has dropped all translations, or its tables serve another paging mode: start over. Nothing is guarded then. */
    void dropAll() {
        Arrays.fill(roots, 0);
        nextFree = place.firstPoolFrame();
        guarded.clear();
        generation++;
    }

    /** Counts how often everything was dropped. */
    int generation() {
        return generation;
    }

    /** After the guest wrote to its tables: shadow entries that they no longer say are dropped. */
    void dropStale() {
        forEachLeaf((address, linear) -> {
            long leaf = ram.read(address, 8);
            believed.memory.paging().walk(linear, Paging.PEEK, believed.memory.physical(), walk);
            boolean agrees = walk.error < 0
                    && walk.page >>> 12 == kernelCode.source((int) ((leaf & 0xFF_FFFF_F000L) >>> 12))
                    && ((leaf & Paging.WRITABLE) == 0
                            || (walk.entries == 0 || (walk.entry[walk.entries - 1] & Paging.DIRTY) != 0)
                                    && (walk.rights & Paging.WRITABLE) != 0);
            if (!agrees) {
                ram.write(address, 8, 0);
            }
        });
    }

    private interface LeafVisitor {
        void visit(long address, long linear);
    }

    private void forEachLeaf(LeafVisitor visitor) {
        for (View view : View.values()) {
            if (roots[view.ordinal()] != 0) {
                visit((long) roots[view.ordinal()] << 12, levels(view), 0, view, visitor);
            }
        }
    }

    private void visit(long table, int level, long linear, View view, LeafVisitor visitor) {
        int entries = view == View.LEGACY && level == 3 ? 4 : 512;
        for (int i = 0; i < entries; i++) {
            long entry = ram.read(table + i * 8L, 8);
            long at = linear | (long) i << 3 + 9 * level;
            if (level == 4) {
                at = at << 16 >> 16;
            }
            if ((entry & Paging.PRESENT) != 0 && !MonitorMemory.contains(at, view != View.LEGACY)) {
                if (level == 1 && view == View.LEGACY && kernelCode.contains(at)) {
                    continue;
                }
                if (level == 1) {
                    visitor.visit(table + i * 8L, at);
                } else {
                    visit(entry & 0xFF_FFFF_F000L, level - 1, at, view, visitor);
                }
            }
        }
    }

    private long leafAddress(View view, long linear) {
        long table = root(view);
        for (int level = levels(view); level > 1; level--) {
            long at = table + index(linear, level) * 8L;
            long entry = ram.read(at, 8);
            if ((entry & Paging.PRESENT) == 0) {
                int frame = allocate();
                if (frame < 0) {
                    dropAll();
                    return leafAddress(view, linear);
                }
                entry = (long) frame << 12 | TABLE;
                ram.write(at, 8, entry);
            }
            table = entry & 0xFF_FFFF_F000L;
        }
        return table + index(linear, 1) * 8L;
    }

    private static int levels(View view) {
        return view == View.LEGACY ? 3 : 4;
    }

    private static int index(long linear, int level) {
        return (int) (linear >>> 3 + 9 * level) & 0x1FF;
    }

    /** @return a cleared frame, or -1 where none is left */
    private int allocate() {
        if (nextFree >= place.endOfPool()) {
            return -1;
        }
        MonitorMemory.clearFrame(ram, nextFree);
        return nextFree++;
    }

    private void makeRoot(View view) {
        int root = allocate();
        if (root < 0) {
            dropAll();
            root = allocate();
        }
        roots[view.ordinal()] = root;
        if (view == View.LEGACY) {
            for (int i = 0; i < 4; i++) {
                ram.write(((long) root << 12) + i * 8L, 8, (long) allocate() << 12 | Paging.PRESENT);
            }
        }
        long base = view == View.LEGACY ? MonitorMemory.BASE_32 : MonitorMemory.BASE_64;
        long table = Paging.PRESENT | Paging.WRITABLE | Paging.ACCESSED | Paging.DIRTY | Paging.NO_EXECUTE;
        long code = Paging.PRESENT | Paging.ACCESSED | (view == View.LONG_KERNEL ? Paging.USER : 0);
        int codeFrames = view == View.LONG_USER ? 0 : place.codeFrames();
        for (int i = 0; i < MonitorMemory.TABLE_FRAMES + codeFrames; i++) {
            long own = (long) (place.firstFrame() + i) << 12 | (i < MonitorMemory.TABLE_FRAMES ? table : code);
            ram.write(leafAddress(view, base + i * 4096L), 8, own);
        }
        for (int i = 0; view == View.LEGACY && i < kernelCode.frames(); i++) {
            long own = (long) kernelCode.ownFrame(i) << 12 | (i < kernelCode.dataFrames() ? table : code);
            ram.write(leafAddress(view, kernelCode.base() + i * 4096L), 8, own);
        }
    }

    /** Roots, the guarded frames, those with code, and the first free frame; the tables themselves are in RAM. */
    record State(List<Integer> roots, BitSet guarded, BitSet code, int nextFree) {}

    State save() {
        return new State(
                Arrays.stream(roots).boxed().toList(), (BitSet) guarded.clone(), (BitSet) code.clone(), nextFree);
    }

    void restore(State state) {
        for (int i = 0; i < roots.length; i++) {
            roots[i] = state.roots.get(i);
        }
        guarded.clear();
        guarded.or(state.guarded);
        guarded.stream().forEach(ram::watch);
        code.clear();
        code.or(state.code);
        code.stream().forEach(ram::watch);
        nextFree = state.nextFree;
    }
}
