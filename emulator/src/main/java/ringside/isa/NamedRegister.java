package ringside.isa;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A register as a source names it.
 *
 * @param kind what it is
 * @param bits its size in bits; 0 for control and debug registers
 * @param number its number, 0 to 15
 * @param high whether it is AH, CH, DH or BH, which no instruction with REX reaches
 * @param needsRex whether it is SPL, BPL, SIL or DIL, which only an instruction with REX reaches
 */
record NamedRegister(Kind kind, int bits, int number, boolean high, boolean needsRex) {
    /** What a register is. */
    enum Kind {
        GENERAL,
        SEGMENT,
        CONTROL,
        DEBUG
    }

    private static final Map<String, NamedRegister> BY_NAME = byName();

    private static Map<String, NamedRegister> byName() {
        var names = new HashMap<String, NamedRegister>();
        for (int number = 0; number < 16; number++) {
            for (int bits = 8; bits <= 64; bits *= 2) {
                boolean low = bits == 8 && number >= 4 && number < 8;
                names.put(
                        RegisterNames.general(bits, number, false),
                        new NamedRegister(Kind.GENERAL, bits, number, false, low));
            }
            if (number >= 4 && number < 8) {
                names.put(
                        RegisterNames.general(8, number, true),
                        new NamedRegister(Kind.GENERAL, 8, number, true, false));
            }
            names.put("cr" + number, new NamedRegister(Kind.CONTROL, 0, number, false, false));
            names.put("dr" + number, new NamedRegister(Kind.DEBUG, 0, number, false, false));
        }
        for (int number = 0; number < 6; number++) {
            names.put(RegisterNames.segment(number), new NamedRegister(Kind.SEGMENT, 16, number, false, false));
        }
        return Map.copyOf(names);
    }

    /** The register of a name, in any case of letters. */
    static Optional<NamedRegister> of(String name) {
        return Optional.ofNullable(BY_NAME.get(name.toLowerCase(Locale.ROOT)));
    }

    /** Whether a name, in any case of letters, is a general register's. */
    static boolean isGeneral(String name) {
        return of(name).filter(r -> r.kind() == Kind.GENERAL).isPresent();
    }
}
