package ringside.device;

/**
 * The names by which messages reach a local APIC: its ID, and a logical name in the flat or the cluster model.
 *
 * <p>Source: SDM 3A, Determining IPI Destination.
 */
final class ApicNames {
    private static final int EVERYBODY = 0xFF;
    private static final int FLAT = 0xF;

    private int id;
    private int logical;
    private int format;

    /** In x2APIC mode: names of 32 bits. */
    private boolean extended;

    ApicNames() {
        reset();
    }

    /** @param destination of a message on the bus: 8 bits */
    boolean isAddressed(int destination, boolean byLogicalName) {
        if (extended) {
            return isNamed(destination == EVERYBODY ? -1 : destination, byLogicalName);
        }
        if (destination == EVERYBODY) {
            return true;
        }
        if (!byLogicalName) {
            return destination == id;
        }
        return format >>> 28 == FLAT
                ? (destination & logical) != 0
                : destination >>> 4 == logical >>> 4 && (destination & logical & 0xF) != 0;
    }

    /** Is it the destination of a command? In x2APIC mode those have 32 bits, others 8. */
    boolean isCommanded(int destination, boolean byLogicalName) {
        return extended ? isNamed(destination, byLogicalName) : isAddressed(destination, byLogicalName);
    }

    /** SDM 3A, Determining IPI Destination in x2APIC Mode: sixteen logical names a cluster. */
    private boolean isNamed(int destination, boolean byLogicalName) {
        if (destination == -1) {
            return true;
        }
        return byLogicalName
                ? destination >>> 16 == extendedLogical() >>> 16 && (destination & extendedLogical() & 0xFFFF) != 0
                : destination == id;
    }

    /** x2APIC mode begins: the ID is the processor's own again. */
    void extend() {
        extended = true;
        id = 0;
    }

    /** It has ended. */
    void narrow() {
        extended = false;
    }

    /** The ID, in x2APIC mode. */
    int extendedId() {
        return id;
    }

    /** SDM 3A, Deriving Logical x2APIC ID from the Local x2APIC ID. */
    int extendedLogical() {
        return id >>> 4 << 16 | 1 << (id & 0xF);
    }

    /** Local APIC ID Register. */
    int id() {
        return id << 24;
    }

    void id(int value) {
        id = value >>> 24;
    }

    /** Logical Destination Register. */
    int logical() {
        return logical << 24;
    }

    void logical(int value) {
        logical = value >>> 24;
    }

    /** Destination Format Register; the bits below the model are ones. */
    int format() {
        return format;
    }

    void format(int value) {
        format = value | 0x0FFF_FFFF;
    }

    /** The ID stays. */
    void reset() {
        logical = 0;
        format = -1;
    }

    /** The three registers, and the mode. */
    public record State(int id, int logical, int format, boolean extended) {}

    State save() {
        return new State(id, logical, format, extended);
    }

    void restore(State state) {
        id = state.id;
        logical = state.logical;
        format = state.format;
        extended = state.extended;
    }
}
