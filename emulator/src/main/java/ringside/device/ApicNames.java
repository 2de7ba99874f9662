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

    ApicNames() {
        reset();
    }

    boolean isAddressed(int destination, boolean byLogicalName) {
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

    /** The three registers. */
    public record State(int id, int logical, int format) {}

    State save() {
        return new State(id, logical, format);
    }

    void restore(State state) {
        id = state.id;
        logical = state.logical;
        format = state.format;
    }
}
