package ringside.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Form;

/**
 * The emulator gives what a host has once answered: a small part of {@link HostCpuAgreementTest} for machines without an x86-64
 * processor, or whose kernel gives programs no 16 and 32-bit code. After the table has grown, {@link RecordHost} records again.
 */
class RecordedHostTest {
    private static final String FILE = RecordHost.FILE;

    private final Decoder decoder = InstructionSet.decoder();

    @Test
    void theEmulatorGivesWhatAHostHasAnswered() throws IOException {
        Recording recording = recording();
        Exceptions exceptions = Exceptions.of(recording.vendor());
        var emulated = new EmulatedCpu();
        var wrong = new ArrayList<String>();
        Set<String> seen = new HashSet<>();
        for (Recording.Entry entry : recording.entries()) {
            Case given = entry.given();
            Decoded decoded = decoder.decode(CodeSource.of(given.code(), 0), given.bits());
            String name = Forms.name(decoded.form);
            seen.add(name);
            List<String> difference = Difference.between(given, decoded, emulated.run(given), entry.result());
            if (!difference.isEmpty() && !exceptions.allow(name, difference)) {
                wrong.add(name + " " + HexFormat.ofDelimiter(" ").formatHex(given.code()) + ": " + difference);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(seen)
                .as("forms with a recording; if too few, record again")
                .hasSizeGreaterThan(forms().size() * 9 / 10);
    }

    @Test
    void aRecordingReadsBackAsItWasWritten() throws IOException {
        var out = new ByteArrayOutputStream();
        Recording recording = recording();
        recording.write(out);
        Recording again = Recording.read(new ByteArrayInputStream(out.toByteArray()));
        assertThat(again.vendor()).isEqualTo(recording.vendor());
        assertThat(again.entries()).hasSameSizeAs(recording.entries());
        for (int i = 0; i < again.entries().size(); i++) {
            Recording.Entry first = recording.entries().get(i);
            Recording.Entry second = again.entries().get(i);
            assertThat(second.given().toBytes()).isEqualTo(first.given().toBytes());
            assertThat(second.result()).usingRecursiveComparison().isEqualTo(first.result());
        }
    }

    private static List<Form> forms() {
        return InstructionSet.forms().stream().filter(Forms::isCompared).toList();
    }

    private static Recording recording() throws IOException {
        try (var in = RecordedHostTest.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new AssertionError(FILE + " is missing: record it on an x86-64 machine under Linux");
            }
            return Recording.read(in);
        }
    }
}
