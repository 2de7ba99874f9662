package ringside.session;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import ringside.monitor.Options.Generation;
import ringside.trace.CostModel;

/**
 * The table of modelled costs, to be shown.
 *
 * @param generation of hardware
 * @param lines in the order in which the table is searched
 */
public record CostTable(String generation, List<Line> lines) {
    /** The generation that counts where nobody chose one. */
    public static final String LATEST = Generation.TODAY.text();

    /**
     * One line.
     *
     * @param event what is charged
     * @param key names that
     * @param processor on which it was measured, as the source names it
     * @param evidence how sure the number is
     * @param source paper or message, and what was measured there
     * @param citation the paper or message alone
     * @param measured what was measured there
     */
    public record Line(
            String event,
            String key,
            long cycles,
            String processor,
            String evidence,
            String source,
            String citation,
            String measured) {
        static Line of(CostModel.Line line) {
            return new Line(
                    line.event(),
                    name(line.event()),
                    line.cycles(),
                    line.processor(),
                    line.evidence().name().toLowerCase(Locale.ROOT),
                    line.source(),
                    line.citation(),
                    line.measured());
        }

        /** Names the processor. */
        public String processorKey() {
            return name(processor);
        }

        /** Names what was measured. */
        public String measuredKey() {
            return name(measured);
        }
    }

    public CostTable {
        lines = List.copyOf(lines);
    }

    /** The names of the generations. */
    public static List<String> generations() {
        return Stream.of(Generation.values()).map(Generation::text).toList();
    }

    /** @param generation one of {@link #generations} */
    public static CostTable of(String generation) {
        return new CostTable(
                generation,
                CostModel.of(GuestStart.generation(generation)).lines().stream()
                        .map(Line::of)
                        .toList());
    }

    /** What the lines say in English, by key, so that a page can say it in other languages. */
    static Map<String, String> english() {
        Map<String, String> texts = new TreeMap<>();
        generations()
                .forEach(generation -> of(generation).lines().forEach(line -> {
                    texts.put("cost.processor." + line.processorKey(), line.processor());
                    texts.put("cost.measured." + line.measuredKey(), line.measured());
                }));
        return texts;
    }

    /** What is charged, as a name: letters and digits with hyphens between. */
    private static String name(String event) {
        return event.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }
}
