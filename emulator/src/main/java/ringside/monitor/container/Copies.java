package ringside.monitor.container;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** One copy of the kernel's objects, which point to each other in circles: each is copied once, and all copies point to copies. */
final class Copies {
    private final Map<Object, Object> made = new IdentityHashMap<>();

    /**
     * The copy of an object.
     *
     * @param shell makes an object without content
     * @param fill gives it the content of the original; may ask for other copies, also for ones that lead back here
     */
    @SuppressWarnings("unchecked")
    <T> T of(T original, Supplier<T> shell, BiConsumer<T, T> fill) {
        Object there = made.get(original);
        if (there != null) {
            return (T) there;
        }
        T copy = shell.get();
        made.put(original, copy);
        fill.accept(original, copy);
        return copy;
    }

    /** Copies of a list's elements. */
    <T extends Copied<T>> List<T> all(List<T> originals) {
        List<T> copies = new ArrayList<>();
        originals.forEach(original -> copies.add(original.copy(this)));
        return copies;
    }

    /** A part of the kernel that can be copied with all that it points to. */
    interface Copied<T> {
        T copy(Copies copies);
    }
}
