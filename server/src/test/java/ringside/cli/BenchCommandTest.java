package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    void moreRoundsThanAnybodyWaitsForAreRefused() {
        assertThat(Invocation.of("bench", "--rounds", "0").status()).isEqualTo(2);
        assertThat(Invocation.of("bench", "--seconds", "1000").status()).isEqualTo(2);
    }
}
