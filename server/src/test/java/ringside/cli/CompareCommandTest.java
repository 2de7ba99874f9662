package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.contract.Schema;

class CompareCommandTest {
    private static String guest(String name) {
        return Path.of("..", "sample-guests", name, "guest.asm").toString();
    }

    @ParameterizedTest
    @CsvSource({
        "two-plus-two, 'bare,trap-and-emulate,vt-x,kvm', 0",
        "rings, 'vt-x,kvm', 0",
        "popf-hole, 'bare,trap-and-emulate', 1",
        "popf-hole, 'bare,vt-x', 0",
        "timer, 'bare,kvm', 0",
        "paging, 'bare,trap-and-emulate', 0",
        "paging, 'bare,xen-pv', 0",
        "two-plus-two, 'vt-x,xen-pv,xen-pvh', 0"
    })
    void theStatusSaysWhetherTheyPartAndTheJsonIsAsTheSchemaSays(String guest, String modes, int status)
            throws IOException {
        var compared = Invocation.of("compare", guest(guest), "--modes", modes, "--json");
        assertThat(compared.status()).isEqualTo(status);
        assertThat(compared.err()).isEmpty();
        assertThat(compared.out().lines()).hasSize(1);
        Schema.of("compare").holdsFor(compared.out());
    }

    @Test
    void theDivergenceIsExplained() {
        var compared = Invocation.of("compare", guest("popf-hole"), "--modes", "bare,trap-and-emulate");
        assertThat(compared.out().lines())
                .endsWith(
                        "divergent from guest time 3 on: popf at 0x1008",
                        "  bare: runs, nobody is told",
                        "  trap-and-emulate: runs, nobody is told",
                        "  rflags: bare 0x2, trap-and-emulate 0x202");
        assertThat(compared.out()).contains("sti", "trap GENERAL_PROTECTION (13), monitor");
        var json = Invocation.of("compare", guest("popf-hole"), "--modes", "bare,trap-and-emulate", "--json");
        assertThat(json.out())
                .contains(
                        "\"divergence\":{\"time\":3,\"rip\":\"0x1008\",\"text\":\"popf\",",
                        "{\"name\":\"rflags\",\"values\":{\"bare\":\"0x2\",\"trap-and-emulate\":\"0x202\"}}");
    }

    @Test
    void portsAreToldFromMilestoneToMilestone() {
        var compared = Invocation.of("compare", guest("paging"), "--modes", "bare,xen-pv");
        assertThat(compared.out())
                .contains("from paging-on to stale\n", "1 hypercall mmuext_op (26), xen", "prints 'A\\n'")
                .endsWith("equal: the ports come to the same milestones, and print the same\n");
        var json = Invocation.of("compare", guest("paging"), "--modes", "bare,xen-pv", "--json");
        assertThat(json.out()).contains("\"alignedBy\":\"milestones\"", "{\"from\":\"paging-on\",\"to\":\"stale\",");
    }

    @ParameterizedTest
    @CsvSource({"bare", "'bare,bare'", "'bare,nowhere'", "''"})
    void modesThatCannotBeComparedAreBadInput(String modes) {
        var refused = Invocation.of("compare", guest("rings"), "--modes", modes);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.errorLines()).hasSize(1);
    }

    @Test
    void whatIsTypedArrivesInAllModes(@TempDir Path folder) throws IOException {
        Path typed = folder.resolve("typed");
        Files.writeString(typed, "x");
        Path echo = folder.resolve("echo.asm");
        Files.writeString(
                echo, "mov dx, 0x3fd\nagain: in al, dx\ntest al, 1\njz again\nmov dx, 0x3f8\nin al, dx\nhlt\n");
        var compared = Invocation.of(
                "compare", echo.toString(), "--modes", "bare,kvm", "--input", typed.toString(), "--limit", "100000");
        assertThat(compared.status()).isZero();
        assertThat(compared.out()).contains("bare: halt after ");
    }

    @Test
    void aFlatBinaryIsComparedAsItIsRun(@TempDir Path folder) throws IOException {
        Path binary = folder.resolve("a.bin");
        Files.write(binary, new byte[] {0x0F, 0x01, (byte) 0xE0, (byte) 0xFA, (byte) 0xF4});
        var compared = Invocation.of(
                "compare", binary.toString(), "--modes", "bare,trap-and-emulate", "--bits", "32", "--load", "0x2000");
        assertThat(compared.status()).isEqualTo(1);
        assertThat(compared.out()).contains("divergent from guest time 0 on: smsw eax at 0x2000");
    }
}
