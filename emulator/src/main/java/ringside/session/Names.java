package ringside.session;

import java.util.List;
import java.util.Locale;

/** Names of registers, as the manual writes them. */
final class Names {
    private static final List<String> GENERAL = List.of(
            "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");

    private Names() {}

    /**
     * A general register's name.
     *
     * @param index as the processor numbers it, 0 to 15
     * @param bits 32 or 64
     */
    static String general(int index, int bits) {
        var name = GENERAL.get(index);
        return index >= 8 ? name : (bits == 64 ? "r" : "e") + name;
    }

    /** A name of {@link Scene#NAMES} as it is shown. */
    static String system(String name) {
        return name.toUpperCase(Locale.ROOT);
    }
}
