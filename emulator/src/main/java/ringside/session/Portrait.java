package ringside.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import ringside.cpu.Registers;
import ringside.isa.Syntax;
import ringside.monitor.Translation;
import ringside.probe.Event;
import ringside.replay.Timeline;
import ringside.trace.Answer;
import ringside.trace.HypercallCommands;
import ringside.trace.TraceLog;

/** Draws one column of a lab as records. */
final class Portrait {
    private static final int MOST_EXITS = 40;

    /** What a boundary pushes at most, in bytes; where the stack has moved farther, it is another one. */
    private static final int PUSHED = 128;

    private static final String PROCEDURE = "procedure";
    private static final String HANDLER = "handler";
    private static final Map<String, Integer> FLAGS = new LinkedHashMap<>();

    static {
        FLAGS.put("CF", Registers.CARRY);
        FLAGS.put("PF", Registers.PARITY);
        FLAGS.put("AF", Registers.ADJUST);
        FLAGS.put("ZF", Registers.ZERO);
        FLAGS.put("SF", Registers.SIGN);
        FLAGS.put("TF", Registers.TRAP);
        FLAGS.put("DF", Registers.DIRECTION);
        FLAGS.put("OF", Registers.OVERFLOW);
    }

    private final SourceMap source;
    private final Lockstep lockstep;
    private final Column column;
    private final Scene now;
    private final Optional<Scene> before;
    private final Listing listing;

    /** Of domains that do not run now, by name. */
    private final Map<String, Listing> listings;

    private final List<TraceLog.Entry> exits;
    private final boolean running;
    private final Syntax syntax;
    private final Lab lab;

    Portrait(Lab lab, Column column, boolean running, Syntax syntax) {
        this.syntax = syntax;
        this.lab = lab;
        this.running = running;
        this.source = column.source();
        this.lockstep = lab.lockstep();
        this.column = column;
        this.now = column.scene();
        this.before = column.before();
        this.exits = column.log().stream()
                .filter(entry -> entry.event() instanceof Event.Exit)
                .toList();
        var monitor = column.timeline().monitor();
        String domain = monitor.domain();
        this.listing = new Listing(source, syntax, monitor.believed(), now, before, of(domain));
        this.listings = others(domain);
    }

    private List<TraceLog.Entry> of(String domain) {
        return exits.stream()
                .filter(exit -> exit.event().domain().equals(domain))
                .toList();
    }

    /** What stands in the memory of domains that do not run now. */
    private Map<String, Listing> others(String running) {
        Map<String, Listing> others = new HashMap<>();
        for (TraceLog.Entry exit : exits) {
            String domain = exit.event().domain();
            if (!domain.equals(running)) {
                others.computeIfAbsent(
                        domain,
                        name -> new Listing(
                                column.source(name),
                                syntax,
                                column.timeline().monitor().believed(name),
                                now,
                                Optional.empty(),
                                List.of()));
            }
        }
        return others;
    }

    private Listing listingOf(String domain) {
        return Objects.requireNonNullElse(listings.get(domain), listing);
    }

    Views.Mode draw(long memoryAddress, OpenViews open) {
        var monitor = column.timeline().monitor();
        Optional<Scene> bare = comparedWith();
        long exitCount = column.exits();
        return new Views.Mode(
                column.letter(),
                column.mode(),
                column.time(),
                now.bits(),
                monitor.believed().system.cpl,
                monitor.real().system.cpl,
                column.context(),
                monitor.domain(),
                exitCount,
                column.timeline().cycles(),
                column.timeline()
                        .ending()
                        .map(end -> Sentence.of("ending." + end.kind().text(), end.status())),
                last(),
                differences(bare),
                listing.source(),
                translated(),
                listing.disassembly(),
                state(bare),
                left(exitCount),
                Math.max(0, exitCount - Math.min(MOST_EXITS, exits.size())),
                lane(),
                Text.console(monitor.machine().serial(), monitor.machine().debugText()),
                memory(memoryAddress),
                stack(),
                more(open));
    }

    /** Who ran lately. */
    Lanes lanes() {
        return Lanes.of(column);
    }

    /** The whole run, as far as it is known. */
    Course course() {
        return Course.of(column);
    }

    /** What everything has cost up to now. */
    Counts counts() {
        return Counts.of(column);
    }

    /** The last exits, latest first, each with the line that it is charged by. */
    Cards cards() {
        var costs = column.timeline().costs();
        List<Cards.Card> cards = new ArrayList<>();
        List<Views.Left> shown = left(column.exits());
        for (int i = 0; i < shown.size(); i++) {
            var event = exits.get(exits.size() - 1 - i).event();
            cards.add(new Cards.Card(shown.get(i), CostTable.Line.of(costs.line(event))));
        }
        return new Cards(cards);
    }

