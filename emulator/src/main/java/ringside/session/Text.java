package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import ringside.machine.SerialLog;

/** Bytes as people read them. */
final class Text {
    /** Characters of console text shown; more are counted. */
    private static final int MOST_CONSOLE = 16_384;

    private Text() {}

    static String twoDigits(int value) {
        return String.format(Locale.ROOT, "%02x", value);
    }

    /** At least four digits. */
    static String address(long value) {
        return String.format(Locale.ROOT, "%04x", value);
    }

    /** Printing ASCII, and dots. */
    static String characters(List<Integer> bytes) {
        var out = new StringBuilder();
        for (int value : bytes) {
            out.append(value >= ' ' && value < 0x7F ? (char) value : '.');
        }
        return out.toString();
    }

    /** The end of what came out of both ports. */
    static Views.Console console(SerialLog serial, SerialLog debug) {
        long bytes = serial.size() + serial.dropped();
        return new Views.Console(end(serial), bytes, bytes - Math.min(serial.size(), MOST_CONSOLE), end(debug));
    }

    /** With control characters as the pictures that Unicode has for them. */
    private static String end(SerialLog log) {
        var bytes = log.bytes();
        int from = Math.max(0, bytes.length - MOST_CONSOLE);
        var text = new String(bytes, from, bytes.length - from, StandardCharsets.ISO_8859_1);
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            out.append(visible(text.charAt(i)));
        }
        return out.toString();
    }

    private static String visible(char c) {
        if (c == '\n') {
            return "\n";
        }
        if (c < ' ') {
            return c == '\r' || c == '\t' ? (c == '\t' ? "\t" : "") : String.valueOf((char) (0x2400 + c));
        }
        if (c == 0x7F) {
            return "\u2421";
        }
        return c >= 0x80 && c < 0xA0 ? "\u00B7" : String.valueOf(c);
    }
}
