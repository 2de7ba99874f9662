package ringside.device;

import java.util.List;
import java.util.Optional;
import ringside.device.ApicMessage.Delivery;

/**
 * The interrupt command register of a local APIC: what it sends, and to whom. There is one processor: a message is for that one or for nobody.
 *
 * <p>Source: SDM 3A, Interrupt Command Register (ICR), and there, Valid Combinations.
 */
final class InterruptCommand {
    private static final int LOGICAL_DESTINATION = 1 << 11;
    private static final int LEVEL_ASSERT = 1 << 14;
    static final int WRITABLE = 0xC_CFFF;

    private int low;
    private int destination;

    int low() {
        return low;
    }

    void low(int value) {
        low = value & WRITABLE;
    }

    int high() {
        return destination << 24;
    }

    void high(int value) {
        destination = value >>> 24;
    }

    /** The register of x2APIC mode: 64 bits, of which the upper half is the destination. */
    long extended() {
        return (long) destination << 32 | low;
    }

    void extendedDestination(int value) {
        destination = value;
    }

    private Delivery delivery() {
        return Delivery.of(low >>> 8);
    }

    /** Is it a fixed interrupt with a vector that no APIC takes? */
    boolean isIllegal() {
        return delivery() == Delivery.FIXED && (low & 0xFF) < InterruptPriorities.FIRST_VECTOR;
    }

    /** What arrives at the APIC that sends; empty where nothing does. */
    Optional<ApicMessage> toItself(ApicNames names) {
        Delivery delivery = delivery();
        boolean addressed = switch (low >>> 18 & 3) {
            case 0 -> names.isCommanded(destination, (low & LOGICAL_DESTINATION) != 0);
            // Self, and all including self: only fixed delivery is valid there.
            case 1, 2 -> delivery == Delivery.FIXED;
            default -> false; // all excluding self
        };
        boolean deassert = delivery == Delivery.INIT && (low & LEVEL_ASSERT) == 0;
        return addressed && !deassert
                ? Optional.of(new ApicMessage(delivery, low & 0xFF, false, destination, false))
                : Optional.empty();
    }

    void reset() {
        low = 0;
        destination = 0;
    }

    /** Both halves. */
    List<Integer> save() {
        return List.of(low, destination);
    }

    void restore(List<Integer> state) {
        low = state.get(0);
        destination = state.get(1);
    }
}
