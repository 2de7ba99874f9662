package ringside.image;

import java.util.Locale;
import java.util.regex.Pattern;

/** How much RAM a machine may have: 1 MiB to 1 GiB in whole pages of 4 KiB. */
public final class MemorySize {
    /** Least RAM in bytes: everything up to the end of the BIOS area of a PC. */
    public static final long LEAST = 1 << 20;

    /** Most RAM in bytes. */
    public static final long MOST = 1L << 30;

    /** RAM in bytes unless something else is asked for: 64 MiB. */
    public static final long DEFAULT = 64 << 20;

    private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})([KMGT]?)");

    private MemorySize() {}

    /**
     * Reads a size as people write it: {@code 64M}, {@code 2048K}, or bytes.
     *
     * @throws BadImage if it is not a size, or none that a machine may have
     */
    public static long parse(String text) {
        var match = SIZE.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (!match.matches()) {
            throw new BadImage(ImageWording.MEMORY_NO_SIZE.with(text));
        }
        long number = Long.parseLong(match.group(1));
        int shift = switch (match.group(2)) {
            case "K" -> 10;
            case "M" -> 20;
            case "G" -> 30;
            case "T" -> 40;
            default -> 0;
        };
        return checked(number > MOST ? Long.MAX_VALUE : number << shift, text);
    }

    /**
     * Checks a size in bytes.
     *
     * @throws BadImage if no machine may have it
     */
    public static long checked(long bytes) {
        return checked(bytes, Long.toString(bytes));
    }

    private static long checked(long bytes, String text) {
        if (bytes < LEAST || bytes > MOST) {
            throw new BadImage(ImageWording.MEMORY_IMPOSSIBLE.with(text));
        }
        if ((bytes & 0xFFF) != 0) {
            throw new BadImage(ImageWording.MEMORY_NO_PAGES.with(text));
        }
        return bytes;
    }
}
