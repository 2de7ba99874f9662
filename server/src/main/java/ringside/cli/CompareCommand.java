package ringside.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import ringside.session.Alignment;
import ringside.session.ModeComparison;
import ringside.session.TraceLine;

/** {@code ringside compare}: one guest in several modes, aligned by guest time, and where it first sees a difference. */
@Command(
        name = "compare",
        description = "Runs a guest in several modes, and finds where it first sees a difference.",
        footer = {
            "",
            "Modes that run ports of the guest (see its %%ifdef lines) are aligned by its",
            "milestones, and compared is which of them they come to, and what they print.",
            "",
            "Compared is what the guest can see: registers, the system state that it",
            "believes in, its RAM and devices, after every instruction. All modes are",
            "compared with the first one.",
            "Status: 0 equal up to the end or limit, 1 divergent, 2 bad input."
        })
final class CompareCommand implements Callable<Integer> {
    private static final int DIVERGENT = 1;

    /** Rows of exits that are printed for people; JSON has more. */
    private static final int MOST_ROWS = 200;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Mixin
    private GuestOptions guest;

    @Option(
            names = "--modes",
            paramLabel = "A,B",
            split = ",",
            required = true,
            description = "two modes or more; 'ringside guests' lists them")
    private List<String> modes;

    @Option(names = "--json", description = "prints modes, ends, exits and divergence as JSON")
    private boolean json;

    @Override
    public Integer call() {
        var file = guest.file();
        var comparison = new ModeComparison(file, guest.in(modes.get(0)), modes);
        guest.warnings(file).forEach(spec.commandLine().getErr()::println);
        guest.input().ifPresent(comparison::type);
        try (var interruption = new Interruption()) {
            Alignment alignment = comparison.run(guest.limit(), interruption::isWanted);
            Output output = ringside.output();
            if (json) {
                output.line(Json.text(AlignmentJson.of(alignment)));
            } else {
                print(alignment, output);
            }
            output.flush();
            return alignment.divergence().isPresent() ? DIVERGENT : Status.DONE;
        }
    }

    private static void print(Alignment alignment, Output output) {
        List<Alignment.Side> sides = alignment.sides();
        if (alignment.segments().isEmpty()) {
            exits(sides, output);
        } else {
            segments(alignment, output);
        }
        for (Alignment.Side side : sides) {
            output.line("%s: %s after %,d steps, guest time %,d ns; left %s"
                    .formatted(
                            side.mode(),
                            side.end(),
                            side.steps(),
                            side.time(),
                            Output.times(side.exits().size() + side.moreExits())));
        }
        if (alignment.divergence().isEmpty()) {
            output.line(
                    alignment.segments().isEmpty()
                            ? "equal: the guest sees the same in all of them"
                            : "equal: the ports come to the same milestones, and print the same");
        } else {
            divergence(alignment, alignment.divergence().get(), output);
        }
    }

    private static void divergence(Alignment alignment, Alignment.Divergence divergence, Output output) {
        List<Alignment.Side> sides = alignment.sides();
        if (alignment.segments().isEmpty()) {
            output.line("divergent from guest time %,d on: %s at %s"
                    .formatted(divergence.time(), what(divergence), Json.hex(divergence.rip())));
        } else {
            Alignment.Segment last =
                    alignment.segments().get(alignment.segments().size() - 1);
            output.line("divergent behind %s (guest time %,d of %s: %s at %s)"
                    .formatted(
                            named(last.from(), "the start"),
                            divergence.time(),
                            sides.get(0).mode(),
                            divergence.text(),
                            Json.hex(divergence.rip())));
        }
        for (int i = 0; i < sides.size(); i++) {
            List<TraceLine.Happened> events = divergence.events().get(i);
            output.line("  %s: %s"
                    .formatted(sides.get(i).mode(), events.isEmpty() ? "runs, nobody is told" : told(events)));
        }
        for (Alignment.Differs one : divergence.differs()) {
            List<String> values = new ArrayList<>();
            for (int i = 0; i < sides.size(); i++) {
                values.add(sides.get(i).mode() + " " + one.values().get(i));
            }
            output.line("  %s: %s".formatted(one.name(), String.join(", ", values)));
        }
    }

    /** One row for each stretch from a milestone to the next, with what each port did there. */
    private static void segments(Alignment alignment, Output output) {
        output.line("The modes run ports of the guest, aligned by milestones.");
        for (Alignment.Segment segment : alignment.segments()) {
            output.line("from %s to %s".formatted(named(segment.from(), "the start"), named(segment.to(), "the end")));
            for (int i = 0; i < segment.parts().size(); i++) {
                Alignment.Part part = segment.parts().get(i);
                List<String> exits = part.exits().stream()
                        .map(exit -> "%,d %s%s %s (%d), %s"
                                .formatted(
                                        exit.count(),
                                        exit.domain().isEmpty() ? "" : exit.domain() + ": ",
                                        exit.kind(),
                                        exit.reason(),
                                        exit.number(),
                                        exit.answeredBy()))
                        .toList();
                output.line("  %-20s time %,d, %,d steps%s%s"
                        .formatted(
                                alignment.sides().get(i).mode(),
                                part.time(),
                                part.steps(),
                                part.serial().isEmpty() ? "" : ", prints " + quoted(part.serial()),
                                exits.isEmpty() ? "" : "; " + String.join("; ", exits)));
            }
        }
    }

    private static String named(String milestone, String otherwise) {
        return milestone.isEmpty() ? otherwise : milestone;
    }

    private static String quoted(String text) {
        return "'" + text.replace("\r", "\\r").replace("\n", "\\n") + "'";
    }

    private static String what(Alignment.Divergence divergence) {
        boolean delivered = divergence.events().stream().anyMatch(events -> !events.isEmpty());
        return divergence.text().isEmpty() ? (delivered ? "an interrupt" : "the start") : divergence.text();
    }

    private static String told(List<TraceLine.Happened> events) {
        return String.join(", ", events.stream().map(CompareCommand::name).toList());
    }

    private static String name(TraceLine.Happened event) {
        return "%s %s (%d), %s".formatted(event.kind(), event.reason(), event.number(), event.answeredBy());
    }

    /** One row for each guest time at which any mode was left. */
    private static void exits(List<Alignment.Side> sides, Output output) {
        var times = new TreeSet<Long>();
        sides.forEach(side -> side.exits().forEach(left -> times.add(left.time())));
        long rows = 0;
        for (long time : times) {
            if (rows++ == MOST_ROWS) {
                output.line("... %,d more times; --json has them".formatted(times.size() - MOST_ROWS));
                break;
            }
            List<String> cells = new ArrayList<>();
            String place = "";
            for (Alignment.Side side : sides) {
                var here = side.exits().stream()
                        .filter(left -> left.time() == time)
                        .toList();
                if (!here.isEmpty()) {
                    place = Json.hex(here.get(0).rip()) + "  " + here.get(0).text();
                    cells.add(side.mode() + ": "
                            + told(here.stream().map(Alignment.Left::event).toList()));
                }
            }
            output.line("%,10d  %-34s %s".formatted(time, place, String.join("; ", cells)));
        }
    }
}
