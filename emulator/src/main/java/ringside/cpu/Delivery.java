package ringside.cpu;

import java.util.OptionalInt;

/**
 * An event on its way to its handler.
 *
 * @param kind where it comes from
 * @param vector 0 to 255
 * @param errorCode what is pushed behind the return address; empty where nothing is
 * @param length of the instruction in bytes, for the kinds that an instruction makes; else 0
 */
public record Delivery(Kind kind, int vector, OptionalInt errorCode, int length) {
    /** SDM 3C, Format of the VM-Entry Interruption-Information Field. */
    public enum Kind {
        EXTERNAL_INTERRUPT(0),
        NON_MASKABLE_INTERRUPT(2),
        HARDWARE_EXCEPTION(3),
        /** INT n. */
        SOFTWARE_INTERRUPT(4),
        /** INT1. */
        PRIVILEGED_SOFTWARE_EXCEPTION(5),
        /** INT3 and INTO. */
        SOFTWARE_EXCEPTION(6);

        private final int type;

        Kind(int type) {
            this.type = type;
        }

        /** The number of the kind in a VMCS. */
        public int type() {
            return type;
        }
    }

    static Delivery external(int vector) {
        return new Delivery(Kind.EXTERNAL_INTERRUPT, vector, OptionalInt.empty(), 0);
    }

    static Delivery nonMaskable() {
        return new Delivery(Kind.NON_MASKABLE_INTERRUPT, Fault.NON_MASKABLE, OptionalInt.empty(), 0);
    }

    /** The delivery of a fault or debug trap. */
    static Delivery exception(Fault fault) {
        OptionalInt code = fault.hasErrorCode() ? OptionalInt.of(fault.errorCode()) : OptionalInt.empty();
        return new Delivery(Kind.HARDWARE_EXCEPTION, fault.vector(), code, 0);
    }

    static Delivery software(EventReceiver.Software software, int vector, int length) {
        Kind kind = switch (software) {
            case INT_N -> Kind.SOFTWARE_INTERRUPT;
            case INT1 -> Kind.PRIVILEGED_SOFTWARE_EXCEPTION;
            case INT3, INTO -> Kind.SOFTWARE_EXCEPTION;
        };
        return new Delivery(kind, vector, OptionalInt.empty(), length);
    }

    /** INT n, INT3 and INTO: the gate's DPL is compared with CPL, and error codes do not say "external". */
    public boolean isSoftware() {
        return kind == Kind.SOFTWARE_INTERRUPT || kind == Kind.SOFTWARE_EXCEPTION;
    }

    /** A fault pushes RFLAGS with RF set; debug traps and interrupts push it as it was. */
    public boolean setsResume() {
        return kind == Kind.HARDWARE_EXCEPTION && vector != Fault.DEBUG;
    }

    /** The error code of a fault that the vector's entry in the interrupt table causes: SDM 3A, Error Code. */
    int entryCode() {
        return vector << 3 | 2;
    }
}
