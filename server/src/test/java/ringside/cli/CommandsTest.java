package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.contract.Schema;

class CommandsTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {"run", "compare", "matrix", "assemble", "disassemble", "format", "guests", "bench", "serve"})
    void everyCommandExplainsItself(String command) {
        var help = Invocation.of(command, "--help");
        assertThat(help.status()).isZero();
        assertThat(help.out()).startsWith("Usage: ringside " + command);
        assertThat(help.out().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void anUnknownCommandIsRefusedInOneLine() {
        var refused = Invocation.of("walk");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.errorLines())
                .containsExactly("ringside has no command 'walk' (ringside --help lists what there is)");
    }

    @Test
    void askingForHelpDoesNotMakeAnUnknownCommandKnown() {
        var refused = Invocation.of("nosuch", "--help");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.out()).isEmpty();
        assertThat(refused.errorLines())
                .containsExactly("ringside has no command 'nosuch' (ringside --help lists what there is)");
    }

    @Test
    void aMissingFileIsNotBlamedOnAPage() throws IOException {
        Path source = folder.resolve("a.asm");
        Files.writeString(source, "%include \"b.inc\"\n");
        var refused = Invocation.of(
                "assemble", source.toString(), "-o", folder.resolve("a.bin").toString());
        assertThat(refused.errorLines())
                .singleElement()
                .asString()
                .endsWith(
                        "there is no file 'b.inc' in the folder of this source (it may name files beside it and in folders below)");
    }

    @Test
    void aSourceIsSetInColumnsAndStaysTheSameProgram() throws IOException {
        Path source = folder.resolve("a.asm");
        Files.writeString(source, "start: mov  ax,1\n  jmp start ; again\n");
        assertThat(Invocation.of("format", source.toString(), "--check").status())
                .isEqualTo(1);
        assertThat(Invocation.of("format", source.toString()).status()).isZero();
        assertThat(Files.readString(source)).isEqualTo("start:  mov ax, 1\n        jmp start               ; again\n");
        assertThat(Invocation.of("format", source.toString(), "--check").status())
                .isZero();
        Path other = folder.resolve("b.asm");
        assertThat(Invocation.of("format", source.toString(), "-o", other.toString())
                        .status())
                .isZero();
        assertThat(other).hasSameTextualContentAs(source);
    }

    @Test
    void guestsAreListedAsTheSchemaSays() throws IOException {
        var list = Invocation.of("guests", "--json");
        Schema.of("guests").holdsFor(list.out());
        assertThat(list.out()).contains("{\"name\":\"two-plus-two\",\"bits\":16,\"modes\":[\"bare\",");
    }

    @Test
    void whatIsAssembledCanBeDisassembledInTheColumnsOfNdisasm() throws IOException {
        Path source = folder.resolve("a.asm");
        Path binary = folder.resolve("a.bin");
        Files.writeString(source, "bits 64\nmov rax, 0x1122334455667788\nadd [rbx+4], ecx\nhlt\n");
        assertThat(Invocation.of("assemble", source.toString(), "-o", binary.toString())
                        .status())
                .isZero();
        var text = Invocation.of("disassemble", binary.toString(), "--bits", "64", "--org", "0x7c00");
        assertThat(text.out().lines())
                .containsExactly(
                        "00007C00  48B8887766554433  mov rax,0x1122334455667788",
                        "         -2211",
                        "00007C0A  014B04            add [rbx+0x4],ecx",
                        "00007C0D  F4                hlt");
    }

    @Test
    void disassemblesInAttSyntaxToo() throws IOException {
        Path binary = folder.resolve("a.bin");
        Files.write(binary, new byte[] {0x01, 0x4B, 0x04, (byte) 0xFF, 0x14, (byte) 0x8B, 0x06});
        var text = Invocation.of("disassemble", binary.toString(), "--bits", "64", "--syntax", "att");
        assertThat(text.out().lines())
                .containsExactly(
                        "00000000  014B04            add %ecx,0x4(%rbx)",
                        "00000003  FF148B            call *(%rbx,%rcx,4)", "00000006  06                .byte 0x06");
        var refused = Invocation.of("disassemble", binary.toString(), "--syntax", "vax");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.errorLines()).containsExactly("instructions are written as intel or att, not vax");
    }

    @Test
    void aSourceWithAnErrorIsToldWithItsPlace() throws IOException {
        Path source = folder.resolve("a.asm");
        Files.writeString(source, "nop\n  mov eax, [\n");
        var refused = Invocation.of(
                "assemble", source.toString(), "-o", folder.resolve("a.bin").toString());
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.errorLines()).singleElement().asString().contains("a.asm:2:");
    }

    @Test
    void aSourceReadsFilesOfItsOwnFolderOnly() throws IOException {
        Files.writeString(folder.resolve("secret.inc"), "nop\n");
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Files.writeString(inner.resolve("near.inc"), "hlt\n");
        Path good = inner.resolve("good.asm");
        Path bad = inner.resolve("bad.asm");
        Files.writeString(good, "%include \"near.inc\"\n");
        Files.writeString(bad, "%include \"../secret.inc\"\n");
        String binary = folder.resolve("out.bin").toString();
        assertThat(Invocation.of("assemble", good.toString(), "-o", binary).status())
                .isZero();
        assertThat(Invocation.of("assemble", bad.toString(), "-o", binary).status())
                .isEqualTo(2);
    }
}
