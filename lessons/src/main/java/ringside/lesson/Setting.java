package ringside.lesson;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import ringside.session.RunOptions;

/**
 * What a guest runs on: {@code vt-x}, or {@code kvm(hardware=amd-v,generation=2008)}.
 *
 * @param options beside the mode, by the names of the command line
 */
public record Setting(String mode, Map<String, String> options) {
    private static final Set<String> KNOWN = Set.of("irqchip", "hardware", "generation", "paging", "translator");

    public Setting {
        options = Map.copyOf(new TreeMap<>(options));
    }

    /** @throws Malformed where it does not read */
    static Setting read(String written) {
        String text = written.strip();
        int open = text.indexOf('(');
        if (open < 0) {
            return new Setting(mode(text), Map.of());
        }
        if (!text.endsWith(")")) {
            throw new Malformed("the options of " + text + " have no end");
        }
        var options = new TreeMap<String, String>();
        for (String option : text.substring(open + 1, text.length() - 1).split(",", -1)) {
            String[] parts = option.strip().split("=", 2);
            if (parts.length < 2 || !KNOWN.contains(parts[0])) {
                throw new Malformed(
                        "'" + option.strip() + "' is no option; there are " + new java.util.TreeSet<>(KNOWN));
            }
            options.put(parts[0], parts[1]);
        }
        return new Setting(mode(text.substring(0, open)), options);
    }

    private static String mode(String text) {
        if (!text.matches("[a-z][a-z-]*")) {
            throw new Malformed("'" + text + "' names no mode");
        }
        return text;
    }

    RunOptions runOptions() {
        RunOptions all = RunOptions.of(mode);
        for (var option : options.entrySet()) {
            all = all.with(option.getKey(), option.getValue());
        }
        return all;
    }
}
