package ringside.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
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
        var believed = now.believed.get();
        Map<String, Inspection.Item> real = items(now.real);
        Map<String, Inspection.Item> believedThen = items(then.believed);
        Map<String, Inspection.Item> realThen = items(then.real);
        List<Inspected.Section> sections = new ArrayList<>();
        Set<String> titles = new LinkedHashSet<>();
        for (var side : List.of(Optional.of(believed), now.real)) {
            side.ifPresent(one ->
                    one.groups().forEach(group -> titles.add(group.title().name())));
        }
        for (String title : titles) {
            Set<String> keys = new LinkedHashSet<>();
            Map<String, Inspection.Item> mine = new HashMap<>();
            long more = 0;
            Optional<Inspection.Term> said = Optional.empty();
            for (var group : believed.groups()) {
                if (group.title().name().equals(title)) {
                    group.items().forEach(item -> mine.put(key(title, item), item));
                    group.items().forEach(item -> keys.add(key(title, item)));
                    more = group.more();
                    said = Optional.of(group.title());
                }
            }
            for (var group : now.real.map(Inspection::groups).orElse(List.of())) {
                if (group.title().name().equals(title)) {
                    group.items().forEach(item -> keys.add(key(title, item)));
                    more = Math.max(more, group.more());
                    said = said.or(() -> Optional.of(group.title()));
                }
            }
            sections.add(new Inspected.Section(
                    sentence(said.orElseThrow()),
                    keys.stream()
                            .map(key -> item(
                                    Optional.ofNullable(mine.get(key)),
                                    Optional.ofNullable(real.get(key)),
                                    Optional.ofNullable(believedThen.get(key)),
                                    Optional.ofNullable(realThen.get(key)),
                                    now.real.isPresent()))
                            .toList(),
                    more));
        }
        return new Inspected(true, now.real.isPresent(), changedFirst(sections));
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
