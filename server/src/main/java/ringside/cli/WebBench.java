package ringside.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import ringside.session.BadInput;
import ringside.web.LabServer;

/**
 * How soon a lab answers: each button is pressed again and again, by an HTTP client in this process, and where Chromium is installed by
 * that, on a server that this process starts for itself.
 */
final class WebBench {
    /** Those that bench measures; the modes of each stand side by side. */
    static final List<List<String>> LABS = List.of(
            List.of("bare"), List.of("emulation"), List.of("bare", "vt-x"), List.of("bare", "trap-and-emulate"));

    private static final String GUEST = "lab.asm";
    private static final String SELDOM = "seldom";

    /** The breakpoint comes once, after this part of the run. */
    private static final int PART = 10;

    private static final int STEPS_OF_A_ROUND = 14;

    /** How often in a round. */
    private static final int STEPS = 20;

    private static final int SEEKS = 5;

    /** Places that are sought: always the same. */
    private static final long SEED = 1;

    private final List<List<String>> labs;
    private final int rounds;
    private final long length;
    private final Consumer<String> say;

    /**
     * @param labs modes of each
     * @param length steps of the run in which is sought
     * @param say is told what is done
     */
    WebBench(List<List<String>> labs, int rounds, long length, Consumer<String> say) {
        this.labs = labs;
        this.rounds = rounds;
        this.length = length;
        this.say = say;
    }

    /**
     * What one thing took.
     *
     * @param modes of the lab
     * @param millis every time, shortest first
     * @param asked milliseconds that it may take; 0: nobody has asked
     * @param cpuMillis CPU time of this process for one, an HTTP client's included
     */
    record Result(String client, List<String> modes, String action, List<Double> millis, int asked, double cpuMillis) {
        /** The least that so many of a hundred do not exceed. */
        double percentile(int hundredths) {
            int index = (millis.size() * hundredths + 99) / 100 - 1;
            return millis.get(Math.max(0, index));
        }

        double most() {
            return millis.get(millis.size() - 1);
        }
    }

    List<Result> measure(Path folder) {
        try (LabServer server = LabServer.start("127.0.0.1", 0);
                var http = new HttpClientOfLab(server.url())) {
            var results = measure(http, http);
            var browser = ChromiumClient.installed(server.url(), folder);
            if (browser.isEmpty()) {
                say.accept("no Chromium: what the page's script and the browser take is not measured");
                return results;
            }
            try (LabClient chromium = browser.get()) {
                results.addAll(measure(http, chromium));
            }
            return results;
        } catch (IOException e) {
            throw new BadInput("cannot measure the lab: " + e.getMessage());
        }
    }

    private List<Result> measure(HttpClientOfLab http, LabClient client) throws IOException {
        List<Result> results = new ArrayList<>();
        for (List<String> modes : labs) {
            results.addAll(measure(http, client, modes));
        }
        return results;
    }

    private List<Result> measure(HttpClientOfLab http, LabClient client, List<String> modes) throws IOException {
        say.accept(client.name() + ": " + String.join(" beside ", modes));
        String lab = http.send(GUEST, source(), modes);
        http.open(lab);
        client.open(lab);
        var run = new Samples();
        run.take("first run", 0, () -> client.seek("#" + length));
        var random = new Random(SEED);
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < SEEKS; i++) {
                long step = (long) (random.nextDouble() * length);
                run.take("seek", 300, () -> client.seek("#" + step));
            }
            for (int i = 0; i < STEPS; i++) {
                run.take("step", 50, () -> client.press("step"));
            }
            for (int i = 0; i < STEPS; i++) {
                run.take("back", 50, () -> client.press("back"));
            }
        }
        http.breakAt(SELDOM);
        for (int round = 0; round < rounds; round++) {
            client.press("reset");
            run.take("run to breakpoint", 0, () -> client.press("run"));
        }
        return run.results(client.name(), modes);
    }

    private String source() {
        return "%define ROUNDS " + length / PART / STEPS_OF_A_ROUND + "\n" + Workload.resource(GUEST);
    }

    private interface Action {
        double millis() throws IOException;
    }

    /** What was measured in one lab. */
    private static final class Samples {
        private final Map<String, List<Double>> millis = new java.util.LinkedHashMap<>();
        private final Map<String, Duration> cpu = new TreeMap<>();
        private final Map<String, Integer> asked = new TreeMap<>();

        void take(String name, int wanted, Action action) throws IOException {
            Duration before = cpuTime();
            double taken = action.millis();
            cpu.merge(name, cpuTime().minus(before), Duration::plus);
            asked.put(name, wanted);
            millis.computeIfAbsent(name, any -> new ArrayList<>()).add(taken);
        }

        private static Duration cpuTime() {
            return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
        }

        List<Result> results(String client, List<String> modes) {
            return millis.entrySet().stream()
                    .map(each -> new Result(
                            client,
                            modes,
                            each.getKey(),
                            each.getValue().stream().sorted().toList(),
                            asked.getOrDefault(each.getKey(), 0),
                            cpu.getOrDefault(each.getKey(), Duration.ZERO).toNanos()
                                    / 1e6
                                    / each.getValue().size()))
                    .toList();
        }
    }
}
