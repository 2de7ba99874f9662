package ringside.isa;

import java.util.Optional;

/** Names for addresses in the code. */
@FunctionalInterface
public interface Symbols {
    /** Nothing has a name. */
    Symbols NONE = address -> Optional.empty();

    /** The name of exactly this address. */
    Optional<String> at(long address);
}
