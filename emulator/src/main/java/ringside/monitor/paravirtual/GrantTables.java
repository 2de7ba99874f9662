package ringside.monitor.paravirtual;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import ringside.memory.Ram;

/**
 * The grant table of a domain: the entries in which it says who may use which of its frames, and what Xen keeps of those that are used: by
 * how many, and under which handles (Xen, common/grant_table.c; public header grant_table.h, version 1).
 *
 * <pre>
 *  63                     32 31       16 15                    0
 * +-------------------------+-----------+-----------------------+
 * | frame                   | domain    | flags                 |
 * +-------------------------+-----------+-----------------------+
 * </pre>
 */
final class GrantTables {
    static final int ENTRY = 8;
    static final int ENTRIES_A_FRAME = Ram.FRAME_SIZE / ENTRY;

    // Flags of an entry.
    static final int PERMIT_ACCESS = 1;
    static final int TYPE = 3;
    static final int READ_ONLY = 1 << 2;

    /** Set by Xen while the entry is in use. */
    static final int READING = 1 << 3;

    static final int WRITING = 1 << 4;

    /** The most mappings that a domain may have. */
    private static final int MOST_MAPPINGS = 4096;

    /**
     * A grant in use.
     *
     * @param owner the domain that has granted it
     * @param device for devices
     * @param host for the processor, at an address
     */
    record Mapping(int owner, int reference, int frame, boolean readOnly, boolean device, boolean host) {
        static final Mapping NONE = new Mapping(0, 0, 0, true, false, false);

        boolean isLive() {
            return device || host;
        }

        /** Does it use this entry of the owner's? */
        boolean isOf(int ofOwner, int ofReference) {
            return isLive() && owner == ofOwner && reference == ofReference;
        }
    }

    private final Ram ram;
    private final int first;
    private int size = 1;
    private List<Mapping> mappings = new ArrayList<>();
    private Deque<Integer> free = new ArrayDeque<>();

    /** @param first of {@link XenSpace#GRANT_FRAMES} frames for the table */
    GrantTables(Ram ram, int first) {
        this.ram = ram;
        this.first = first;
    }

    /** Frames of the table. */
    int size() {
        return size;
    }

    /** @param frames at most {@link XenSpace#GRANT_FRAMES} */
    void grow(int frames) {
        size = Math.max(size, frames);
    }

    /** A frame of the table, which becomes as large as that takes; -1 where it cannot be so large. Any number may be asked for. */
    int frameAt(long index) {
        if (index < 0 || index >= XenSpace.GRANT_FRAMES) {
            return -1;
        }
        grow((int) index + 1);
        return first + (int) index;
    }

    boolean exists(long reference) {
        return reference >= 0 && reference < (long) size * ENTRIES_A_FRAME;
    }

    private long address(int reference) {
        long frame = (long) first + reference / ENTRIES_A_FRAME;
        return (frame << 12) + (long) (reference % ENTRIES_A_FRAME) * ENTRY;
    }

    int flags(int reference) {
        return (int) ram.read(address(reference), 2);
    }

    int domain(int reference) {
        return (int) ram.read(address(reference) + 2, 2);
    }

    long frame(int reference) {
        return ram.read(address(reference) + 4, 4);
    }

    /** Makes an entry, as a guest would. */
    void permit(int reference, int toDomain, int frame) {
        ram.write(address(reference) + 2, 2, toDomain);
        ram.write(address(reference) + 4, 4, frame);
        ram.write(address(reference), 2, PERMIT_ACCESS);
    }

    /** Two entries change places. */
    void swap(int one, int other) {
        long entry = ram.read(address(one), ENTRY);
        ram.write(address(one), ENTRY, ram.read(address(other), ENTRY));
        ram.write(address(other), ENTRY, entry);
    }

    /** Says in an entry how it is used now. */
    void mark(int reference, boolean reading, boolean writing) {
        int flags = flags(reference) & ~(READING | WRITING);
        ram.write(address(reference), 2, flags | (reading ? READING : 0) | (writing ? WRITING : 0));
    }

    // Handles.

    /** Takes a handle; -1 where there are too many. One that was given back is the last to be taken again. */
    int take() {
        if (mappings.size() < MOST_MAPPINGS) {
            mappings.add(Mapping.NONE);
            return mappings.size() - 1;
        }
        return free.isEmpty() ? -1 : free.removeFirst();
    }

    void giveBack(int handle) {
        free.addLast(handle);
    }

    /** What a handle stands for; any number may be asked for. */
    Mapping mapping(long handle) {
        return handle >= 0 && handle < mappings.size() ? mappings.get((int) handle) : Mapping.NONE;
    }

    /** A handle stands for another mapping, or for none. */
    void set(int handle, Mapping mapping) {
        mappings.set(handle, mapping);
    }

    /** All mappings, of this domain's and of other domains' frames. */
    List<Mapping> mappings() {
        return Collections.unmodifiableList(mappings);
    }

    /** Does the domain use a frame of this owner's? */
    boolean useAnyOf(int owner) {
        return mappings.stream().anyMatch(mapping -> mapping.isLive() && mapping.owner() == owner);
    }

    /** How large the table is, all mappings, and the handles that were given back. */
    record State(int size, List<Mapping> mappings, List<Integer> free) {
        State {
            mappings = List.copyOf(mappings);
            free = List.copyOf(free);
        }
    }

    State save() {
        return new State(size, mappings, List.copyOf(free));
    }

    void restore(State state) {
        size = state.size;
        mappings = new ArrayList<>(state.mappings);
        free = new ArrayDeque<>(state.free);
    }
}
