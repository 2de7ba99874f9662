package ringside.isa;

import java.util.Locale;
import java.util.Set;

/** The prefixes that a source writes before an instruction. */
final class Prefixes {
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
