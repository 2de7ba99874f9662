package ringside.isa;

import java.util.List;

/** The names of the registers, by size in bits and number. */
public final class RegisterNames {
    private static final List<String> BYTES = List.of("al", "cl", "dl", "bl", "ah", "ch", "dh", "bh");
    private static final List<String> WORDS = List.of("ax", "cx", "dx", "bx", "sp", "bp", "si", "di");
    private static final List<String> SEGMENTS = List.of("es", "cs", "ss", "ds", "fs", "gs");

    private RegisterNames() {}

    /**
     * The name of a general register.
     *
     * @param bits 8, 16, 32 or 64
     * @param number 0 to 15
     * @param high whether byte registers 4 to 7 are AH, CH, DH and BH, as they are without REX
     */
    public static String general(int bits, int number, boolean high) {
        if (number >= 8) {
            return "r" + number + (bits == 8 ? "b" : bits == 16 ? "w" : bits == 32 ? "d" : "");
        }
        return switch (bits) {
            case 8 -> number < 4 || high ? BYTES.get(number) : WORDS.get(number) + "l";
            case 16 -> WORDS.get(number);
            case 32 -> "e" + WORDS.get(number);
            case 64 -> "r" + WORDS.get(number);
            default -> throw new IllegalArgumentException("No register has " + bits + " bits");
        };
    }

    /** The name of a segment register, 0 to 5. */
    public static String segment(int number) {
        return SEGMENTS.get(number);
    }

    /** The NASM word for a size in bits, with a space after it; empty for sizes that have none. */
    static String sizeWord(int bits) {
        return switch (bits) {
            case 8 -> "byte ";
            case 16 -> "word ";
            case 32 -> "dword ";
            case 64 -> "qword ";
            case 128 -> "oword ";
            default -> "";
        };
    }
}
