package ringside.isa;

import java.util.List;

/** The sixteen conditions of Jcc, SETcc and CMOVcc (SDM 1, EFLAGS Condition Codes). */
public final class Conditions {
    private static final List<List<String>> NAMES = List.of(
            List.of("O"),
            List.of("NO"),
            List.of("C", "B", "NAE"),
            List.of("NC", "NB", "AE"),
            List.of("Z", "E"),
            List.of("NZ", "NE"),
            List.of("NA", "BE"),
            List.of("A", "NBE"),
            List.of("S"),
            List.of("NS"),
            List.of("PE", "P"),
            List.of("PO", "NP"),
            List.of("L", "NGE"),
            List.of("NL", "GE"),
            List.of("NG", "LE"),
            List.of("G", "NLE"));

    private Conditions() {}

    /** All names of a condition code from 0 to 15; the one that a disassembly shows comes first. */
    public static List<String> names(int code) {
        return NAMES.get(code);
    }
}
