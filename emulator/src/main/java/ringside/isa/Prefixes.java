package ringside.isa;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.Set;

/** The prefixes that a source writes before an instruction. */
final class Prefixes {
    /** Of ES, CS, SS, DS, FS, GS. */
    private static final int[] SEGMENTS = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65};

    private int repeat;
    private boolean lock;
    private int segment = -1;
    private int operandSize;
    private int addressSize;

    private static final Set<String> NAMES = Set.of(
            "rep",
            "repe",
            "repz",
            "xrelease",
            "repne",
            "repnz",
            "bnd",
            "xacquire",
            "lock",
            "o16",
            "o32",
            "o64",
            "a16",
            "a32",
            "a64",
            "es",
            "cs",
            "ss",
            "ds",
            "fs",
            "gs");

    static boolean isPrefix(String lowerCaseName) {
        return NAMES.contains(lowerCaseName);
    }

    /** Takes a word if it is a prefix. */
    boolean take(String name) {
        switch (name.toLowerCase(Locale.ROOT)) {
            case "rep", "repe", "repz", "xrelease" -> repeat = 0xF3;
            case "repne", "repnz", "bnd", "xacquire" -> repeat = 0xF2;
            case "lock" -> lock = true;
            case "o16", "o32", "o64" -> operandSize = Integer.parseInt(name.substring(1));
            case "a16", "a32", "a64" -> addressSize = Integer.parseInt(name.substring(1));
            case "es", "cs", "ss", "ds", "fs", "gs" ->
                segment = NamedRegister.of(name).orElseThrow().number();
            default -> {
                return false;
            }
        }
        return true;
    }

    /**
     * The bytes of prefixes that stand alone in a line, in NASM's order: repetition, lock, segment, address size, operand size.
     *
     * @param bits size of the code; a size that it has anyway takes no prefix
     */
    byte[] alone(int bits) {
        var bytes = new ByteArrayOutputStream();
        if (repeat != 0) {
            bytes.write(repeat);
        }
        if (lock) {
            bytes.write(0xF0);
        }
        if (segment >= 0) {
            bytes.write(SEGMENTS[segment]);
        }
        if (addressSize != 0 && addressSize != bits) {
            bytes.write(0x67);
        }
        if (operandSize != 0 && operandSize != (bits == 64 ? 32 : bits)) {
            bytes.write(0x66);
        }
        return bytes.toByteArray();
    }

    int repeat() {
        return repeat;
    }

    boolean lock() {
        return lock;
    }

    int segment() {
        return segment;
    }

    int operandSize() {
        return operandSize;
    }

    int addressSize() {
        return addressSize;
    }

    void addressSize(int bits) {
        addressSize = bits;
    }
}
