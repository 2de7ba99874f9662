package ringside.cpu;

import java.util.Optional;

/** What a fault during the delivery of an event comes to: SDM 3A, Interrupt 8, Conditions for Generating a Double Fault. */
enum Nesting {
    /** The fault is delivered, as if the event had not been. */
    SERIAL,
    DOUBLE_FAULT,
    SHUTDOWN;

    private enum Class {
        BENIGN,
        CONTRIBUTORY,
        PAGE_FAULT;

        static Class of(int vector) {
            return switch (vector) {
                case Fault.DIVIDE_ERROR,
                        Fault.INVALID_TSS,
                        Fault.SEGMENT_NOT_PRESENT,
                        Fault.STACK,
                        Fault.GENERAL_PROTECTION -> CONTRIBUTORY;
                case Fault.PAGE_FAULT -> PAGE_FAULT;
                default -> BENIGN;
            };
        }
    }

    /** Interrupts, and what instructions ask for, are benign whatever their vector. */
    static Nesting of(Optional<Delivery> during, Fault second) {
        if (during.isEmpty() || during.get().kind() != Delivery.Kind.HARDWARE_EXCEPTION) {
            return SERIAL;
        }
        int first = during.get().vector();
        Class secondClass = Class.of(second.vector());
        if (secondClass == Class.BENIGN) {
            return SERIAL;
        }
        if (first == Fault.DOUBLE_FAULT) {
            return SHUTDOWN;
        }
        return switch (Class.of(first)) {
            case BENIGN -> SERIAL;
            case CONTRIBUTORY -> secondClass == Class.CONTRIBUTORY ? DOUBLE_FAULT : SERIAL;
            case PAGE_FAULT -> DOUBLE_FAULT;
        };
    }
}