    /** Its source beside the unported one. */
    Port port() {
        return lab.port(column);
    }

    /** The page walks that are looked at. */
    Walks walks() {
        return lab.walks(column);
    }

    /** What a part holds, and what has changed of it. */
    Inspected inspection(String name) {
        return Inspections.compare(
                Inspections.of(column.timeline().monitor(), name),
                before.flatMap(
                        then -> Optional.ofNullable(column.inspectedBefore().get(name))));
    }

    private Map<String, Object> more(OpenViews open) {
        Map<String, Object> more = new LinkedHashMap<>();
        Panel.ALL.stream()
                .filter(panel -> open.has(panel.name()))
                .forEach(panel -> panel.draw(this).ifPresent(drawn -> more.put(panel.name(), drawn)));
        return more;
    }

    private Optional<Scene> comparedWith() {
        return running || isReference() || !lockstep.comparable(column)
                ? Optional.empty()
                : Optional.of(Scene.of(lockstep.bareBeside(column).monitor(), 0));
    }

    private boolean isReference() {
        return lockstep.isReference(column);
    }

    // What happened last.

    private Optional<Sentence> last() {
        if (before.isEmpty()) {
            return Optional.empty();
        }
        var events = column.moments().isEmpty()
                ? List.<Event>of()
                : column.moments().get(column.moments().size() - 1).events();
        for (Event event : events) {
            if (event instanceof Event.Delivery delivery) {
                return Optional.of(Sentence.of("last." + delivery.kind(), delivery.reason(), delivery.number()));
            }
        }
        String done = listingOf(before.get().domain()).textAt(before.get());
        return Optional.of(Sentence.of("last.performed", done));
    }

    private List<Views.Difference> differences(Optional<Scene> bare) {
        if (running || isReference()) {
            return List.of();
        }
        if (bare.isEmpty()) {
            Timeline reference = lockstep.bareBeside(column);
            return reference.ending().isPresent() && reference.time() < column.time()
                    ? List.of(new Views.Difference(
                            true,
                            Sentence.of("difference.title"),
                            List.of(Sentence.of("difference.ended", reference.time()))))
                    : reference.time() != column.time()
                            ? List.of(new Views.Difference(
                                    true,
                                    Sentence.of("difference.title"),
                                    List.of(Sentence.of("difference.time", reference.time(), column.time()))))
                            : List.of();
        }
        return Comparison.inWords(now, bare.get(), culprit(bare.get()));
    }

    /** The instruction just performed, if all was as on a bare machine before it. */
    private Optional<Sentence> culprit(Scene bare) {
        if (before.isEmpty() || !Comparison.differ(now, bare)) {
            return Optional.empty();
        }
        Timeline reference = lockstep.bareBeside(column);
        long time = reference.time();
        if (time != now.time() || before.get().time() == time) {
            return Optional.empty();
        }
        return bareBefore(reference)
                .filter(earlier -> earlier.time() == before.get().time() && !Comparison.differ(before.get(), earlier))
                .map(earlier -> Sentence.of(
                        leftLast() ? "difference.culprit.left" : "difference.culprit.silent",
                        before.map(scene -> listingOf(scene.domain()).textAt(scene))
                                .orElse(""),
                        Integer.parseInt(before.get().has("cpl"))));
    }

    private Optional<Scene> bareBefore(Timeline reference) {
        long time = reference.time();
        if (time == 0) {
            return Optional.empty();
        }
        for (Column other : lockstep.columns()) {
            if (other.timeline() == reference) {
                return other.before();
            }
        }
        reference.seek(before.orElseThrow().time());
        var scene = Scene.of(reference.monitor(), 0);
        reference.seek(time);
        return Optional.of(scene);
    }

    private boolean leftLast() {
        var moments = column.moments();
        return !moments.isEmpty()
                && moments.get(moments.size() - 1).events().stream().anyMatch(event -> event instanceof Event.Exit);
    }

    private Optional<Views.Translated> translated() {
        var monitor = column.timeline().monitor();
        var block = monitor.translation();
        var rows = block.map(Translation::rows).orElse(List.of());
        return monitor.translated()
                .map(counts -> new Views.Translated(
                        block.map(Translation::kept).orElse(false),
                        rows.stream().map(this::original).toList(),
                        Sentence.of(
                                "translation.counts",
                                counts.blocks(),
                                counts.instructions(),
                                counts.performed(),
                                counts.calls(),
                                counts.dropped()),
                        rows.stream()
                                .flatMap(row -> row.lines().stream())
                                .map(Translation.Line::word)
                                .filter(word -> !word.isEmpty())
                                .distinct()
                                .map(word -> Sentence.of("micro." + word))
                                .toList()));
    }

