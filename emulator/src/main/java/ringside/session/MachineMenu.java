package ringside.session;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import ringside.monitor.Options;

/**
 * One part of a machine, and what can be chosen for it.
 *
 * @param name as forms and addresses have it
 * @param usual what it is when nothing is said
 */
public record MachineMenu(String name, String usual, List<String> values) {
    /** All parts of {@link MachineChoice}, in its order. */
    static List<MachineMenu> all(List<String> memorySizes) {
        return MachineChoice.DEFAULT.parts().entrySet().stream()
                .map(part -> new MachineMenu(part.getKey(), part.getValue(), values(part.getKey(), memorySizes)))
                .toList();
    }

    private static List<String> values(String part, List<String> memorySizes) {
        return switch (part) {
            case "memory" -> memorySizes;
            case "irqchip" -> names(Options.Irqchip.values());
            case "hardware" ->
                Stream.of(Options.Virtualization.values())
                        .map(Options.Virtualization::text)
                        .toList();
            case "generation" ->
                Stream.of(Options.Generation.values())
                        .map(Options.Generation::text)
                        .toList();
            case "paging" ->
                Stream.concat(
                                Stream.of(MachineChoice.BEST),
                                Stream.of(Options.Paging.values()).map(Options.Paging::text))
                        .toList();
            case "translator" -> names(Options.Translator.values());
            default -> throw new IllegalStateException("no part of a machine is called " + part);
        };
    }

    private static List<String> names(Enum<?>[] all) {
        return Stream.of(all).map(one -> one.name().toLowerCase(Locale.ROOT)).toList();
    }
}
