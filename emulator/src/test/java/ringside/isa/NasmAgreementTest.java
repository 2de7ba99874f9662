package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The assembler gives the bytes that NASM itself gives with its default options. */
class NasmAgreementTest {
    private static final boolean IS_LONG = Boolean.getBoolean("ringside.long");

    private final List<Form> table = TestTable.forms();
    private final Assembler assembler = new Assembler(table);

    @TempDir
    Path folder;

    @Test
    void everySourceOfTheCorpusGivesNasmsBytes() throws Exception {
        agree(sources(resource("/corpus"), 1));
    }

    /** The corpus again, with macros that NASM's option -D defines; one of its sources asks for them. */
    @Test
    void macrosDefinedBeforehandGiveNasmsBytes() throws Exception {
        var definitions = List.of(new Definition("PORT", ""), new Definition("SIZE", "2 + 3"));
        for (int count = 0; count <= definitions.size(); count++) {
            agree(List.of(resource("/corpus").resolve("defined.asm")), definitions.subList(0, count));
        }
    }

    @Test
    void everySampleGuestGivesNasmsBytes() throws Exception {
        var guests = resource("/sample-guests");
        assertThat(Files.isDirectory(guests)).isTrue();
        agree(sources(guests, 2));
    }

    /** Random instructions as our disassembler writes them, in one source: NASM reads it like we do. */
    @ParameterizedTest
    @ValueSource(ints = {16, 32, 64})
    void disassembledInstructionsGiveNasmsBytes(int bits) throws Exception {
        var decoder = new Decoder(table);
        var random = new RandomCode(1000 + bits, decoder, bits);
        var source = new StringBuilder("bits " + bits + "\norg 0x1000\n");
        for (int i = 0; i < (IS_LONG ? 30_000 : 3_000); i++) {
            var decoded = decoder.decode(CodeSource.of(random.instruction(), 0), bits);
            var text = Disassembler.text(decoded, 0x1000);
            if (!isDifferentInNasm(decoded, text)) {
                source.append(text).append('\n');
            }
        }
        var file = folder.resolve("random.asm");
        Files.writeString(file, source);
        agree(List.of(file));
    }

    /** What NASM refuses, or assembles otherwise, with the reason. */
    private static boolean isDifferentInNasm(Decoded decoded, String text) {
        var name = decoded.form.mnemonic();
        // Short jumps to plain numbers are out of reach, and NASM counts their size words otherwise.
        boolean relative = decoded.form.has(OperandKind.REL);
        // NASM has no form for these: see the list of differences of its disassembler.
        boolean unknown = name.equals("BSWAP") && decoded.operandSize == 16
                || name.startsWith("MOV") && name.endsWith("X") && decoded.operandSize == 16
                || name.equals("MOVSXD") && decoded.operandSize != 64;
        // NASM 2.16 forgets the size of a near return with a number.
        boolean sizedReturn = text.matches(".*\\bret[wdq] 0x.*");
        // NASM refuses two repeat prefixes, which it takes REPNE for here.
        boolean repeated = decoded.repeat == 0xF2 && !decoded.form.has(Attribute.REPE);
        // NASM takes WAIT for a prefix, and writes it before the others.
        boolean prefixedWait = name.equals("WAIT") && decoded.length > 1;
        return relative || unknown || sizedReturn || repeated || prefixedWait;
    }

    private void agree(List<Path> sources) throws IOException, InterruptedException {
        agree(sources, List.of());
    }

    private void agree(List<Path> sources, List<Definition> definitions) throws IOException, InterruptedException {
        assertThat(sources).isNotEmpty();
        for (Path source : sources) {
            var ours = assembler.assemble(new Source(
                    source.getFileName().toString(), Files.readString(source), beside(source), 16, 0, definitions));
            assertThat(ours.errors()).as(source.toString()).isEmpty();
            assertSame(source, ours.get(), nasm(source, definitions));
        }
    }

    private static void assertSame(Path source, AssembledProgram program, byte[] theirs) {
        var ours = program.bytes().toArray();
        int at = Arrays.mismatch(ours, theirs);
        if (at < 0) {
            return;
        }
        var line = program.lines().stream()
                .filter(l -> l.address() - program.origin() + l.length() > at)
                .findFirst();
        throw new AssertionError(source + " differs at offset " + at + ", " + line + ": ours " + around(ours, at)
                + ", NASM's " + around(theirs, at));
    }

    private static String around(byte[] bytes, int at) {
        int from = Math.min(bytes.length, at);
        return HexFormat.of().formatHex(bytes, from, Math.min(bytes.length, from + 12));
    }

    private byte[] nasm(Path source, List<Definition> definitions) throws IOException, InterruptedException {
        var binary = folder.resolve("out.bin");
        var messages = folder.resolve("messages.txt");
        List<String> command = new ArrayList<>(List.of("nasm", "-w-all", "-f", "bin", "-I", source.getParent() + "/"));
        definitions.forEach(one -> command.add("-D" + one.name() + (one.value().isEmpty() ? "" : "=" + one.value())));
        command.addAll(List.of("-o", binary.toString(), source.toString()));
        int status = Ndisasm.run(command, messages);
        assertThat(status).as(source + ": " + Ndisasm.text(messages)).isZero();
        return Files.readAllBytes(binary);
    }

    private static SourceFolder beside(Path source) {
        return name -> {
            try {
                var file = source.resolveSibling(name);
                return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(NasmAgreementTest.class.getResource(name).toURI());
    }

    private static List<Path> sources(Path top, int depth) throws IOException {
        var found = new ArrayList<Path>();
        try (Stream<Path> files = Files.walk(top, depth)) {
            files.filter(f -> f.toString().endsWith(".asm"))
                    .sorted(Comparator.naturalOrder())
                    .forEach(found::add);
        }
        return found;
    }
}
