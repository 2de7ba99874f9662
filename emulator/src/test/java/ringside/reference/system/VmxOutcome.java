package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import ringside.cpu.vmx.VmcsField;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/** What vmx-hypervisor.asm prints of a case: for each entry and each call, what is not 0 or has changed; without what the manual leaves undefined. */
final class VmxOutcome {
    private static final long MOST_STEPS = 1_000_000_000L;
    private static final long RESUME = 1 << 16;
    private static final Pattern ENCODING = Pattern.compile("[0-9a-f]{3,4}");

    private final List<Map<String, Long>> steps = new ArrayList<>();

    VmxOutcome(String line) {
        for (String step : line.split(";", -1)) {
            if (!step.isBlank()) {
                steps.add(VmxDefined.of(parse(step)));
            }
        }
    }

    private static Map<String, Long> parse(String step) {
        Map<String, Long> values = new LinkedHashMap<>();
        for (String part : step.trim().split(" ")) {
            int sign = part.indexOf('=');
            if (sign < 0) {
                values.put(part, 1L);
            } else {
                values.put(name(part.substring(0, sign)), Long.parseUnsignedLong(part.substring(sign + 1), 16));
            }
        }
        return values;
    }

    private static String name(String name) {
        return ENCODING.matcher(name).matches()
                ? VmcsField.of(Integer.parseInt(name, 16)).map(Enum::name).orElse(name)
                : name;
    }

    /** The lines that Ringside's processor prints. */
    static List<String> ringside(VmxImage image) {
        var monitor =
                Modes.start("bare", image.guest(), Options.DEFAULT, event -> {}).orElseThrow();
        monitor.run(MOST_STEPS);
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1)
                .lines()
                .toList();
    }

    /** What differs, ours first. */
    String differenceFrom(VmxOutcome theirs) {
        var text = new StringBuilder();
        for (int i = 0; i < Math.max(steps.size(), theirs.steps.size()); i++) {
            Map<String, Long> ours = i < steps.size() ? steps.get(i) : Map.of();
            Map<String, Long> other = i < theirs.steps.size() ? theirs.steps.get(i) : Map.of();
            var names = new TreeSet<>(ours.keySet());
            names.addAll(other.keySet());
            for (String name : names) {
                if (!text(ours, name).equals(text(other, name))) {
                    text.append(text.isEmpty() ? "" : ", ")
                            .append(i == 0 ? "" : i + ": ")
                            .append(name);
                    text.append(' ').append(text(ours, name)).append(" / ").append(text(other, name));
                }
            }
        }
        return text.toString();
    }

    /** The names of what differs; doublewords of memory are all called {@code memory}, and bit 16 of flags has a name of its own. */
    Set<String> differingNames(VmxOutcome theirs) {
        Set<String> different = new TreeSet<>();
        for (int i = 0; i < Math.max(steps.size(), theirs.steps.size()); i++) {
            Map<String, Long> ours = i < steps.size() ? steps.get(i) : Map.of();
            Map<String, Long> other = i < theirs.steps.size() ? theirs.steps.get(i) : Map.of();
            var names = new TreeSet<>(ours.keySet());
            names.addAll(other.keySet());
            names.removeIf(name -> text(ours, name).equals(text(other, name)));
            names.forEach(name -> different.add(kind(name, ours.get(name), other.get(name))));
        }
        return different;
    }

    private static String kind(String name, @Nullable Long ours, @Nullable Long theirs) {
        boolean resume = ours != null && theirs != null && (ours ^ theirs) == RESUME;
        if (name.startsWith("[")) {
            return resume ? "pushed-RF" : "memory";
        }
        return resume && name.equals(GUEST_RFLAGS.name()) ? "RF" : name;
    }

    private static String text(Map<String, Long> values, String name) {
        Long value = values.get(name);
        return value == null ? "-" : Long.toHexString(value);
    }
}
