package ringside.monitor.paravirtual;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.monitor.hardware.HardwareProcessor;

/**
 * From the pages of an HVM domain's guest-physical memory to the machine's frames (Xen, arch/x86/mm/p2m.c). The domain's RAM leads to the frames of
 * the same numbers, until the guest has a page lead elsewhere: to a frame that Xen shares with it, or nowhere.
 *
 * <p>It is the memory that the processor reaches on which Xen emulates; the tables of the real one are told of each change.
 */
public final class PhysicalMap implements PhysicalMemory {
    /** Pages of guest-physical memory: 36 bits of address. */
    private static final long PAGES = 1L << 24;

    private final PhysicalMemory inner;
    private final int ownPages;
    private Optional<HardwareProcessor> tables = Optional.empty();

    /** Pages that do not lead to the frame of their number, or are no RAM of the domain's; {@link #NONE} for those that lead nowhere. */
    private Map<Long, Integer> elsewhere = new HashMap<>();

    /** Pages that lead to frames which others have granted to the domain. */
    private Set<Long> granted = Set.of();

    /** Those of them that may only be read. */
    private Set<Long> readOnly = Set.of();

    private State saved = new State(Map.of(), Set.of(), Set.of());
    private boolean dirty;

    /**
     * @param inner the domain's RAM and its devices
     * @param ownPages of RAM
     */
    public PhysicalMap(PhysicalMemory inner, int ownPages) {
        this.inner = inner;
        this.ownPages = ownPages;
    }

    /** The processor whose tables follow this map from now on. */
    void drives(HardwareProcessor processor) {
        tables = Optional.of(processor);
    }

    @Override
    public Ram ram() {
        return inner.ram();
    }

    @Override
    public int frame(long physical, Use use, long linear) {
        if (elsewhere.isEmpty()) {
            return inner.frame(physical, use, linear);
        }
        Integer frame = elsewhere.get(physical >>> 12);
        if (frame == null) {
            return inner.frame(physical, use, linear);
        }
        boolean writes = use == Use.WRITE || use == Use.WALK_WRITE;
        return writes && isReadOnly(physical) ? NONE : frame;
    }

    @Override
    public long readOutside(long physical, int size) {
        return inner.readOutside(physical, size);
    }

    @Override
    public void writeOutside(long physical, int size, long value) {
        if (!isReadOnly(physical)) {
            inner.writeOutside(physical, size, value);
        }
    }

    /** Is RAM of the domain's at this address, in the frame of its number? Devices of others reach no other memory. */
    public boolean isOwn(long physical) {
        long page = physical >>> 12;
        return page < ownPages && !elsewhere.containsKey(page);
    }

    /** Is a page there that may only be read? What is written to it by whoever emulates is lost (p2m_is_discard_write). */
    public boolean isReadOnly(long physical) {
        return readOnly.contains(physical >>> 12);
    }

    /** Does a number stand for a page at all? */
    boolean isPage(long page) {
        return page >= 0 && page < PAGES;
    }

    /** The frame behind a page; {@link #NONE} where there is none. Any number may be asked for. */
    int frame(long page) {
        if (!isPage(page)) {
            return NONE;
        }
        Integer frame = elsewhere.get(page);
        return frame == null ? page < ownPages ? (int) page : NONE : frame;
    }

    /** The page that leads to a frame of Xen's; -1 where none does. */
    long pageOf(int frame) {
        for (Map.Entry<Long, Integer> entry : elsewhere.entrySet()) {
            if (entry.getValue() == frame) {
                return entry.getKey();
            }
        }
        return frame < ownPages && !elsewhere.containsKey((long) frame) ? frame : -1;
    }

    /** All pages that lead anywhere, in order. */
    List<Long> pages() {
        LongStream others = elsewhere.keySet().stream()
                .mapToLong(page -> page)
                .filter(page -> page >= ownPages)
                .sorted();
        return LongStream.concat(LongStream.range(0, ownPages), others)
                .filter(page -> frame(page) != NONE)
                .boxed()
                .toList();
    }

    /** The highest page that leads anywhere. */
    long highest() {
        long highest = ownPages - 1L;
        while (highest >= 0 && frame(highest) == NONE) {
            highest--;
        }
        for (Map.Entry<Long, Integer> entry : elsewhere.entrySet()) {
            if (entry.getValue() != NONE) {
                highest = Math.max(highest, entry.getKey());
            }
        }
        return highest;
    }

    /**
     * A page leads to a frame from now on.
     *
     * @return false where there is no room for the tables that this takes
     */
    boolean map(long page, int frame) {
        return map(page, frame, true);
    }

    private boolean map(long page, int frame, boolean writable) {
        if (!tables.orElseThrow().map(page, frame, writable)) {
            return false;
        }
        if (page == frame && page < ownPages && writable) {
            elsewhere.remove(page);
        } else {
            elsewhere.put(page, frame);
        }
        dirty = true;
        return true;
    }

    /** The same with a frame that another domain has granted. */
    boolean mapGrant(long page, int frame, boolean writable) {
        if (!map(page, frame, writable)) {
            return false;
        }
        granted = changed(granted, page, true);
        readOnly = changed(readOnly, page, !writable);
        return true;
    }

    /** Does a page lead to a frame that was granted? */
    boolean isGrant(long page) {
        return granted.contains(page);
    }

    private static Set<Long> changed(Set<Long> pages, long page, boolean is) {
        Set<Long> changed = new HashSet<>(pages);
        return (is ? changed.add(page) : changed.remove(page)) ? Set.copyOf(changed) : pages;
    }

    /** A page leads nowhere from now on. */
    void unmap(long page) {
        tables.orElseThrow().unmap(page);
        if (page < ownPages) {
            elsewhere.put(page, NONE);
        } else {
            elsewhere.remove(page);
        }
        granted = changed(granted, page, false);
        readOnly = changed(readOnly, page, false);
        dirty = true;
    }

    /** Where all pages lead that do not to the frames of their numbers. */
    record State(Map<Long, Integer> elsewhere, Set<Long> granted, Set<Long> readOnly) {}

    State save() {
        if (dirty) {
            saved = new State(Map.copyOf(elsewhere), granted, readOnly);
            dirty = false;
        }
        return saved;
    }

    /** The tables of the processor are restored by itself. */
    void restore(State state) {
        elsewhere = new HashMap<>(state.elsewhere);
        granted = state.granted;
        readOnly = state.readOnly;
        saved = state;
        dirty = false;
    }
}
