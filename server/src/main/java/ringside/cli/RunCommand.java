package ringside.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import ringside.session.BadInput;
import ringside.session.BatchRun;
import ringside.session.GuestFile;
import ringside.session.Refusal;
import ringside.session.Scout;
import ringside.session.Summary;
import ringside.web.Words;

/** {@code ringside run}: a guest from its start to its end. */
@Command(
        name = "run",
        description = "Runs a guest to its end. COM1 goes to standard output, everything else to standard error.",
        footer = {
            "",
            "Status:",
            "   0  the guest halted for good        4  the limit of steps was reached",
            "   2  bad input                        6  triple fault",
            "   8  idle: nothing can ever wake it  10  what --until names was met",
            "  70  a bug of ours                  130  stopped by Control-C",
            " 141  nobody reads the output",
            " odd  ((value << 1) | 1) & 255, where the guest wrote value to port 0xF4",
            "Steps and times are the guest's. Cycles are modelled, not measured.",
            "--until takes what 'show --break' takes: 'address A', 'line N', 'port 3f8-3ff write',",
            "'memory buffer+4 read', 'value cx == 4', 'exit CPUID', each perhaps with 'if al == 3'."
        })
final class RunCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Mixin
    private GuestOptions guest;

    @Option(
            names = "--mode",
            paramLabel = "M",
            defaultValue = "bare",
            description = "how the guest is virtualized; 'ringside guests' lists the modes (default: ${DEFAULT-VALUE})")
    private String mode;

    @Option(names = "--trace", paramLabel = "FILE.jsonl", description = "writes a line of JSON for every step")
    private Optional<Path> trace;

    @Option(
            names = "--until",
            paramLabel = "WHAT",
            description = "ends, too, where this is met, and says why; may be given several times")
    private List<String> until = List.of();

    @Option(names = "--json", description = "prints a summary as JSON, and nothing else, on standard output")
    private boolean json;

    @Override
    public Integer call() {
        var file = guest.file();
        var run = new BatchRun(file, guest.in(mode));
        guest.warnings(file).forEach(spec.commandLine().getErr()::println);
        var input = guest.input();
        input.ifPresent(run::type);
        if (!until.isEmpty()) {
            run.until(scout(file, input.orElse(new byte[0])));
        }
        Output output = ringside.output();
        if (!json) {
            run.onSerial(output::serial);
        }
        try (var interruption = new Interruption()) {
            BooleanSupplier cancelled = () -> {
                if (!json) {
                    output.flush();
                }
                return interruption.isWanted();
            };
            if (trace.isPresent()) {
                runWithTrace(run, cancelled, trace.get());
            } else {
                run.run(guest.limit(), cancelled);
            }
            Summary summary = run.summary();
            if (json) {
                output.line(Json.text(Json.summary(summary)));
            }
            output.flush();
            if (!json) {
                report(summary, interruption.isWanted());
            }
            return summary.status();
        }
    }

    private Scout scout(GuestFile file, byte[] input) {
        try {
            return new Scout(file, guest.in(mode), input, until);
        } catch (Refusal refusal) {
            throw new BadInput(Words.in("en").of(refusal.sentence()));
        }
    }

    private void runWithTrace(BatchRun run, BooleanSupplier cancelled, Path file) {
        try (BufferedWriter writer = java.nio.file.Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            run.run(guest.limit(), cancelled, line -> write(writer, file, Json.text(Json.trace(line))));
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static void write(BufferedWriter writer, Path file, String line) {
        try {
            writer.write(line);
            writer.write('\n');
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static BadInput unwritable(Path file, IOException e) {
        return new BadInput("cannot write " + file + ": " + Files.reason(e));
    }

    private void report(Summary summary, boolean interrupted) {
        PrintWriter err = spec.commandLine().getErr();
        long exits = summary.exits().stream().mapToLong(Summary.Exits::count).sum();
        err.printf(
                "%s: %s after %,d steps, guest time %,d ns; left %s, %,d cycles (modelled)%n",
                summary.mode(),
                interrupted ? "interrupted" : summary.end(),
                summary.steps(),
                summary.time(),
                Output.times(exits),
                summary.cycles());
        summary.why().map(Words.in("en")::of).ifPresent(err::println);
        for (Summary.Exits exit : summary.exits()) {
            err.printf(
                    "%,12d  %s%s %s (%d), answered by %s%n",
                    exit.count(),
                    exit.domain().isEmpty() ? "" : exit.domain() + ": ",
                    exit.kind(),
                    exit.reason(),
                    exit.number(),
                    exit.answeredBy());
        }
        summary.translated()
                .filter(translated -> translated.emulated() > 0)
                .ifPresent(translated -> err.printf(
                        "%,12d  instructions performed by an emulator: not to be run by the processor as they stand%n",
                        translated.emulated()));
        err.flush();
    }
}
