package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import ringside.monitor.mode.Modes;

/** Sample guests compared in two modes, to be shown: each pair is run once, when somebody asks for it first. */
public final class PortTables {
    /** Steps that are enough for every sample guest. */
    private static final long LIMIT = 500_000;

    private final Map<Key, Table> tables = new ConcurrentHashMap<>();

    private record Key(String guest, String first, String second) {}

    /**
     * What a comparison found.
     *
     * @param modes that hold the guest, to choose from
     * @param sides how each of the two ended; their exits are told by segment alone
     * @param segments from milestone to milestone; of modes that run the same code there are none
     * @param divergence where they part
     * @param diff the lines that they do not share
     */
    public record Table(
            String guest,
            List<String> modes,
            List<Alignment.Side> sides,
            List<Alignment.Segment> segments,
            Optional<Alignment.Divergence> divergence,
            PortDiff diff) {
        public Table {
            modes = List.copyOf(modes);
            sides = List.copyOf(sides);
            segments = List.copyOf(segments);
        }
    }

    /**
     * @param guest name of a sample guest; another one stands for the first
     * @param first a mode that holds it; another one stands for the first that does
     * @param second a different one; another one stands for the last that does
     */
    public Table of(String guest, String first, String second) {
        String name = SampleGuests.names().contains(guest) ? guest : Recipe.FIRST_GUEST;
        List<String> modes = images(name).modes();
        String one = modes.contains(first) ? first : modes.get(0);
        List<String> others = modes.stream().filter(mode -> !mode.equals(one)).toList();
        String other = others.contains(second)
                ? second
                : others.isEmpty() ? one : others.contains("xen-pv") ? "xen-pv" : others.get(others.size() - 1);
        return tables.computeIfAbsent(new Key(name, one, other), PortTables::compare);
    }

    private static Table compare(Key key) {
        GuestImages images = images(key.guest);
        Alignment found = new Alignment(List.of(), Optional.empty(), List.of());
        List<Map<Integer, List<PortDiff.Call>>> calls = List.of(Map.of(), Map.of());
        if (!key.first.equals(key.second)) {
            var comparison = new ModeComparison(
                    file(key.guest), RunOptions.of(key.first), List.of(key.first, key.second));
            found = comparison.run(LIMIT, () -> false);
            calls = comparison.calls();
        }
        return new Table(
                key.guest,
                images.modes(),
                found.sides().stream().map(PortTables::withoutExits).toList(),
                found.segments(),
                found.divergence(),
                PortDiff.of(images.in(key.first), images.in(key.second), calls.get(0), calls.get(1)));
    }

    private static Alignment.Side withoutExits(Alignment.Side side) {
        long exits = side.exits().size() + side.moreExits();
        return new Alignment.Side(side.mode(), side.end(), side.status(), side.steps(), side.time(), List.of(), exits);
    }

    private static GuestFile file(String guest) {
        return new GuestFile(
                guest + ".asm",
                SampleGuests.source(guest).orElseThrow().getBytes(StandardCharsets.UTF_8),
                SampleGuests::file);
    }

    private static GuestImages images(String guest) {
        return GuestStart.checked(file(guest), RunOptions.of(holding(guest)));
    }

    /** Some mode that holds it. */
    private static String holding(String guest) {
        return Modes.names().stream()
                .filter(mode -> {
                    try {
                        GuestStart.checked(file(guest), RunOptions.of(mode));
                        return true;
                    } catch (BadInput refused) {
                        return false;
                    }
                })
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no mode holds " + guest));
    }
}
