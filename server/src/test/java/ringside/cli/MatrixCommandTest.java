package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.contract.Schema;

class MatrixCommandTest {
    @ParameterizedTest
    @CsvSource({"16, bare", "32, trap-and-emulate", "64, kvm", "64, xen-pv", "16, xen-pv"})
    void theJsonIsAsTheSchemaSays(String bits, String mode) throws IOException {
        var matrix = Invocation.of("matrix", "--bits", bits, "--mode", mode, "--json");
        assertThat(matrix.status()).isZero();
        assertThat(matrix.err()).isEmpty();
        Schema.of("matrix").holdsFor(matrix.out());
    }

    @Test
    void aRowIsALineForEachRing() {
        var matrix = Invocation.of("matrix", "--bits", "32", "--mode", "trap-and-emulate");
        assertThat(matrix.out().lines())
                .contains(
                        "32 bits, ring 0  CLI                trap-and-emulate: exit GENERAL_PROTECTION 13 -> monitor",
                        "32 bits, ring 3  CLI                trap-and-emulate: fault GENERAL_PROTECTION 13 -> monitor",
                        "32 bits, ring 0  POPF               trap-and-emulate: WRONG rflags");
    }

    @Test
    void aKernelForXenHasCellsOfItsOwnAndSaysWhatStandsForAnInstruction() {
        var matrix = Invocation.of("matrix", "--bits", "32", "--mode", "xen-pv");
        assertThat(matrix.out().lines())
                .contains(
                        "32 bits, ring 0  HLT                xen-pv: fault GENERAL_PROTECTION 13 -> xen; instead sched_op 29",
                        "32 bits, ring 0  CLI                xen-pv: fault GENERAL_PROTECTION 13 -> xen; instead mov byte [dword 0x6001],0x1",
                        "32 bits, ring 3  CLI (V86)          xen-pv: refused");
    }

    @ParameterizedTest
    @CsvSource({"--bits, 48", "--mode, nowhere"})
    void whatDoesNotExistIsBadInput(String option, String value) {
        var refused = Invocation.of("matrix", option, value);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.errorLines()).hasSize(1);
    }
}