    private Views.Original original(Translation.Row row) {
        return new Views.Original(
                Text.address(now.linear() - now.rip() + row.rip()),
                listing.textAt(row.rip()),
                row.rip() == now.rip(),
                row.lines().stream().map(Translation.Line::text).toList(),
                row.lines().size());
    }

    // State.

    private Views.State state(Optional<Scene> bare) {
        return new Views.State(
                column.timeline().monitor().real()
                        == column.timeline().monitor().believed(),
                general(),
                flags(),
                system(bare));
    }

    private List<Views.Register> general() {
        boolean wide = now.bits() == 64 || now.general().stream().anyMatch(value -> value >>> 32 != 0);
        List<Views.Register> all = new ArrayList<>();
        int count = wide ? 16 : 8;
        for (int i = 0; i < count; i++) {
            int index = i;
            all.add(new Views.Register(
                    Names.general(i, 64),
                    Names.general(i, wide ? 64 : 32).toUpperCase(java.util.Locale.ROOT),
                    value(
                            Scene.hex(now.general().get(i)),
                            before.map(s -> Scene.hex(s.general().get(index))))));
        }
        all.add(new Views.Register(
                "rip", wide ? "RIP" : "EIP", value(Scene.hex(now.rip()), before.map(s -> Scene.hex(s.rip())))));
        all.add(new Views.Register(
                "rflags",
                wide ? "RFLAGS" : "EFLAGS",
                value(Scene.hex(now.flags()), before.map(s -> Scene.hex(s.flags())))));
        return all;
    }

    private List<Views.Flag> flags() {
        return FLAGS.entrySet().stream()
                .map(flag -> new Views.Flag(
                        flag.getKey(),
                        (now.flags() & flag.getValue()) != 0,
                        before.isPresent() && ((now.flags() ^ before.get().flags()) & flag.getValue()) != 0))
                .toList();
    }

    private List<Views.Row> system(Optional<Scene> bare) {
        return Scene.NAMES.stream()
                .map(name -> {
                    var believed = now.believes(name);
                    var there = bare.map(scene -> scene.believes(name));
                    return new Views.Row(
                            name,
                            Names.system(name),
                            value(believed, before.map(s -> s.believes(name))),
                            value(now.has(name), before.map(s -> s.has(name))),
                            there,
                            there.isPresent() && !there.get().equals(believed));
                })
                .toList();
    }

    private static Views.Value value(String now, Optional<String> old) {
        return new Views.Value(now, old.filter(was -> !was.equals(now)));
    }

    // Exits.

    private List<Views.Left> left(long exitCount) {
        List<Views.Left> all = new ArrayList<>();
        int from = Math.max(0, exits.size() - MOST_EXITS);
        for (int i = exits.size() - 1; i >= from; i--) {
            var entry = exits.get(i);
            var exit = (Event.Exit) entry.event();
            var text = listingOf(exit.domain()).textAt(entry.rip());
            all.add(new Views.Left(
                    exitCount - (exits.size() - 1 - i),
                    entry.time(),
                    Scene.hex(entry.rip()),
                    text,
                    exit.kind(),
                    exit.reason(),
                    exit.kind().equals("hypercall") ? HypercallCommands.name(exit.reason(), exit.detail()) : "",
                    exit.number(),
                    exit.qualification() == 0 ? "" : Scene.hex(exit.qualification()),
                    exit.answeredBy(),
                    exit.domain(),
                    contextOf(exit.answeredBy()),
                    column.timeline().costs().cycles(exit),
                    before.isPresent() && entry.time() >= before.get().time(),
                    Sentence.of(
                            "exit." + exit.kind() + "." + exit.reason(), text, exit.reason(), Scene.hex(exit.detail())),
                    fields(exit),
                    entry.steps().stream().map(Portrait::step).toList()));
        }
        return all;
    }

    private List<Views.Field> fields(Event.Exit exit) {
        return TraceLine.Happened.of(exit, column.timeline().costs()).decoded().stream()
                .map(field -> new Views.Field(field.name(), field.bits(), Scene.hex(field.value()), field.meaning()))
                .toList();
    }

    private static Views.Step step(Answer.Step step) {
        String name = step.deed().text();
        return new Views.Step(
                name,
                step.by(),
                contextOf(step.by()),
                step.detail() == 0 ? "" : Scene.hex(step.detail()),
                Sentence.of("step." + name));
    }

