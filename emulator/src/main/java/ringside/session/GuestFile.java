package ringside.session;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** A guest as a file: its name, its bytes, and the files beside it that a source may include. */
public final class GuestFile {
    private final String name;
    private final byte[] bytes;
    private final Function<String, Optional<byte[]>> folder;
    private final Optional<GuestFile> domain0;

    /**
     * @param name as messages shall call it; a source ends in {@code .asm}
     * @param folder the content of a file beside it; whoever implements it keeps the name inside the folder
     */
    public GuestFile(String name, byte[] bytes, Function<String, Optional<byte[]>> folder) {
        this(name, bytes, folder, Optional.empty());
    }

    private GuestFile(
            String name, byte[] bytes, Function<String, Optional<byte[]>> folder, Optional<GuestFile> domain0) {
        this.name = name;
        this.bytes = bytes.clone();
        this.folder = folder;
        this.domain0 = domain0;
    }

    /** A file without others beside it. */
    public GuestFile(String name, byte[] bytes) {
        this(name, bytes, file -> Optional.empty());
    }

    /** The same file as domain 1 of a machine whose domain 0 is the kernel in another one. */
    public GuestFile beside(GuestFile other) {
        return new GuestFile(name, bytes, folder, Optional.of(other));
    }

    /** The kernel of domain 0, where somebody has named one. */
    Optional<GuestFile> domain0() {
        return domain0;
    }

    public String name() {
        return name;
    }

    /** Whether its name says that it is a source: then the file itself says what options say of a binary. */
    public boolean isSource() {
        return name.toLowerCase(Locale.ROOT).endsWith(".asm");
    }

    /** In bytes. */
    int size() {
        return bytes.length;
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    public Function<String, Optional<byte[]>> folder() {
        return folder;
    }
}
