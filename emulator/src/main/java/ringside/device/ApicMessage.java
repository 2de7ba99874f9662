package ringside.device;

/**
 * An interrupt message on the bus between APICs.
 *
 * @param vector 0 to 255; without meaning for some kinds of delivery
 * @param level its trigger mode is level: the end of its service is told to the I/O APIC
 * @param destination 8 bits
 * @param logical the destination is a set of logical names, not an APIC's ID
 */
public record ApicMessage(Delivery delivery, int vector, boolean level, int destination, boolean logical) {
    /** The address whose write is this message: SDM 3A, Message Address Register Format. */
    public long address() {
        return LocalApic.ADDRESS | (long) destination << 12 | (logical ? 1 << 2 : 0);
    }

    /** What is written there: SDM 3A, Message Data Register Format. */
    public int data() {
        return vector | delivery.ordinal() << 8 | (level ? 3 << 14 : 0);
    }

    /** The delivery mode field of APICs, by its number. */
    public enum Delivery {
        FIXED,
        LOWEST_PRIORITY,
        SMI,
        RESERVED,
        NMI,
        INIT,
        /** A start-up IPI; reserved elsewhere. */
        START_UP,
        /** The vector comes from an 8259A; reserved in IPIs. */
        EXTERNAL;

        private static final Delivery[] ALL = values();

        /** @param field its low three bits */
        public static Delivery of(int field) {
            return ALL[field & 7];
        }
    }
}
