package ringside.mmu;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The translation lookaside buffer: translations stay as they were when they were walked, however the tables change, until
 * INVLPG, a load of CR3 or another translation in their place drops them (SDM 3A, Caching Translation Information).
 *
 * <p>Direct-mapped by page number; a large page takes one entry for each 4 KiB page that is used.
 */
public final class Tlb {
    public static final int ENTRIES = 2048;

    private static final int INDEX = ENTRIES - 1;
    private static final long VALID = 1;
    private static final long GLOBAL = 2;
    private static final long LARGE = 4;
    private static final long DIRTY = 8;

    /** Linear page address with the bits above. */
    private final long[] tags = new long[ENTRIES];

    private final long[] pages = new long[ENTRIES];
    private final long[] rights = new long[ENTRIES];
    private int largeEntries;

    public static int index(long linear) {
        return (int) (linear >>> 12) & INDEX;
    }

    /** True where a translation of this page is held. */
    public boolean holds(long linear) {
        long tag = tags[index(linear)];
        return (tag & VALID) != 0 && (tag ^ linear) >>> 12 == 0;
    }

    /** Physical address of the page; only where {@link #holds}. */
    public long page(long linear) {
        return pages[index(linear)];
    }

    /** Rights as in {@link Walk#rights}; only where {@link #holds}. */
    public long rights(long linear) {
        return rights[index(linear)];
    }

    /** True where the walk that filled the entry found or set the dirty flag. */
    public boolean isDirty(long linear) {
        return (tags[index(linear)] & DIRTY) != 0;
    }

    /** Keeps the translation of a walk that succeeded. */
    public void fill(long linear, Walk walk) {
        int i = index(linear);
        if ((tags[i] & (VALID | LARGE)) == (VALID | LARGE)) {
            largeEntries--;
        }
        if (walk.large) {
            largeEntries++;
        }
        boolean dirty = (walk.entry[walk.entries - 1] & Paging.DIRTY) != 0;
        tags[i] =
                linear & ~0xFFFL | VALID | (walk.global ? GLOBAL : 0) | (walk.large ? LARGE : 0) | (dirty ? DIRTY : 0);
        pages[i] = walk.page;
        rights[i] = walk.rights;
    }

    /**
     * INVLPG: drops the page's translation, global or not.
     *
     * @return true where large pages were dropped, so that more than the one page is affected
     */
    public boolean drop(long linear) {
        if (largeEntries > 0) {
            // The page may be part of a large one that is held in pieces.
            dropAll(true);
            return true;
        }
        int i = index(linear);
        if ((tags[i] ^ linear) >>> 12 == 0) {
            tags[i] = 0;
        }
        return false;
    }

    /** Drops everything, or everything that is not global. */
    public void dropAll(boolean globalToo) {
        for (int i = 0; i < ENTRIES; i++) {
            if (globalToo || (tags[i] & GLOBAL) == 0) {
                if ((tags[i] & (VALID | LARGE)) == (VALID | LARGE)) {
                    largeEntries--;
                }
                tags[i] = 0;
            }
        }
    }

    /** One translation held, for views. */
    public record Entry(long linear, long page, long rights, boolean global, boolean large, boolean dirty) {}

    /** All translations held, by linear address. */
    public List<Entry> entries() {
        return IntStream.range(0, ENTRIES)
                .filter(i -> (tags[i] & VALID) != 0)
                .mapToObj(i -> new Entry(
                        tags[i] & ~0xFFFL,
                        pages[i],
                        rights[i],
                        (tags[i] & GLOBAL) != 0,
                        (tags[i] & LARGE) != 0,
                        (tags[i] & DIRTY) != 0))
                .sorted((a, b) -> Long.compareUnsigned(a.linear(), b.linear()))
                .toList();
    }

    /** The translations held, three numbers each: index with tag bits, page, rights. */
    public record State(List<Long> words) {
        public State {
            words = List.copyOf(words);
        }
    }

    public State save() {
        return new State(IntStream.range(0, ENTRIES)
                .filter(i -> (tags[i] & VALID) != 0)
                .mapToObj(i -> LongStream.of(tags[i], pages[i], rights[i]))
                .flatMapToLong(words -> words)
                .boxed()
                .toList());
    }

    public void restore(State state) {
        Arrays.fill(tags, 0);
        largeEntries = 0;
        for (int w = 0; w < state.words().size(); w += 3) {
            long tag = state.words().get(w);
            int i = index(tag);
            tags[i] = tag;
            pages[i] = state.words().get(w + 1);
            rights[i] = state.words().get(w + 2);
            if ((tag & LARGE) != 0) {
                largeEntries++;
            }
        }
    }
}