    static Views.Context contextOf(String answeredBy) {
        return switch (answeredBy) {
            case "kvm-user", "dom0" -> Views.Context.VMM;
            case "host-kernel" -> Views.Context.HOST_KERNEL;
            case "translator" -> Views.Context.TRANSLATED;
            case "cpu" -> Views.Context.GUEST_KERNEL;
            default -> Views.Context.HYPERVISOR;
        };
    }

    private Views.Lane lane() {
        return new Views.Lane(column.moments().stream()
                .map(moment -> new Views.Moment(
                        moment.time(),
                        moment.context(),
                        moment.idle(),
                        moment.events().stream()
                                .filter(event -> event instanceof Event.Exit)
                                .map(event -> (Event.Exit) event)
                                .map(exit -> new Views.Visit(contextOf(exit.answeredBy()), exit.reason()))
                                .collect(Collectors.toList())))
                .toList());
    }

    // Memory.

    private Views.Memory memory(long address) {
        var then = before.map(Scene::memory).orElse(now.memory());
        List<Views.MemoryRow> rows = new ArrayList<>();
        for (int row = 0; row < Scene.MEMORY_SIZE; row += 16) {
            int start = row;
            var bytes = IntStream.range(start, start + 16)
                    .mapToObj(i -> new Views.Byte(
                            Text.address(address + i),
                            now.memory().get(i) < 0
                                    ? "--"
                                    : Text.twoDigits(now.memory().get(i)),
                            !Objects.equals(now.memory().get(i), then.get(i))))
                    .toList();
            rows.add(new Views.MemoryRow(
                    Text.address(address + row),
                    bytes,
                    Text.characters(now.memory().subList(row, row + 16))));
        }
        return new Views.Memory(rows);
    }

    /** What entries are, by their indices: each frame begins with its caller's frame pointer, and behind that is the return address. */
    private void frames(Map<Integer, Role> roles) {
        long base = now.stackAddress();
        long segment = now.stackSegment();
        long pointer = now.general().get(Registers.RBP);
        while (true) {
            long index = (pointer + segment - base) / now.stackWidth();
            boolean onEntry = (pointer + segment - base) % now.stackWidth() == 0;
            if (!onEntry || index < 0 || index + 1 >= now.stack().size()) {
                return;
            }
            roles.put((int) index, new Role(PROCEDURE, Sentence.of("stack.frame")));
            roles.put((int) index + 1, new Role(PROCEDURE, Sentence.of("stack.return")));
            long outer = now.stack().get((int) index);
            if (Long.compareUnsigned(outer, pointer) <= 0) {
                return;
            }
            pointer = outer;
        }
    }

    /** What deliveries that were seen have pushed. */
    private void handled(Map<Integer, Role> roles) {
        for (Handlers.Frame frame : column.handled()) {
            long offset = frame.address() - now.stackAddress();
            if (offset % now.stackWidth() != 0 || frame.width() != now.stackWidth()) {
                continue;
            }
            int first = (int) (offset / now.stackWidth());
            var entries = frame.entries();
            for (int i = 0; i < entries.size(); i++) {
                roles.put(first + i, new Role(HANDLER, entries.get(i)));
            }
        }
    }

    /** What an entry belongs to, and what it is there. */
    private record Role(String frame, Sentence sentence) {}

    private Views.Stack stack() {
        Map<Integer, Role> roles = new HashMap<>();
        frames(roles);
        handled(roles);
        List<Views.Entry> entries = new ArrayList<>();
        for (int i = 0; i < now.stack().size(); i++) {
            long address = now.stackAddress() + (long) i * now.stackWidth();
            var was = before.filter(s -> s.stackWidth() == now.stackWidth()).flatMap(s -> entry(s, address));
            long entry = now.stack().get(i);
            var role = Optional.ofNullable(roles.get(i));
            entries.add(new Views.Entry(
                    Text.address(address),
                    value(Scene.hex(entry), was.map(Scene::hex)),
                    entry == 0 ? "" : source.symbolAt(entry),
                    role.map(Role::sentence),
                    role.map(Role::frame).orElse(""),
                    i == 0,
                    before.filter(s -> address < s.stackAddress() && now.stackAddress() > s.stackAddress() - PUSHED)
                            .isPresent()));
        }
        return new Views.Stack(entries);
    }

    /** What an entry of the stack was in a scene, also where it lay below the top then. */
    private static Optional<Long> entry(Scene then, long address) {
        long offset = address - then.stackAddress();
        long index = Math.floorDiv(offset, then.stackWidth());
        var entries = index < 0 ? then.below() : then.stack();
        long place = index < 0 ? -index - 1 : index;
        return offset % then.stackWidth() == 0 && place < entries.size()
                ? Optional.of(entries.get((int) place))
                : Optional.empty();
    }
}
