package ringside.monitor.shadow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import ringside.memory.Ram;

/** The shadow pages that there are, by what they stand for and by the guest's table; they lie in a pool of frames. */
final class ShadowPages {
    private final Ram ram;
    private final int firstFrame;
    private final int endFrame;
    private final Map<Key, ShadowPage> pages = new LinkedHashMap<>();
    private final Map<Long, List<ShadowPage>> byTable = new HashMap<>();
    private int nextFree;

    /** The pool reaches from {@code firstFrame} up to {@code endFrame}, not included. */
    ShadowPages(Ram ram, int firstFrame, int endFrame) {
        this.ram = ram;
        this.firstFrame = firstFrame;
        this.endFrame = endFrame;
        nextFree = firstFrame;
    }

    /** Frames that are left. */
    int free() {
        return endFrame - nextFree;
    }

    /** A cleared frame. */
    int allocate() {
        if (nextFree >= endFrame) {
            throw new IllegalStateException("no frame left for shadow tables");
        }
        int frame = nextFree++;
        Arrays.fill(ram.writable(frame), (byte) 0);
        ram.wrote(frame, 0, Ram.FRAME_SIZE);
        return frame;
    }

    boolean has(Key key) {
        return pages.containsKey(key);
    }

    /** The page for a key, empty where there was none. */
    ShadowPage page(Key key) {
        ShadowPage known = pages.get(key);
        if (known != null) {
            return known;
        }
        ShadowPage page = new ShadowPage(key, allocate(), key.shadowsTable() ? allocate() : 0);
        add(page);
        return page;
    }

    private void add(ShadowPage page) {
        pages.put(page.key(), page);
        if (page.key().shadowsTable()) {
            byTable.computeIfAbsent(page.key().table(), table -> new ArrayList<>())
                    .add(page);
        }
    }

    /** The pages that shadow the guest's table in a frame. */
    List<ShadowPage> ofTable(long frame) {
        return byTable.getOrDefault(frame, List.of());
    }

    boolean isTable(long frame) {
        return byTable.containsKey(frame);
    }

    Collection<ShadowPage> all() {
        return pages.values();
    }

    void clear() {
        pages.clear();
        byTable.clear();
        nextFree = firstFrame;
    }

    /** All pages in the order in which they were made, and the first free frame; their entries are in RAM. */
    record State(List<ShadowPage> pages, int nextFree) {}

    State save() {
        return new State(List.copyOf(pages.values()), nextFree);
    }

    void restore(State state) {
        clear();
        state.pages.forEach(this::add);
        nextFree = state.nextFree;
    }
}
