package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class AssemblerTest {
    private final Assembler assembler = new Assembler(TestTable.forms());

    // What comes out.

    @Test
    void aProgramKnowsItsOriginSymbolsAndFirstCodeSize() {
        var program = assemble("bits 32\norg 0x100000\nstart: nop\nvalue equ 7\n.here: hlt\n")
                .get();
        assertThat(program.origin()).isEqualTo(0x100000);
        assertThat(program.bits()).isEqualTo(32);
        assertThat(program.symbols())
                .containsExactly(Map.entry("start", 0x100000L), Map.entry("start.here", 0x100001L));
        assertThat(program.constants()).containsExactly(Map.entry("value", 7L));
        assertThat(program.names().at(0x100001)).contains("start.here");
    }

    @Test
    void theEntryIsLabelStartOrTheFirstByte() {
        assertThat(assemble("org 0x1000\ndb 1\nstart: nop\n").get().entry()).isEqualTo(0x1001);
        assertThat(assemble("org 0x1000\nnop\n").get().entry()).isEqualTo(0x1000);
    }

    @Test
    void everyPieceKnowsItsLineAndMacrosTheLineOfTheirCall() {
        var program = assemble("%macro two 0\nnop\nhlt\n%endmacro\norg 0x10\ntwo\ndb 1, 2\n")
                .get();
        assertThat(program.lines())
                .containsExactly(
                        new AssembledProgram.LineAddress(0x10, 1, "test.asm", 6, true),
                        new AssembledProgram.LineAddress(0x11, 1, "test.asm", 6, true),
                        new AssembledProgram.LineAddress(0x12, 2, "test.asm", 7, false));
    }

    @Test
    void theListingHasEveryLineWithItsAddressAndBytes() {
        var listing = assemble("; first\nmov al, 5\nhere:\n").get().listing();
        assertThat(listing.get(0).address()).isEmpty();
        assertThat(listing.get(1).hex()).isEqualTo("B005");
        assertThat(listing.get(1).text()).isEqualTo("mov al, 5");
        assertThat(listing).hasSize(4);
    }

    @Test
    void milestonesMarkTheNextInstruction() {
        var program = assemble("org 0x100\nnop\n;@ milestone paging is on\nhlt\nnop ;@ milestone end\n")
                .get();
        assertThat(program.milestones())
                .containsExactly(
                        new AssembledProgram.Milestone("paging is on", 0x101, 3),
                        new AssembledProgram.Milestone("end", 0x102, 5));
    }

    @Test
    void theSameSourceAlwaysGivesTheSameProgram() {
        var source = "a: jmp b\ntimes 200 nop\nb: jz a\n";
        assertThat(bytes(source)).isEqualTo(bytes(source));
    }

    @Test
    void includedFilesComeFromTheFolderOfTheSource() {
        var folder = SourceFolder.of(Map.of(
                "a.inc", "inc ax\n%include 'b.inc'\n".getBytes(StandardCharsets.UTF_8),
                "b.inc", "dec ax".getBytes(StandardCharsets.UTF_8),
                "data", new byte[] {1, 2, 3}));
        var source = new Source("test.asm", "%include 'a.inc'\nincbin 'data', 1\n", folder, 16, 0);
        assertThat(hex(assembler.assemble(source).get())).isEqualTo("40480203");
    }

    @Test
    void prefixesMayStandInALineOfTheirOwn() {
        assertThat(bytes("lock")).isEqualTo("f0");
        assertThat(bytes("x: lock\nadd [bx], ax")).isEqualTo("f00107");
        assertThat(bytes("a32 o32 cs lock rep")).isEqualTo("f3f02e6766");
        assertThat(bytes("bits 32\na16 o16")).isEqualTo("6766");
        assertThat(bytes("o16\ntimes 3 rep")).isEqualTo("f3f3f3");
        assertError("o64", 1, "needs an instruction after it");
    }

    // What is refused.

    @Test
    void wordsOfTheirOwnMeaningAreNoLabels() {
        for (String word : List.of("bnd", "lock", "a32", "common", "global", "org", "times")) {
            assertError(word + ": nop", 1, "'" + word + "' has a meaning of its own");
        }
        assertThat(bytes("list: nop\njmp list")).isEqualTo("90ebfd");
    }

    @Test
    void aSourceFromTheWebHasNoFiles() {
        assertError("%include '/etc/passwd'", 1, "no file '/etc/passwd'");
        assertError("nop\nincbin '/etc/passwd'", 2, "no file '/etc/passwd'");
    }

    @Test
    void errorsSayWhereAndWhatMayHelp() {
        var error = assemble("nop\n  mvo ax, 5\n").errors().get(0);
        assertThat(error.toString())
                .isEqualTo("test.asm:2:3: 'mvo' is not an instruction that this processor knows (did you mean mov?)");
    }

    @Test
    void severalErrorsAreFoundAtOnce() {
        var errors = assemble("mvo ax\nnop\nmov ax, nolabel\nmov al, bx\n").errors();
        assertThat(errors.stream().map(AssemblyError::line)).containsExactly(1, 3, 4);
    }

    @Test
    void anUnknownSymbolIsComparedWithTheKnownOnes() {
        var error = assertError("message db 1\nmov si, mesage\n", 2, "'mesage' is not defined");
        assertThat(error.hint()).isEqualTo("did you mean message?");
        assertThat(error.column()).isEqualTo(9);
    }

    @Test
    void commonMistakesHaveTheirOwnHints() {
        assertHint("zzzzzz ax, 5", "a label needs a colon after it");
        assertHint("mov ax, zzzzzz", "a label is defined by 'name:'");
        assertHint("times 1000000000 db 0", "look at times, align and resb");
        assertHint("%rep 1000000000\nnop\n%endrep", "times repeats a single line");
        assertHint("mov [bx], 5", "write byte, word, dword or qword");
        assertHint("mov rax, rbx", "bits 64");
        assertHint("mov eax, offset x", "a label by itself is its address");
        assertHint("mov eax, dword ptr [ebx]", "leave it out");
        assertHint("mov ax, es:[bx]", "[es:...]");
        assertHint("mov al, bx", "");
        assertHint("mov [bx], [si]", "move one of them to a register first");
        assertHint("mov ax, bx + 2", "[ebx+4]");
        assertHint("mov ax, [cx]", "bx or bp");
        assertHint("x = 5", "x equ");
        assertHint("hlx", "A label needs a colon");
        assertHint("times 5 - 10 db 0", "5 bytes too long");
        assertHint("a: times 200 nop\nloop a", "jump to a jump");
        assertHint("a:\na:", "defined once");
        assertHint("section .bss\ndb 5", "use resb");
        assertHint("extern printf", "%include");
        assertHint("pop cs", "");
        assertHint("db 12g4", "numbers look like");
        assertHint("db 'open", "close it");
    }

    @Test
    void unbalancedBlocksAreFound() {
        assertError("nop\n%if 1\nnop\n", 2, "has no '%endif'");
        assertError("%endif", 1, "without '%if'");
        assertError("%macro m 0\nnop\n", 1, "no '%endmacro'");
        assertError("%rep 3\nnop\n", 1, "no '%endrep'");
        assertError("struc s\n.a: resb 1\n", 2, "no 'endstruc'");
    }

    @Test
    void theSourceItselfMayRaiseAnError() {
        assertError("%if 1 > 2\n%else\n%error too small for \"this\"\n%endif", 3, "too small");
    }

    @Test
    void aFractionThatItsDirectiveHasNoFormatForIsRefused() {
        assertError("dt 1.5", 1, "dd and dq only");
        assertError("nop\ndw -1.5", 2, "dd and dq only");
    }

    @Test
    void aLongWordIsNotQuotedWhole() {
        var error = assertError("mov al, " + "x".repeat(100_000), 1, "xxx…");
        assertThat(error.text()).hasSizeLessThan(300);
    }

    // Limits.

    @Test
    void timesIsCheckedBeforeAnythingIsAllocated() {
        quickly(() -> assertError("times 1000000000 db 0", 1, "16 MiB"));
        quickly(() -> assertError("resb 0x7fffffffffffffff", 1, "16 MiB"));
        quickly(() -> assertError("times 0x7fffffff nop", 1, "16 MiB"));
        quickly(() -> assertError("align 0x100000\ntimes 17 incbin 'x'", 2, "no file"));
    }

    @Test
    void sixteenMebibytesAreTheMost() {
        quickly(() ->
                assertThat(assemble("times 16777216 db 1").get().bytes().size()).isEqualTo(16 << 20));
        quickly(() -> assertError("times 16777216 db 1\ndb 2", 2, "16 MiB"));
    }

    @Test
    void aMillionLinesAreTheMost() {
        quickly(() -> assertError("%rep 1000001\nnop\n%endrep", 1, "million"));
        quickly(() -> assertError("%rep 2000\n%rep 2000\n%endrep\n%endrep", 1, "million"));
    }

    @Test
    void nestingIsBounded() {
        quickly(() -> assertError(
                "%macro m 1\n%if %1\nn %1 - 1\n%endif\n%endmacro\n%macro n 1\nm %1\n%endmacro\nm 100", 9, ""));
        var itself = SourceFolder.of(Map.of("a", "%include 'a'".getBytes(StandardCharsets.UTF_8)));
        var result = assembler.assemble(new Source("test.asm", "%include 'a'", itself, 16, 0));
        assertThat(result.errors().get(0).text()).contains("16 deep");
    }

    @Test
    void macrosThatDoubleAreStopped() {
        var source = new StringBuilder("%define x0 1\n");
        for (int i = 1; i < 40; i++) {
            source.append("%define x")
                    .append(i)
                    .append(" x")
                    .append(i - 1)
                    .append(" + x")
                    .append(i - 1)
                    .append('\n');
        }
        quickly(() -> assertError(source + "db x39\n", 41, "too much"));
    }

    @Test
    void textThatDoublesIsStopped() {
        quickly(() -> assertError("%strcat s 'ab'\n" + "%strcat s s, s\n".repeat(40), 21, "1 MiB"));
        quickly(() -> assertError("%define n ab\n" + "%xdefine n n %+ n\n".repeat(40), 13, "4096"));
        var macros = new StringBuilder("%macro m0 1+\ndb %1\n%endmacro\n");
        for (int i = 1; i < 40; i++) {
            macros.append("%macro m" + i + " 1+\nm" + (i - 1) + " %1, %1\n%endmacro\n");
        }
        quickly(() -> assertError(macros + "m14 " + "1, ".repeat(100) + "1\n", 121, "too much"));
    }

    @Test
    void repeatingWhatWritesNothingIsStopped() {
        quickly(() -> assertError("times 16000000 bits 16\n", 1, "million"));
        quickly(() -> assertThat(assemble("align 0x100000, resb 0\nalign 16, resb 0\n".repeat(100))
                        .errors())
                .isEmpty());
    }

    @Test
    void sectionsFarApartAreRefused() {
        var source = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            source.append("section .s" + i + " align=0x100000\ndb 1\n");
        }
        quickly(() -> assertError(source.toString(), 1, "16 MiB"));
        quickly(() -> assertError("db 1\nsection .a\ntimes 9000000 db 1\nsection .b\ntimes 9000000 db 1", 5, "16 MiB"));
    }

    @Test
    void tenThousandErrorsGiveAShortAnswer() {
        quickly(() ->
                assertThat(assemble("mvo ax, 5\n".repeat(10_000)).errors()).hasSize(100));
        quickly(() -> assertThat(assemble("mov ax, nowhere\n".repeat(10_000)).errors())
                .hasSize(100));
        quickly(() -> assertThat(assemble("db 'open\n".repeat(10_000)).errors()).hasSize(100));
    }

    @Test
    void addressesThatDependOnThemselvesAreRefused() {
        quickly(() -> assertThat(assemble("a: times (b - a) & 1 ^ 1 db 0\nb:\n").errors())
                .isNotEmpty());
    }

    @Test
    void deepExpressionsAreRefused() {
        quickly(() -> assertError("db " + "(".repeat(100_000) + "1", 1, "nested"));
        quickly(() -> assertError("db " + "-".repeat(100_000) + "1", 1, "nested"));
    }

    private AssemblyResult assemble(String text) {
        return assembler.assemble(Source.of("test.asm", text));
    }

    private String bytes(String text) {
        return hex(assemble(text).get());
    }

    private static String hex(AssembledProgram program) {
        return HexFormat.of().formatHex(program.bytes().toArray());
    }

    private AssemblyError assertError(String text, int line, String part) {
        var result = assemble(text);
        assertThat(result.program()).isEmpty();
        var error = result.errors().get(0);
        assertThat(error.text()).contains(part);
        assertThat(error.line()).isEqualTo(line);
        return error;
    }

    private void assertHint(String text, String part) {
        var result = assemble(text);
        assertThat(result.program()).as(text).isEqualTo(Optional.empty());
        assertThat(result.errors().get(0).toString()).as(text).contains(part);
    }

    private static void quickly(org.junit.jupiter.api.function.Executable work) {
        Assertions.assertTimeout(Duration.ofSeconds(20), work);
    }
}
