package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.contract.Schema;
import ringside.session.Measurement;

class BenchCommandTest {
    @TempDir
    private Path folder;

    @Test
    void everyWorkloadIsABootSectorThatEndsByItself() throws IOException {
        for (Workload workload : Workload.ALL) {
            Path image = folder.resolve(workload.name() + ".img");
            Files.write(image, workload.guest(100).bytes());
            var run = Invocation.of("run", image.toString(), "--limit", "10000000");
            assertThat(run.status()).as(workload.name()).isEqualTo(1);
            assertThat(run.err()).startsWith("bare: debug-exit after");
        }
    }

    @Test
    void anIterationTakesAboutAsManyInstructionsAsTheWorkloadSays() {
        for (Workload workload : Workload.ALL) {
            long few = Measurement.of(workload.guest(1000)).steps();
            long more = Measurement.of(workload.guest(3000)).steps();
            assertThat((more - few) / 2000.0)
                    .as(workload.name())
                    .isBetween(workload.instructions() * 0.8, workload.instructions() * 1.25);
        }
    }

    @Test
    void resultsAreAsTheSchemaSays() throws IOException {
        var bench = Invocation.of("bench", "--rounds", "1", "--seconds", "1", "--json");
        assertThat(bench.status()).as(bench.err()).isZero();
        Schema.of("bench").holdsFor(bench.out());
        assertThat(bench.out()).contains("\"workload\":\"alu\",\"program\":\"ringside\"");
    }

    @Test
    void howSoonALabAnswersIsMeasuredAtEveryClientThatThereIs() throws IOException {
        var results = new WebBench(List.of(List.of("bare")), 1, 5000, said -> {}).measure(folder);
        for (String client : BenchProgram.isInstalled("chromium") ? List.of("http", "chromium") : List.of("http")) {
            assertThat(results.stream().filter(result -> result.client().equals(client)))
                    .extracting(WebBench.Result::action)
                    .as(client)
                    .containsExactly("first run", "seek", "step", "back", "run to breakpoint");
        }
        var json = new ByteArrayOutputStream();
        new WebReport(new Output(json), true).print(results);
        Schema.of("bench-web").holdsFor(json.toString(StandardCharsets.UTF_8));
    }

    @Test
    void ofSomeTimesTheLeastIsToldThatSoManyDoNotExceed() {
        var result = new WebBench.Result("http", List.of("bare"), "step", List.of(1.0, 2.0, 3.0, 4.0), 50, 0);
        assertThat(result.percentile(50)).isEqualTo(2.0);
        assertThat(result.percentile(95)).isEqualTo(4.0);
        assertThat(result.most()).isEqualTo(4.0);
    }

    @Test
    void moreRoundsThanAnybodyWaitsForAreRefused() {
        assertThat(Invocation.of("bench", "--rounds", "0").status()).isEqualTo(2);
        assertThat(Invocation.of("bench", "--seconds", "1000").status()).isEqualTo(2);
        assertThat(Invocation.of("bench", "--web", "--steps", "1").status()).isEqualTo(2);
    }
}
