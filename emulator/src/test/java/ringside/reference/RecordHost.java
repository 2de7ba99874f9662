package ringside.reference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.Decoder;
import ringside.isa.Form;

/**
 * Asks this machine's processor for what {@link RecordedHostTest} compares with, and keeps the answers as a test resource. To be run
 * on x86-64 Linux after the instruction table has grown; CONTRIBUTING.md says how.
 */
final class RecordHost {
    static final String FILE = "host-results.gz";

    /** Cases of each form: few, because other machines need a sample only, and every one takes a hundred bytes. */
    private static final int EACH = 5;

    private RecordHost() {}

    public static void main(String[] arguments) throws IOException {
        Decoder decoder = InstructionSet.decoder();
        Exceptions exceptions = Exceptions.ofThisHost();
        var entries = new ArrayList<Recording.Entry>();
        try (var host = HostCpu.start()) {
            if (!host.hasSegments()) {
                throw new AssertionError("this host's kernel gives programs no 16 and 32-bit code: record on another");
            }
            for (Form form : InstructionSet.forms()) {
                if (!Forms.isCompared(form) || exceptions.isApart(Forms.name(form))) {
                    continue;
                }
                List<Case> cases = IntStream.range(0, EACH)
                        .mapToObj(i -> RandomInstructions.of(decoder, form, i))
                        .toList();
                List<Result> results = host.run(cases);
                for (int i = 0; i < EACH; i++) {
                    entries.add(new Recording.Entry(cases.get(i), results.get(i)));
                }
            }
        }
        Path file = HostCpu.moduleFolder()
                .resolve("src/test/resources/ringside/reference")
                .resolve(FILE);
        try (var out = Files.newOutputStream(file)) {
            new Recording(Exceptions.vendor(), entries).write(out);
        }
        System.out.println(entries.size() + " results in " + file);
    }
}
