package ringside.isa;

import java.util.Map;
import java.util.Optional;

/** The files that a source may include: those of its own folder, or none. */
@FunctionalInterface
public interface SourceFolder {
    /** No files: for sources that were typed into a page. */
    SourceFolder NONE = name -> Optional.empty();

    /**
     * The bytes of a file.
     *
     * @param name as {@code %include} or {@code incbin} writes it; whoever implements this keeps it inside the folder
     */
    Optional<byte[]> read(String name);

    /** A folder that lives in memory. */
    static SourceFolder of(Map<String, byte[]> files) {
        var copy = Map.copyOf(files);
        return name -> Optional.ofNullable(copy.get(name)).map(byte[]::clone);
    }
}
