package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/** Sample guests compared in two to four modes, to be shown: each choice is run when somebody asks for it first, and kept for a while. */
public final class PortTables {
    /** Steps that are enough for every sample guest. */
    private static final long LIMIT = 500_000;

    /** Tables that are kept. */
    private static final int MOST = 64;

    private final Guests guests = new Guests();

    private final Map<Key, Table> tables = new LinkedHashMap<>(MOST, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Table> eldest) {
            return size() > MOST;
        }
    };

    /** One comparison at a time. */
    private final Object turn = new Object();

    private record Key(String guest, List<String> modes, MachineChoice machine) {}

    /**
     * What a comparison found.
     *
     * @param modes that hold the guest, to choose from
     * @param sides how the guest ended in each mode that was chosen; their exits are told by segment alone
     * @param segments from milestone to milestone; of modes that run the same code there are none
     * @param divergence where they part
     * @param diffs the lines that the first mode does not share with each other that runs a port
     */
    public record Table(
            String guest,
            List<String> modes,
            List<Alignment.Side> sides,
            List<Alignment.Segment> segments,
            Optional<Alignment.Divergence> divergence,
            List<Diff> diffs) {
        public Table {
            modes = List.copyOf(modes);
            sides = List.copyOf(sides);
            segments = List.copyOf(segments);
            diffs = List.copyOf(diffs);
        }
    }

    /** The lines that two modes do not share. */
    public record Diff(String first, String second, PortDiff lines) {}

    /**
     * @param guest name of a sample guest; another one stands for the first
     * @param wanted up to four modes that hold it; where these are not two, the first that does and the last, or Xen's, are added
     * @param machine that all of them run on
     * @throws Refusal where there is no such machine, or a mode does not go with it
     */
    public Table of(String guest, List<String> wanted, MachineChoice machine) {
        String name = SampleGuests.names().contains(guest) ? guest : Recipe.FIRST_GUEST;
        List<String> holding = images(name).modes();
        List<String> modes = chosen(holding, wanted);
        checkMachine(modes, machine);
        Key key = new Key(name, modes, machine);
        synchronized (turn) {
            Table known = tables.get(key);
            if (known == null) {
                known = compare(key);
                tables.put(key, known);
            }
            return known;
        }
    }

    private static List<String> chosen(List<String> holding, List<String> wanted) {
        Set<String> chosen = new LinkedHashSet<>(wanted.stream()
                .filter(holding::contains)
                .distinct()
                .limit(Guests.MOST_COLUMNS)
                .toList());
        if (chosen.isEmpty()) {
            chosen.add(holding.get(0));
        }
        if (chosen.size() == 1) {
            chosen.add(
                    holding.contains("xen-pv") && !chosen.contains("xen-pv")
                            ? "xen-pv"
                            : holding.stream()
                                    .filter(mode -> !chosen.contains(mode))
                                    .reduce((earlier, later) -> later)
                                    .orElse(holding.get(0)));
        }
        return List.copyOf(chosen);
    }

    private void checkMachine(List<String> modes, MachineChoice machine) {
        Options options = guests.options(machine);
        for (String mode : modes) {
            Modes.refusal(mode, options).ifPresent(sentence -> {
                throw new Refusal(Sentence.of(
                        "refused.combination", mode, options.generation().text()));
            });
        }
    }

    private static Table compare(Key key) {
        GuestImages images = images(key.guest);
        if (key.modes.size() == 1) {
            return new Table(key.guest, images.modes(), List.of(), List.of(), Optional.empty(), List.of());
        }
        String first = key.modes.get(0);
        var options = OtherMachines.options(new GuestChoice.Sample(key.guest), first, key.machine);
        var comparison = new ModeComparison(file(key.guest), options, key.modes);
        Alignment found = comparison.run(LIMIT, () -> false);
        List<Diff> diffs = new ArrayList<>();
        for (int i = 1; i < key.modes.size(); i++) {
            String other = key.modes.get(i);
            if (images.in(first) != images.in(other)) {
                diffs.add(new Diff(
                        first,
                        other,
                        PortDiff.of(
                                images.in(first),
                                images.in(other),
                                comparison.calls().get(0),
                                comparison.calls().get(i))));
            }
        }
        return new Table(
                key.guest,
                images.modes(),
                found.sides().stream().map(PortTables::withoutExits).toList(),
                found.segments(),
                found.divergence(),
                diffs);
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
