package ringside.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import ringside.session.BadInput;
import ringside.session.Measurement;
import tools.jackson.databind.node.ArrayNode;

/** {@code ringside bench}: how fast the interpreter is, beside Bochs and QEMU where they are installed. */
@Command(
        name = "bench",
        description =
                "Measures instructions per CPU second on Ringside, and on Bochs and QEMU where they are installed;"
                        + " with --web, how soon a lab answers.",
        footer = {
            "",
            "All programs run the same boot sectors: an ALU loop, a walk over paged memory,",
            "and a 64-bit mix. Rounds are interleaved; start-up is measured with few",
            "iterations and subtracted; printed are medians. CPU time is that of processes,",
            "and of the one thread that runs Ringside's interpreter.",
            "ratio: Ringside's instructions per CPU second over the program's.",
            "",
            "With --web, a lab is served on a free port of this machine; its buttons are pressed",
            "by an HTTP client, and by Chromium where it is installed: there the time ends when the",
            "answer is painted. CPU time is this process's; the browser's is not in it."
        })
final class BenchCommand implements Callable<Integer> {
    /** Iterations whose time counts as start-up. */
    private static final long FEW = 1000;

    private static final long WARM_INSTRUCTIONS = 100_000_000;

    /** The resolution of the shell's clock. */
    private static final double LEAST_CPU_SECONDS = 0.01;

    private static final int LEAST_SECONDS = 1;
    private static final int MOST_SECONDS = 60;
    private static final long LEAST_STEPS = 1000;
    private static final long MOST_STEPS = 1_000_000_000;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private RingsideCommand ringside;

    @Mixin
    private Help help;

    @Option(
            names = "--json",
            description =
                    "prints a list of workload, program, instructionsPerCpuSecond, ratio; with --web, of client, modes, action,"
                            + " times, p50, p95, max, asked, cpu")
    private boolean json;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "rounds (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "2",
            description = "about how long Ringside runs each workload in a round (default: ${DEFAULT-VALUE})")
    private int seconds;

    @Option(names = "--web", description = "measures how soon a lab answers at an HTTP client and in Chromium")
    private boolean web;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "100000000",
            description = "for --web: steps of the run in which places are sought (default: ${DEFAULT-VALUE})")
    private long steps;

    /** Median of one program on one workload. */
    private record Result(Workload workload, String program, double speed, double ratio) {}

    @Override
    public Integer call() {
        if (rounds < 1 || rounds > 100 || seconds < LEAST_SECONDS || seconds > MOST_SECONDS) {
            throw new BadInput("bench takes 1 to 100 rounds of 1 to 60 seconds");
        }
        if (steps < LEAST_STEPS || steps > MOST_STEPS) {
            throw new BadInput("bench --web seeks in a run of 1000 to 1000000000 steps, not " + steps);
        }
        Path folder = temporaryFolder();
        try {
            if (web) {
                new WebReport(ringside.output(), json)
                        .print(new WebBench(WebBench.LABS, rounds, steps, this::say).measure(folder));
            } else {
                print(measure(folder));
            }
        } finally {
            delete(folder);
        }
        return Status.DONE;
    }

    private List<Result> measure(Path folder) {
        List<BenchProgram> programs = new ArrayList<>();
        programs.add(new Ringside());
        programs.addAll(Emulators.installed(folder));
        List<Result> results = new ArrayList<>();
        for (Workload workload : Workload.ALL) {
            say("%s: %d rounds on %s"
                    .formatted(
                            workload.name(),
                            rounds,
                            String.join(
                                    ", ",
                                    programs.stream().map(BenchProgram::name).toList())));
            results.addAll(measure(workload, programs));
        }
        return results;
    }

    private List<Result> measure(Workload workload, List<BenchProgram> programs) {
        // The first run warms up and shows how many iterations fill the time; the second counts their instructions.
        var warm = Measurement.of(workload.guest(WARM_INSTRUCTIONS / workload.instructions()));
        double speed = warm.steps() * 1e9 / warm.cpuNanos();
        long iterations = Math.max(100 * FEW, (long) (seconds * speed / workload.instructions()));
        double steps = Measurement.of(workload.guest(iterations)).steps()
                - (double) Measurement.of(workload.guest(FEW)).steps();
        Map<String, List<Double>> speeds = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (BenchProgram program : programs) {
                double startUp = program.cpuSeconds(workload, FEW);
                double cpu = program.cpuSeconds(workload, iterations * program.endurance()) - startUp;
                speeds.computeIfAbsent(program.name(), name -> new ArrayList<>())
                        .add(steps * program.endurance() / Math.max(cpu, LEAST_CPU_SECONDS));
            }
        }
        double own = median(speeds.getOrDefault(programs.get(0).name(), List.of()));
        return speeds.entrySet().stream()
                .map(e -> new Result(workload, e.getKey(), median(e.getValue()), own / median(e.getValue())))
                .toList();
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted(Comparator.naturalOrder()).toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private void print(List<Result> results) {
        Output output = ringside.output();
        if (json) {
            ArrayNode list = Json.array();
            for (Result result : results) {
                list.addObject()
                        .put("workload", result.workload.name())
                        .put("program", result.program)
                        .put("instructionsPerCpuSecond", Math.round(result.speed))
                        .put("ratio", Math.round(result.ratio * 1000) / 1000.0);
            }
            output.line(Json.text(list));
        } else {
            output.line("workload    program     instructions per CPU second   ringside is");
            for (Result result : results) {
                output.line("%-11s %-11s %,27d   %6.2f times as fast"
                        .formatted(result.workload.name(), result.program, Math.round(result.speed), result.ratio));
            }
        }
        output.flush();
    }

    private void say(String sentence) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(sentence);
        err.flush();
    }

    private static Path temporaryFolder() {
        try {
            return java.nio.file.Files.createTempDirectory("ringside-bench");
        } catch (IOException e) {
            throw new BadInput("cannot make a temporary folder: " + Files.reason(e));
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = java.nio.file.Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                java.nio.file.Files.delete(file);
            }
        } catch (IOException e) {
            throw new BadInput("cannot remove " + folder + ": " + Files.reason(e));
        }
    }

    /** Our own interpreter, in this process. */
    private static final class Ringside implements BenchProgram {
        @Override
        public String name() {
            return "ringside";
        }

        @Override
        public double cpuSeconds(Workload workload, long iterations) {
            return Measurement.of(workload.guest(iterations)).cpuNanos() / 1e9;
        }
    }
}
