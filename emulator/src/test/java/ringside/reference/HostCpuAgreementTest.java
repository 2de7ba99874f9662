package ringside.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Form;

/**
 * Every user-mode form of the instruction table gives what the host's processor gives: registers, memory, faults and all flags that
 * the manual defines. By default a sample of the cases; with {@code -Dringside.long=true} all. A host without segments of its
 * own ({@link HostCpu#hasSegments}) answers for 64-bit code only.
 */
class HostCpuAgreementTest {
    private static final int SAMPLE = 40_000;
    private static final int ALL = 200_000;
    private static final int EACH = 100;
    private static final int LISTED = 4000;

    private final Decoder decoder = InstructionSet.decoder();
    private final EmulatedCpu emulated = new EmulatedCpu();
    private final Exceptions exceptions = Exceptions.ofThisHost();
    private final List<String> wrong = new ArrayList<>();
    private final Map<String, Integer> counts = new TreeMap<>();

    private final List<Form> forms = InstructionSet.forms().stream()
            .filter(Forms::isCompared)
            .filter(form -> !exceptions.isApart(Forms.name(form)))
            .toList();

    private int casesOfEach() {
        return Boolean.getBoolean("ringside.long")
                ? Math.max(EACH, ceiling(ALL, forms.size()))
                : ceiling(SAMPLE, forms.size());
    }

    private static int ceiling(int total, int parts) {
        return (total + parts - 1) / parts;
    }

    @Test
    void everyFormDoesWhatTheHostDoes() {
        assumeThat(HostCpu.isPossible())
                .as("not an x86-64 processor under Linux: RecordedHostTest compares with what one has answered")
                .isTrue();
        boolean everyListedDifferenceIsNeeded;
        int total;
        try (var host = HostCpu.start()) {
            List<Form> compared = forms.stream().filter(host::knows).toList();
            for (Form form : compared) {
                compare(form, host);
            }
            everyListedDifferenceIsNeeded = host.hasSegments();
            total = compared.size() * casesOfEach();
        }
        report();
        assertThat(wrong).as("cases that differ from the host").isEmpty();
        if (Boolean.getBoolean("ringside.long") && everyListedDifferenceIsNeeded) {
            assertThat(exceptions.unused())
                    .as("listed differences that no case needs")
                    .isEmpty();
        }
        assertThat(counts.values()).allMatch(count -> count >= casesOfEach());
        assertThat(counts.values().stream().mapToInt(i -> i).sum()).isGreaterThanOrEqualTo(total);
    }

    private void compare(Form form, HostCpu host) {
        String name = Forms.name(form);
        // What is listed must show that it is needed, and some of it is rare.
        boolean all = Boolean.getBoolean("ringside.long") && exceptions.mention(name);
        List<Case> cases = IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> RandomInstructions.of(decoder, form, i))
                .filter(host::canRun)
                .limit(all ? LISTED : casesOfEach())
                .toList();
        List<Result> expected = host.run(cases);
        for (int i = 0; i < cases.size(); i++) {
            Case given = cases.get(i);
            Decoded decoded = decoder.decode(CodeSource.of(given.code(), 0), given.bits());
            List<String> difference = Difference.between(given, decoded, emulated.run(given), expected.get(i));
            if (!difference.isEmpty() && !exceptions.allow(name, difference)) {
                String code = HexFormat.ofDelimiter(" ").formatHex(given.code());
                wrong.add(name + ", case " + i + ", " + given.bits() + "-bit " + code + ": " + difference);
            }
        }
        counts.merge(name, cases.size(), Integer::sum);
    }

    /** Leaves the number of cases of every form in the build folder. */
    private void report() {
        var text = new StringBuilder();
        counts.forEach((form, count) -> text.append(String.format("%6d  %s%n", count, form)));
        int total = counts.values().stream().mapToInt(i -> i).sum();
        text.append(String.format("%6d cases of %d forms, %d differ%n", total, counts.size(), wrong.size()));
        try {
            Path file = HostCpu.buildFolder().resolve("host-agreement.txt");
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.out.printf("host agreement: %,d cases of %d forms, %d differ%n", total, counts.size(), wrong.size());
    }
}
