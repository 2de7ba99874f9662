package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import ringside.probe.Event;

/** Makes of breakpoints what a search looks for in one column. */
final class Watches {
    private static final Pattern RANGE = Pattern.compile("(.+?)(?:\\+ *(0x[0-9a-fA-F]{1,5}|[0-9]{1,6}))?");
    private static final long MOST_BYTES = 1 << 16;

    private Watches() {}

    /** Bytes of memory from an address on. */
    record Range(long address, int length) {
        boolean meets(long linear, int size) {
            return linear < address + length && address < linear + size;
        }
    }

    /** What a column is watched for. */
    static List<Quarry> of(List<Stop> stops, Column column) {
        List<Quarry> all = new ArrayList<>();
        for (Stop stop : stops) {
            if (stop.enabled()) {
                of(stop, column).map(quarry -> conditional(stop, quarry)).ifPresent(all::add);
            }
        }
        return all;
    }

    private static Optional<Quarry> of(Stop stop, Column column) {
        return switch (stop.kind()) {
            case ADDRESS, LINE ->
                places(stop, column)
                        .map(place -> new Standing(
                                place.domain,
                                new long[] {place.linear},
                                Sentence.of("stop." + stop.kind().text(), stop.number(), stop.what())));
            case PORT -> Optional.of(port(stop));
            case MEMORY -> range(stop.what(), column).map(range -> new MemoryWatch(stop, range));
            case VALUE -> Optional.of(new ValueWatch(stop));
            case EXIT -> Optional.of(new Told(crossed -> exit(stop, crossed)));
        };
    }

    private static Quarry conditional(Stop stop, Quarry quarry) {
        return stop.condition().isEmpty() ? quarry : new Conditional(Expression.read(stop.condition()), quarry);
    }

    /** A place in the code of a domain; of any where the name is empty. */
    record Place(String domain, long linear) {}

    /** Where a breakpoint on code lies in a column. */
    static Optional<Place> places(Stop stop, Column column) {
        if (stop.kind() == Stop.Kind.LINE) {
            return Optional.ofNullable(column.source("").addresses.get(Integer.valueOf(stop.what())))
                    .map(address -> new Place(guest(column), address));
        }
        var address = address(stop.what(), column);
        return address.isPresent() ? Optional.of(new Place("", address.getAsLong())) : Optional.empty();
    }

    /** The guest's own domain, where there is another one. */
    private static String guest(Column column) {
        return column.timeline().monitor().domain().isEmpty() ? "" : "domU";
    }

    static OptionalLong address(String typed, Column column) {
        return Addresses.read(
                        typed,
                        column.image(),
                        column.scene(),
                        column.timeline().monitor().believed())
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
    }

    /** The memory that was meant; empty where nobody knows the address, or it is too much. */
    static Optional<Range> range(String typed, Column column) {
        Matcher parts = RANGE.matcher(typed);
        if (!parts.matches()) {
            return Optional.empty();
        }
        var address = address(parts.group(1), column);
        long length = parts.group(2) == null ? 1 : Long.decode(parts.group(2).replaceFirst("^0+(?=[1-9])", ""));
        return address.isEmpty() || length < 1 || length > MOST_BYTES
                ? Optional.empty()
                : Optional.of(new Range(address.getAsLong(), (int) length));
    }

    private static Quarry port(Stop stop) {
        var ports = Stop.Ports.of(stop.what());
        return crossed -> {
            var glance = crossed.glance;
            boolean write = glance.direction == Glance.Direction.OUT;
            if (!crossed.crossed
                    || crossed.delivered
                    || !glance.port
                    || !stop.access().counts(write)
                    || !ports.meets(glance.portNumber, glance.portSize)) {
                return Optional.empty();
            }
            long mask = (1L << 8 * glance.portSize) - 1;
            return Optional.of(Sentence.of(
                    write ? "stop.port.write" : "stop.port.read",
                    stop.number(),
                    Scene.hex(glance.portNumber),
                    Scene.hex(crossed.cpu().registers.get(0) & mask),
                    Scene.hex(crossed.from)));
        };
    }

    private static Optional<Sentence> exit(Stop stop, Lookout crossed) {
        for (Event event : crossed.events) {
            if (event instanceof Event.Exit && meant(stop.what(), event)) {
                return Optional.of(Sentence.of("stop.exit", stop.number(), event.reason(), event.number()));
            }
        }
        return Optional.empty();
    }

    private static boolean meant(String what, Event event) {
        return what.isEmpty()
                || what.toUpperCase(Locale.ROOT).equals(event.reason().toUpperCase(Locale.ROOT))
                || what.equals(Integer.toString(event.number()));
    }

    /** What is looked for counts only where a condition holds. */
    private record Conditional(Expression condition, Quarry inner) implements Quarry {
        @Override
        public void arm(Lookout here) {
            inner.arm(here);
        }

        @Override
        public Optional<long[]> places() {
            return inner.places();
        }

        @Override
        public boolean spies() {
            return inner.spies();
        }

        @Override
        public void accessed(long linear, int size, boolean write) {
            inner.accessed(linear, size, write);
        }

        @Override
        public Optional<Sentence> met(Lookout crossed) {
            var said = inner.met(crossed);
            return said.isPresent() && condition.holds(crossed.cpu()) ? said : Optional.empty();
        }
    }
}
