package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.cpu.instruction.InstructionSet;

/** Formatting moves white space, and nothing else. */
class FormatterTest {
    private static final Assembler ASSEMBLER = new Assembler(InstructionSet.forms());
    private static final Formatter FORMATTER =
            new Formatter(Stream.concat(ASSEMBLER.mnemonics().stream(), Stream.of("bits", "org", "section", "align"))
                    .toList());
    private static final List<String> PORTS = List.of("", "XEN_PV", "XEN_PVH", "CONTAINER");
    private static final int RANDOM_SOURCES = 5_000;
    private static final int SPOILT = 6;

    static Stream<Path> sources() throws IOException {
        try (var guests = Files.walk(Path.of("../sample-guests"));
                var corpus = Files.walk(Path.of("src/test/resources/corpus"))) {
            return Stream.concat(guests, corpus)
                    .filter(file -> file.toString().endsWith(".asm"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("sources")
    void aSourceMakesTheSameProgramInColumns(Path file) throws IOException {
        String source = Files.readString(file);
        String formatted = FORMATTER.format(source);
        assertThat(FORMATTER.format(formatted)).isEqualTo(formatted);
        assertThat(formatted.lines().filter(line -> !line.equals(line.stripTrailing())))
                .isEmpty();
        for (String port : PORTS) {
            same(source, formatted, beside(file), port);
        }
    }

    @ParameterizedTest
    @MethodSource("sources")
    void spoiltWhiteSpaceComesBackInColumns(Path file) throws IOException {
        String source = Files.readString(file);
        var random = new Random(file.getFileName().hashCode());
        for (int i = 0; i < SPOILT; i++) {
            String spoilt = spoilt(source, random);
            String formatted = FORMATTER.format(spoilt);
            assertThat(FORMATTER.format(formatted)).isEqualTo(formatted);
            if (i == 0) {
                same(spoilt, formatted, beside(file), "");
            }
        }
    }

    @Test
    void randomTextMeansTheSame() {
        var random = new Random(33);
        int programs = 0;
        for (int i = 0; i < RANDOM_SOURCES; i++) {
            String source = AssemblerFuzzTest.text(random);
            String formatted = FORMATTER.format(source);
            assertThat(FORMATTER.format(formatted)).as(source).isEqualTo(formatted);
            programs += same(source, formatted, SourceFolder.NONE, "") ? 1 : 0;
        }
        assertThat(programs).as("some of it is even right").isPositive();
    }

    @Test
    void columnsAreTheUsualOnes() {
        assertThat(FORMATTER.format("""
                  start:mov  ax , 'a  ,b'   ;one
                add\tax,[ bx+ 2 ] ; two
                LIMIT equ 5
                counter dw 1,2 ,  3
                cld
                ; at the margin
                  ; at an instruction
                %define  wide   x
                ;@ milestone here
                a_long_label: hlt


                """)).isEqualTo("""
                start:  mov ax, 'a  ,b'         ;one
                        add ax, [ bx+ 2 ]       ; two
                LIMIT           equ 5
                counter dw 1, 2, 3
                        cld
                ; at the margin
                        ; at an instruction
                %define  wide   x
                ;@ milestone here
                a_long_label: hlt
                """);
        assertThat(FORMATTER.format("")).isEmpty();
        assertThat(FORMATTER.format("nop \\\r\n  nop")).isEqualTo("nop \\\n  nop");
    }

    /** The same bytes, labels and milestones, or the same errors in the same lines. */
    private static boolean same(String source, String formatted, SourceFolder folder, String port) {
        var before = assemble(source, folder, port);
        var after = assemble(formatted, folder, port);
        assertThat(after.program().map(AssembledProgram::bytes).map(AssembledProgram.Bytes::toArray))
                .as(source)
                .usingRecursiveComparison()
                .isEqualTo(before.program().map(AssembledProgram::bytes).map(AssembledProgram.Bytes::toArray));
        assertThat(after.program().map(AssembledProgram::symbols))
                .as(source)
                .isEqualTo(before.program().map(AssembledProgram::symbols));
        assertThat(after.program().map(AssembledProgram::milestones))
                .as(source)
                .isEqualTo(before.program().map(AssembledProgram::milestones));
        assertThat(after.errors().stream().map(e -> e.line() + ": " + e.text()))
                .as(source)
                .isEqualTo(before.errors().stream()
                        .map(e -> e.line() + ": " + e.text())
                        .toList());
        return after.program().isPresent();
    }

    private static AssemblyResult assemble(String source, SourceFolder folder, String port) {
        var defined = new ArrayList<Definition>();
        if (!port.isEmpty()) {
            defined.add(Definition.read(port).orElseThrow());
        }
        return ASSEMBLER.assemble(new Source("a.asm", source, folder, 16, 0, defined));
    }

    private static SourceFolder beside(Path file) {
        return name -> read(file.resolveSibling(name));
    }

    private static Optional<byte[]> read(Path file) {
        try {
            return Files.isRegularFile(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** White space at the ends of lines, and where there is some before a comment or string, comes and goes. */
    private static String spoilt(String source, Random random) {
        var out = new StringBuilder();
        for (String line : source.split("\n", -1)) {
            int from = 0;
            while (from < line.length() && line.charAt(from) == ' ') {
                from++;
            }
            out.append(" \t".repeat(random.nextInt(3)));
            boolean plain = true;
            for (int i = from; i < line.length(); i++) {
                char c = line.charAt(i);
                plain &= c != ';' && c != '\'' && c != '"' && c != '`';
                out.append(plain && c == ' ' ? " ".repeat(1 + random.nextInt(3)) : c);
            }
            out.append(line.endsWith("\\") ? "" : " ".repeat(random.nextInt(2)))
                    .append(random.nextBoolean() ? "\n" : "\r\n");
        }
        return out.toString();
    }
}
