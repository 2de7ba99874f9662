package ringside.session;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import ringside.cpu.Cpu;
import ringside.cpu.LinearMemory;
import ringside.probe.Event;
import ringside.trace.NextInstruction;

/** Watches one column while it is moved boundary by boundary: what stood before the last one, what happened, and where it has led. */
final class Lookout implements LinearMemory.AccessListener {
    private final Column column;
    private final List<Quarry> quarries;
    private Optional<Sentence> reason = Optional.empty();
    private Optional<Trail> trail = Optional.empty();

    /** The instruction that stood before the boundary. */
    final Glance glance = new Glance();

    /** The domain that ran before it; empty where there is only one. */
    String domain = "";

    /** Guest time before it. */
    long fromTime;

    /** Linear address of the next instruction, before and after it. */
    long from;

    long at;

    /** The ring that the guest believed in, before and after it. */
    int fromRing;

    int ring;

    /** The stack pointer, before and after it. */
    long fromStack;

    long stack;

    /** What was told of it. */
    List<Event> events = List.of();

    /** The guest was delivered an exception or interrupt, and its instruction was not performed. */
    boolean delivered;

    /** Where the column stands was come to over a boundary, and not by other ways. */
    boolean crossed;

    private final List<Quarry> spies;

    Lookout(Column column, List<Quarry> quarries) {
        this.column = column;
        this.quarries = List.copyOf(quarries);
        this.spies = quarries.stream().filter(Quarry::spies).toList();
    }

    /** The column tells of every boundary from now on, and if somebody wants to know, of every access to memory. */
    void post() {
        column.watch(this);
        if (!spies.isEmpty()) {
            memories().forEach(memory -> memory.onAccess(this));
        }
    }

    void leave() {
        column.unwatch();
        if (!spies.isEmpty()) {
            memories().forEach(memory -> memory.onAccess(null));
        }
    }

    private Stream<LinearMemory> memories() {
        var monitor = column.timeline().monitor();
        var believed = monitor.domain().isEmpty()
                ? Stream.of(monitor.believed())
                : Stream.of("dom0", "domU").map(monitor::believed);
        return Stream.concat(Stream.of(monitor.real()), believed)
                .map(cpu -> cpu.memory)
                .distinct();
    }

    @Override
    public void accessed(long linear, int size, boolean write) {
        for (int i = 0; i < spies.size(); i++) {
            spies.get(i).accessed(linear, size, write);
        }
    }

    /** It tells the trail of every boundary. */
    void follow(Trail told) {
        trail = Optional.of(told);
    }

    Column column() {
        return column;
    }

    /**
     * The addresses at which alone something can be met, beside boundaries of which something was told.
     *
     * @return empty where it may be met anywhere, or the way there counts, or instructions are not fetched from the guest's own memory
     */
    Optional<long[]> places() {
        var all = quarries.stream().map(Quarry::places).toList();
        if (trail.isPresent() || all.stream().anyMatch(Optional::isEmpty)) {
            return Optional.empty();
        }
        long[] addresses = all.stream()
                .flatMapToLong(places -> LongStream.of(places.orElseThrow()))
                .toArray();
        var monitor = column.timeline().monitor();
        boolean fetched = monitor.runsInPlace() && monitor.domain().isEmpty();
        return addresses.length == 0 || fetched ? Optional.of(addresses) : Optional.empty();
    }

    /** What the guest believes now. */
    Cpu cpu() {
        return column.timeline().monitor().believed();
    }

    String domainNow() {
        return column.timeline().monitor().domain();
    }

    /** A search begins where the column stands. */
    void arm() {
        reason = Optional.empty();
        crossed = false;
        delivered = false;
        events = List.of();
        before();
        arrive();
        quarries.forEach(quarry -> quarry.arm(this));
    }

    /** Is the place where the column stands looked for, however it came there? */
    void ask() {
        for (Quarry quarry : quarries) {
            reason = reason.or(() -> quarry.met(this));
        }
    }

    void before() {
        Cpu cpu = cpu();
        domain = domainNow();
        fromTime = column.time();
        from = NextInstruction.linear(cpu);
        fromRing = cpu.system.cpl;
        fromStack = cpu.stackPointer();
        glance.at(cpu, from);
    }

    void after() {
        crossed = true;
        events = column.timeline().lastEvents();
        delivered = false;
        for (int i = 0; i < events.size(); i++) {
            delivered |= events.get(i) instanceof Event.Delivery;
        }
        arrive();
        if (trail.isPresent()) {
            trail.get().add(this);
        }
        for (int i = 0; i < quarries.size(); i++) {
            var said = quarries.get(i).met(this);
            if (said.isPresent() && reason.isEmpty()) {
                reason = said;
            }
        }
    }

    private void arrive() {
        Cpu cpu = cpu();
        at = NextInstruction.linear(cpu);
        ring = cpu.system.cpl;
        stack = cpu.stackPointer();
    }

    /** Why to stop, if something was met since a search began or this was asked last. */
    Optional<Sentence> reason() {
        var said = reason;
        reason = Optional.empty();
        return said;
    }

    /** The guest stands in the middle of a repeated instruction. */
    boolean isBetweenIterations() {
        return cpu().isBetweenIterations();
    }

    /** How deep the last boundary has led into calls and handlers: 1, 0 or, by a return, -1. */
    int depth() {
        if (delivered) {
            return 1;
        }
        for (int i = 0; i < events.size(); i++) {
            Event event = events.get(i);
            if (event.kind().equals("system-call")) {
                return 0;
            }
            if (event instanceof Event.Exit && event.kind().equals("hypercall")) {
                return event.reason().equals("iret") ? -1 : 0;
            }
        }
        return switch (glance.flow) {
            case PLAIN -> 0;
            case CALL, INTERRUPT, SYSTEM_CALL -> 1;
            case RETURN -> -1;
        };
    }
}
