package ringside.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.trace.Account;
import ringside.trace.CostModel;
import ringside.trace.NextInstruction;

/**
 * What happened at one boundary: each event with the line that its cost comes from, and on which other machines the same guest is not left
 * there, found by running it on them.
 *
 * @param time guest time before the boundary
 * @param rip the guest's instruction pointer before it
 * @param text the instruction in NASM's syntax
 * @param remedies machines that were tried; empty where the guest was not left
 */
public record ExitCard(long time, long rip, String text, List<Told> events, List<Remedy> remedies) {
    /** So many boundaries later the way back to the guest is waited for no more. */
    static final int MOST_BOUNDARIES = 16;

    /**
     * An event and its price.
     *
     * @param cost the line of the table of modelled costs that it is charged by
     */
    public record Told(TraceLine.Happened event, CostTable.Line cost) {}

    /**
     * The same guest on a machine that differs in one thing.
     *
     * @param option the option of the command line that differs
     * @param value what it is there
     * @param avoids it is not left there at all
     * @param events what happens there instead
     */
    public record Remedy(String option, String value, boolean avoids, List<TraceLine.Happened> events) {
        public Remedy {
            events = List.copyOf(events);
        }
    }

    public ExitCard {
        events = List.copyOf(events);
        remedies = List.copyOf(remedies);
    }

    /**
     * Runs the guest to that time and over the boundary, and on other machines where somebody was entered.
     *
     * @throws BadInput where the guest, its mode or an option cannot be used
     */
    public static ExitCard at(GuestFile file, RunOptions options, byte[] input, long time) {
        var boundary = new Boundary(file, options, input, time);
        CostModel costs = boundary.costs;
        List<Told> events = new ArrayList<>();
        for (Account.Told told : boundary.answered()) {
            events.add(new Told(TraceLine.Happened.of(told, costs), CostTable.Line.of(costs.line(told.event()))));
        }
        return new ExitCard(
                boundary.time,
                boundary.instruction.rip(),
                boundary.instruction.text(),
                events,
                boundary.isLeft() ? remedies(file, options, input, boundary) : List.of());
    }

    /** What differs from the machine at hand in one thing, by option of the command line. */
    private static Map<String, List<String>> choices() {
        Map<String, List<String>> choices = new LinkedHashMap<>();
        choices.put("irqchip", names(Options.Irqchip.values()));
        choices.put("hardware", names(Options.Virtualization.values()));
        choices.put("generation", CostTable.generations());
        choices.put("paging", List.of("nested", "shadow"));
        choices.put("translator", names(Options.Translator.values()));
        choices.put(
                "mode",
                Modes.names().stream()
                        .filter(mode -> !mode.equals(Recipe.REFERENCE_MODE))
                        .toList());
        return choices;
    }

    private static List<String> names(Enum<?>[] values) {
        return Stream.of(values)
                .map(value -> value.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
    }

    /** Machines on which something else happens. */
    private static List<Remedy> remedies(GuestFile file, RunOptions options, byte[] input, Boundary here) {
        List<Remedy> tried = new ArrayList<>();
        choices()
                .forEach((option, values) -> values.stream()
                        .filter(value -> !options.with(option, value).equals(options))
                        .forEach(value -> there(file, options.with(option, value), input, here)
                                .filter(other -> !other.happened().equals(here.happened()))
                                .ifPresent(other ->
                                        tried.add(new Remedy(option, value, !other.isLeft(), other.happened())))));
        return tried;
    }

    /** The same boundary of the same guest; empty where that machine is refused, or has another port of the guest. */
    private static Optional<Boundary> there(GuestFile file, RunOptions options, byte[] input, Boundary here) {
        try {
            var other = new Boundary(file, options, input, here.time);
            boolean same = other.time == here.time
                    && other.instruction.rip() == here.instruction.rip()
                    && other.instruction.text().equals(here.instruction.text());
            return same ? Optional.of(other) : Optional.empty();
        } catch (BadInput refused) {
            return Optional.empty();
        }
    }

    /** One boundary of one run. */
    private static final class Boundary {
        private final Account account = new Account();
        private final List<Account.Told> events;
        private final Monitor monitor;
        private final CostModel costs;
        private final long time;
        private final NextInstruction.Instruction instruction;

        Boundary(GuestFile file, RunOptions options, byte[] input, long at) {
            costs = CostModel.of(GuestStart.generation(options.generation()));
            monitor = GuestStart.start(file, options, account);
            BatchRun.type(monitor, input);
            monitor.run(at);
            time = monitor.machine().clock().now();
            instruction = new NextInstruction().of(monitor.believed());
            account.take();
            if (monitor.ending().isEmpty()) {
                monitor.run(time + 1);
            }
            events = account.take();
        }

        /** What happened, and all that was done about it: the way back to the guest may come at a later boundary. */
        List<Account.Told> answered() {
            for (int i = 0;
                    i < MOST_BOUNDARIES && account.isOpen() && monitor.ending().isEmpty();
                    i++) {
                monitor.run(monitor.machine().clock().now() + 1);
            }
            return events;
        }

        List<TraceLine.Happened> happened() {
            return events.stream()
                    .map(told -> TraceLine.Happened.of(told.event(), costs))
                    .toList();
        }

        boolean isLeft() {
            return events.stream().anyMatch(told -> told.event() instanceof Event.Exit);
        }
    }
}
