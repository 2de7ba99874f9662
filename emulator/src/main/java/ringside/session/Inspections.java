package ringside.session;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import ringside.cpu.Cpu;
import ringside.inspect.ControlView;
import ringside.inspect.DescriptorView;
import ringside.inspect.DeviceView;
import ringside.inspect.InterruptView;
import ringside.inspect.SegmentView;
import ringside.inspect.TaskView;
import ringside.monitor.Monitor;
import ringside.probe.Inspection;

/** Asks a machine's parts what they hold, and sets it beside what they held before the last boundary. */
final class Inspections {
    private static final int MANY = 40;

    /** What every processor can be asked. */
    private static final Map<String, Function<Cpu, Inspection>> OF_PROCESSORS = Map.of(
            "segments", SegmentView::of,
            "control", ControlView::of,
            "descriptors", DescriptorView::of,
            "idt", InterruptView::of,
            "tss", TaskView::of);

    /** One answer, or two: what the guest believes, and what the processor has. */
    record Told(Optional<Inspection> believed, Optional<Inspection> real) {
        private static final Told NOTHING = new Told(Optional.empty(), Optional.empty());
    }

    private Inspections() {}

    /** Everything that these views want to know now. */
    static Map<String, Told> of(Monitor monitor, OpenViews open) {
        Map<String, Told> told = new HashMap<>();
        for (String name : open.names()) {
            Panel.named(name).filter(Panel::inspects).ifPresent(panel -> told.put(name, of(monitor, name)));
        }
        return told;
    }

    static Told of(Monitor monitor, String name) {
        Optional<Function<Cpu, Inspection>> ask = Optional.ofNullable(OF_PROCESSORS.get(name));
        if (ask.isPresent()) {
            Cpu believed = monitor.believed();
            Cpu real = monitor.real();
            return new Told(
                    Optional.of(ask.get().apply(believed)),
                    real == believed ? Optional.empty() : Optional.of(ask.get().apply(real)));
        }
        if (name.equals("devices")) {
            return new Told(Optional.of(DeviceView.of(monitor.machine())), Optional.empty());
        }
        Optional<Supplier<Inspection>> offered =
                Optional.ofNullable(monitor.inspections().get(name));
        return new Told(offered.map(Supplier::get), Optional.empty());
    }

    /** @param before the last boundary; empty where that is not known */
    static Inspected compare(Told now, Optional<Told> before) {
        if (now.believed.isEmpty()) {
            return new Inspected(false, false, List.of());
        }
        Told then = before.orElse(Told.NOTHING);
        Sides sides = new Sides(items(now.believed), items(now.real), items(then.believed), items(then.real));
        boolean pair = now.real.isPresent();
        return new Inspected(
                true,
                pair,
                changedFirst(sections(now).stream()
                        .map(section -> sides.section(section, pair))
                        .toList()));
    }

    /** The same items, by their keys, on both sides and at both boundaries. */
    private record Sides(
            Map<String, Inspection.Item> believed,
            Map<String, Inspection.Item> real,
            Map<String, Inspection.Item> believedThen,
            Map<String, Inspection.Item> realThen) {
        Inspected.Section section(Inspection.Group group, boolean pair) {
            return new Inspected.Section(
                    sentence(group.title()),
                    group.items().stream()
                            .map(item -> item(key(group.title().name(), item), pair))
                            .toList(),
                    group.more());
        }

        private Inspected.Item item(String key, boolean pair) {
            return Inspections.item(
                    Optional.ofNullable(believed.get(key)),
                    Optional.ofNullable(real.get(key)),
                    Optional.ofNullable(believedThen.get(key)),
                    Optional.ofNullable(realThen.get(key)),
                    pair);
        }
    }

    /** The groups of both sides, each once, with the items that either side has of it. */
    private static Collection<Inspection.Group> sections(Told now) {
        Map<String, Inspection.Group> sections = new LinkedHashMap<>();
        Stream.of(now.believed, now.real)
                .flatMap(Optional::stream)
                .flatMap(side -> side.groups().stream())
                .forEach(group -> sections.merge(group.title().name(), group, Inspections::together));
        return sections.values();
    }

