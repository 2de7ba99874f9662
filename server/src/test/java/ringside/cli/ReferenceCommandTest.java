package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.contract.Schema;
import tools.jackson.databind.json.JsonMapper;

class ReferenceCommandTest {
    @ParameterizedTest
    @CsvSource({"popf, 32", "JZ, 64", "sal, 16"})
    void theJsonIsAsTheSchemaSays(String name, String bits) throws IOException {
        var card = Invocation.of("reference", name, "--bits", bits, "--json");
        assertThat(card.status()).isZero();
        assertThat(card.err()).isEmpty();
        Schema.of("reference").holdsFor(card.out());
        Schema.of("matrix")
                .holdsFor(new JsonMapper().readTree(card.out()).get("cells").toString());
    }

    @Test
    void aCardSaysWhatBecomesOfTheInstruction() {
        var card = Invocation.of("reference", "cli", "--bits", "32");
        assertThat(card.out().lines())
                .contains("CLI  io-sensitive", "  FA                       CLI                          16 32 64 bits")
                .anyMatch(line ->
                        line.startsWith("  trap-and-emulate     ring 0  exit GENERAL_PROTECTION 13 -> monitor"));
    }

    @Test
    void withoutANameAllCardsAreListed() {
        var all = Invocation.of("reference");
        assertThat(all.out().lines().count()).isGreaterThan(150);
        assertThat(all.out()).contains("Takes the flags from the stack.");
        assertThat(new JsonMapper()
                        .readTree(Invocation.of("reference", "--json").out())
                        .size())
                .isEqualTo((int) all.out().lines().count());
    }

    @ParameterizedTest
    @CsvSource({"nonsense, 32", "swapgs, 16"})
    void whatDoesNotExistIsBadInput(String name, String bits) {
        var refused = Invocation.of("reference", name, "--bits", bits);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.errorLines()).hasSize(1);
    }
}
