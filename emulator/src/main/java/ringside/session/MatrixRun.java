package ringside.session;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import ringside.bus.Clock;
import ringside.cpu.Cpu;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.replay.GuestState;
import ringside.trace.Account;
import ringside.trace.NextInstruction;

/** A probe in one mode, and what happened at its last boundary. */
final class MatrixRun {
    /** Boundaries in which a probe comes to its instruction, or its event. */
    private static final int FAR = 20_000;

    private static final int MOST_BYTES_NAMED = 4;

    /** The page that probes write to: data, and the stacks of kernel and program. */
    private static final long DATA = 0x3000;

    private static final int DATA_LENGTH = 0x1000;

    /** Addresses around the instruction, which are not the same in two sources. */
    private static final int NEAR = 0x40;

    private final MatrixProbe probe;
    private final String mode;
    private final Monitor monitor;
    private final Account account = new Account();
    private List<Account.Told> events = List.of();

    MatrixRun(MatrixProbe probe, String mode) {
        this.probe = probe;
        this.mode = mode;
        var image = probe.image();
        monitor = Modes.start(mode, image, Options.DEFAULT.withMemory(image.memory()), account)
                .orElseThrow();
    }

    /**
     * When the instruction is performed.
     *
     * @param from guest time before it
     * @param to guest time after it; of an event, after it was delivered
     */
    record Moment(long from, long to) {}

    /** @param mode one in which the real processor's RIP is the guest's */
    static Moment moment(MatrixProbe probe, String mode) {
        MatrixRun run = new MatrixRun(probe, mode);
        for (int i = 0; run.monitor.real().registers.rip() != probe.address(); i++) {
            if (i == FAR || run.hasEnded() || !run.deliveries().isEmpty()) {
                throw new IllegalStateException("the probe of " + probe + " does not come to its instruction");
            }
            run.to(run.time() + 1);
        }
        long arrival = run.time();
        boolean event = probe.row().group().equals(MatrixRow.EVENTS);
        for (int i = 0; event && i < FAR && !run.hasEnded(); i++) {
            run.to(run.time() + 1);
            if (!run.deliveries().isEmpty()) {
                return new Moment(arrival, run.time());
            }
        }
        return new Moment(arrival, arrival + 1);
    }

    String mode() {
        return mode;
    }

    NextInstruction.Instruction instruction() {
        return new NextInstruction().of(monitor.believed());
    }

    long rip() {
        return monitor.real().registers.rip();
    }

    long time() {
        return monitor.machine().clock().now();
    }

    /** Sets the guest's clock, on which what RDTSC and RDRAND give depends. */
    void time(long now) {
        Clock.State state = monitor.machine().clock().save();
        monitor.machine().clock().restore(new Clock.State(now, state.deliveries(), state.idle()));
    }

    boolean hasEnded() {
        return monitor.ending().isPresent();
    }

    void to(long until) {
        monitor.run(until);
        events = account.take();
    }

    /** What happened at the last boundary, and all that was done about it: for the way back to the guest it goes on. */
    List<Account.Told> answered() {
        for (int i = 0; i < ExitCard.MOST_BOUNDARIES && account.isOpen() && !hasEnded(); i++) {
            monitor.run(time() + 1);
        }
        return events;
    }

    /** Before the instruction all is as on the bare machine, or the probe shows nothing. */
    void mustBeAs(MatrixRun bare) {
        var differences = differences(bare);
        if (!differences.isEmpty()) {
            throw new IllegalStateException(mode + " is not as a bare machine before " + probe + ": " + differences);
        }
    }

    /** What the guest sees that the same guest does not see on another machine. */
    List<String> differences(MatrixRun bare) {
        return GuestState.disagreements(List.of(bare.monitor, monitor), MOST_BYTES_NAMED).stream()
                .map(GuestState.Disagreement::name)
                .toList();
    }

    /**
     * What a guest can have of an instruction: general registers, flags, ring and the memory that it writes to, by names. Addresses near
     * the instruction are counted from there, so that guests of different sources can be compared.
     */
    Map<String, Long> sight() {
        Map<String, Long> seen = new LinkedHashMap<>();
        Cpu cpu = monitor.believed();
        for (GuestState.Value value : GuestState.processor(cpu)) {
            seen.put(value.name(), relative(value.value()));
            if (value.name().equals("cpl")) {
                break;
            }
        }
        byte[] data = new NextInstruction().read(cpu, DATA, DATA_LENGTH);
        for (int at = 0; at < data.length; at += 4) {
            long value = 0;
            for (int i = 3; i >= 0; i--) {
                value = value << 8 | data[at + i] & 0xFF;
            }
            seen.put("[" + Long.toHexString(DATA + at) + "]", relative(value));
        }
        return seen;
    }

    private long relative(long value) {
        long offset = value - probe.address();
        return Math.abs(offset) < NEAR ? Long.MIN_VALUE + offset : value;
    }

    /** What an instruction has made different in two guests, who need not have been the same before. */
    static List<String> differences(
            Map<String, Long> before,
            Map<String, Long> bareBefore,
            Map<String, Long> after,
            Map<String, Long> bareAfter) {
        return after.keySet().stream()
                .filter(name -> !Objects.equals(after.get(name), bareAfter.get(name)))
                .filter(name -> Objects.equals(before.get(name), bareBefore.get(name))
                        || !Objects.equals(after.get(name), before.get(name))
                        || !Objects.equals(bareAfter.get(name), bareBefore.get(name)))
                .limit(MOST_BYTES_NAMED)
                .toList();
    }

    boolean hasTripleFault() {
        return monitor.ending()
                .filter(ending -> ending.kind() == Ending.Kind.TRIPLE_FAULT)
                .isPresent();
    }

    private List<Event.Delivery> deliveries() {
        return events.stream()
                .map(Account.Told::event)
                .filter(event -> event instanceof Event.Delivery)
                .map(event -> (Event.Delivery) event)
                .toList();
    }

    Optional<Event.Delivery> fault() {
        return deliveries().stream()
                .filter(delivery -> delivery.kind().equals("fault"))
                .findFirst();
    }

    /** What a translator asks for to go on, before or after the instruction, is not the instruction's. */
    Optional<Event.Exit> firstExit() {
        return events.stream()
                .map(Account.Told::event)
                .filter(event -> event instanceof Event.Exit)
                .map(event -> (Event.Exit) event)
                .filter(exit -> !exit.kind().equals("translation"))
                .findFirst();
    }
}
