package ringside.session;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import ringside.cpu.Cpu;
import ringside.image.GuestImage;

/** What people type to say where in memory they want to look. */
final class Addresses {
    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};

    private Addresses() {}

    /**
     * Reads a number (hexadecimal, with or without 0x), a symbol, a general register or CR2, or {@code segment:offset}.
     *
     * @return linear address; empty where it is none of these
     */
    static Optional<Long> read(String typed, GuestImage image, Scene scene, Cpu cpu) {
        var text = typed.trim();
        int colon = text.indexOf(':');
        if (colon >= 0) {
            var base = segment(text.substring(0, colon).trim(), scene, cpu);
            var offset = simple(text.substring(colon + 1).trim(), image, scene, cpu);
            return base.flatMap(b -> offset.map(o -> b + o & (scene.bits() == 64 ? -1L : 0xFFFF_FFFFL)));
        }
        return simple(text, image, scene, cpu);
    }

    private static Optional<Long> segment(String text, Scene scene, Cpu cpu) {
        for (int i = 0; i < SEGMENTS.length; i++) {
            if (SEGMENTS[i].equalsIgnoreCase(text)) {
                return Optional.of(scene.bits() == 64 && i < 4 ? 0 : cpu.system.segments[i].base());
            }
        }
        return number(text).map(paragraph -> paragraph << 4);
    }

    private static Optional<Long> simple(String text, GuestImage image, Scene scene, Cpu cpu) {
        var symbol = image.symbols().get(text);
        if (symbol != null) {
            return Optional.of(symbol);
        }
        var lower = text.toLowerCase(Locale.ROOT);
        if (lower.matches("[er]?ip")) {
            return Optional.of(scene.rip());
        }
        if (lower.equals("cr2")) {
            return Optional.of(cpu.system.cr2);
        }
        return IntStream.range(0, 16)
                .filter(i -> lower.equals(Names.general(i, 64))
                        || lower.equals(Names.general(i, 32))
                        || i < 8 && lower.equals(Names.general(i, 32).substring(1)))
                .mapToObj(i -> width(lower, scene.general().get(i)))
                .findFirst()
                .or(() -> number(text));
    }

    private static long width(String name, long value) {
        return name.length() == 2 && !name.startsWith("r")
                ? value & 0xFFFF
                : name.startsWith("e") ? value & 0xFFFF_FFFFL : value;
    }

    private static Optional<Long> number(String text) {
        var digits = text.toLowerCase(Locale.ROOT)
                .replaceFirst("^0x", "")
                .replaceFirst("h$", "")
                .replace("_", "");
        if (digits.isEmpty() || digits.length() > 16 || !digits.matches("[0-9a-f]+")) {
            return Optional.empty();
        }
        return Optional.of(Long.parseUnsignedLong(digits, 16));
    }
}
