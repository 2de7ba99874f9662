package ringside.monitor.shadow;

import java.util.ArrayList;
import java.util.List;

/** Writes to the guest's tables that nobody has looked at yet. */
final class WrittenTables {
    /**
     * One of them.
     *
     * @param offset in the frame
     * @param size in bytes
     */
    record Write(int frame, int offset, int size) {}

    private List<Write> writes = new ArrayList<>();

    void add(int frame, int offset, int size) {
        writes.add(new Write(frame, offset, size));
    }

    /** All of them, which are looked at now. */
    List<Write> take() {
        if (writes.isEmpty()) {
            return List.of();
        }
        List<Write> taken = writes;
        writes = new ArrayList<>();
        return taken;
    }

    List<Write> save() {
        return List.copyOf(writes);
    }

    void restore(List<Write> saved) {
        writes = new ArrayList<>(saved);
    }
}