    private static Inspection.Group together(Inspection.Group one, Inspection.Group other) {
        Map<String, Inspection.Item> items = new LinkedHashMap<>();
        Stream.concat(one.items().stream(), other.items().stream())
                .forEach(item -> items.putIfAbsent(item.name(), item));
        return new Inspection.Group(one.title(), List.copyOf(items.values()), Math.max(one.more(), other.more()));
    }

    /** Where there are so many items that changes are hard to find, they stand at the beginning, too. */
    private static List<Inspected.Section> changedFirst(List<Inspected.Section> sections) {
        var all = sections.stream().flatMap(section -> section.items().stream()).toList();
        var changed = all.stream().filter(Inspections::hasChanged).toList();
        if (all.size() < MANY || changed.isEmpty()) {
            return sections;
        }
        List<Inspected.Section> more = new ArrayList<>();
        more.add(new Inspected.Section(Sentence.of("inspect.changed"), changed, 0));
        more.addAll(sections);
        return more;
    }

    private static boolean hasChanged(Inspected.Item item) {
        return item.believed().or(item::real).stream()
                .anyMatch(reading -> reading.value().old().isPresent());
    }

    private static Map<String, Inspection.Item> items(Optional<Inspection> told) {
        Map<String, Inspection.Item> items = new HashMap<>();
        told.ifPresent(one -> one.groups()
                .forEach(group -> group.items()
                        .forEach(item -> items.put(key(group.title().name(), item), item))));
        return items;
    }

    /** The same thing in believed and real state, and at two boundaries. */
    private static String key(String title, Inspection.Item item) {
        return title + '\n' + item.name();
    }

    private static Inspected.Item item(
            Optional<Inspection.Item> believed,
            Optional<Inspection.Item> real,
            Optional<Inspection.Item> believedThen,
            Optional<Inspection.Item> realThen,
            boolean pair) {
        var any = believed.or(() -> real).orElseThrow();
        boolean differs = pair
                && !(believed.isPresent()
                        && real.isPresent()
                        && believed.get().value().equals(real.get().value())
                        && believed.get().words().equals(real.get().words()));
        return new Inspected.Item(
                any.name(),
                any.place(),
                believed.map(item -> reading(item, believedThen, real)),
                real.map(item -> reading(item, realThen, believed)),
                differs);
    }

    /** @param other what the other side has */
    private static Inspected.Reading reading(
            Inspection.Item now, Optional<Inspection.Item> then, Optional<Inspection.Item> other) {
        List<Inspected.Bit> bits = new ArrayList<>();
        for (Inspection.Bit bit : now.bits()) {
            Optional<String> old = unlike(bit, then).map(was -> Long.toHexString(was.value()));
            bits.add(new Inspected.Bit(
                    bit.name(),
                    bit.title(),
                    bit.width() == 1 ? "" + bit.low() : bit.low() + bit.width() - 1 + ":" + bit.low(),
                    Long.toHexString(bit.value()),
                    old,
                    unlike(bit, other).isPresent()));
        }
        return new Inspected.Reading(
                new Views.Value(now.value(), then.map(Inspection.Item::value).filter(was -> !was.equals(now.value()))),
                bits,
                now.words().stream().map(Inspections::sentence).toList());
    }

    /** The same bit elsewhere, where it has another value there. */
    private static Optional<Inspection.Bit> unlike(Inspection.Bit bit, Optional<Inspection.Item> elsewhere) {
        return elsewhere
                .flatMap(item -> item.bits().stream()
                        .filter(same -> same.low() == bit.low())
                        .findFirst())
                .filter(same -> same.value() != bit.value());
    }

    private static Sentence sentence(Inspection.Term term) {
        return new Sentence("term." + term.name(), term.arguments());
    }
}
