package ringside.isa;

/** What privilege makes of an instruction: whether a monitor can be told about it, after Popek and Goldberg. */
public enum Trait {
    /** Means the same at every privilege level. */
    INNOCUOUS,
    /** Runs at every privilege level, but shows or changes something that a monitor may care about. */
    SENSITIVE,
    /** Allowed by the I/O privilege level, or port by port by the I/O permission map. */
    IO_SENSITIVE,
    /** Faults outside ring 0. */
    PRIVILEGED
}
