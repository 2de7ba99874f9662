package ringside.reference.xen;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a guest has asked Xen for, call by call, and what it has printed.
 *
 * @param serial what the guest wrote to the console
 * @param calls in the order in which they were made
 */
record XenRecording(String serial, List<Call> calls) {
    /**
     * A hypercall.
     *
     * @param result RAX behind it; empty where it does not come back
     */
    record Call(String name, List<Long> arguments, Optional<Long> result) {
        /** Without what depends on the machine. */
        String shown() {
            var row = HypercallAbi.of(name);
            var text = new StringBuilder(name);
            for (int i = 0; i < arguments.size(); i++) {
                text.append(" 0x").append(Long.toHexString(row.shown(i, arguments.get(i))));
            }
            return text + result.map(value -> " = " + value).orElse("");
        }

        private String raw() {
            return name
                    + arguments.stream()
                            .map(value -> " 0x" + Long.toHexString(value))
                            .collect(Collectors.joining())
                    + result.map(value -> " = " + value).orElse("");
        }

        private static Call read(String line) {
            String[] halves = line.split(" = ");
            List<String> words = Arrays.asList(halves[0].split(" "));
            return new Call(
                    words.get(0),
                    words.subList(1, words.size()).stream()
                            .map(word -> Long.parseUnsignedLong(word.substring(2), 16))
                            .toList(),
                    halves.length == 2 ? Optional.of(Long.parseLong(halves[1])) : Optional.empty());
        }
    }

    private static final String SERIAL = "> ";

    /** A line for each line that was printed, then one for each call. */
    String text() {
        List<String> lines = new ArrayList<>();
        serial.lines().map(SERIAL::concat).forEach(lines::add);
        calls.stream().map(Call::raw).forEach(lines::add);
        return String.join("\n", lines) + "\n";
    }

    static XenRecording read(String text) {
        String serial = text.lines()
                .filter(line -> line.startsWith(SERIAL))
                .map(line -> line.substring(SERIAL.length()) + "\n")
                .collect(Collectors.joining());
        List<Call> calls = text.lines()
                .filter(line -> !line.startsWith(SERIAL))
                .map(Call::read)
                .toList();
        return new XenRecording(serial, calls);
    }

    List<String> shown() {
        return calls.stream().map(Call::shown).toList();
    }
}
