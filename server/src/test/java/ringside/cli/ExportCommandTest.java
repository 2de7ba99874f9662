package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is exported boots on the real QEMU, says there what it says here, and is what libvirt takes. */
class ExportCommandTest {
    private static final long SECONDS = 120;

    @TempDir
    private Path folder;

    private void isExportedAndSaysTheSame(Path image, String... options) throws IOException {
        var said = Invocation.of(with(options, "run", image.toString())).out();
        assertThat(said).isNotEmpty();
        var export = Invocation.of(with(options, "export", image.toString(), "-o", folder.resolve("out") + ""));
        assertThat(export.err()).isEmpty();
        assertThat(export.status()).isZero();
        assertThat(onQemu(said.length())).isEqualTo(said);
        libvirtTakesIt();
    }

    private static String[] with(String[] options, String... command) {
        var all = new java.util.ArrayList<>(java.util.List.of(command));
        all.addAll(java.util.List.of(options));
        return all.toArray(String[]::new);
    }

    /** Runs the exported line until so many characters have come, and a little longer: nothing more may come. */
    private String onQemu(int characters) throws IOException {
        var process = new ProcessBuilder(folder.resolve("out/qemu.sh").toString())
                .redirectErrorStream(true)
                .start();
        try (InputStream out = process.getInputStream()) {
            var said = new ByteArrayOutputStream();
            var reading = CompletableFuture.runAsync(() -> read(out, said));
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (said.size() < characters && System.nanoTime() < end && !reading.isDone()) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            TimeUnit.MILLISECONDS.sleep(300);
            return said.toString(StandardCharsets.ISO_8859_1);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            process.destroy();
        }
    }

    private static void read(InputStream from, ByteArrayOutputStream to) {
        try {
            for (int value = from.read(); value >= 0; value = from.read()) {
                to.write(value);
            }
        } catch (IOException ended) {
            // The process was ended.
        }
    }

    private void libvirtTakesIt() throws IOException {
        var process = new ProcessBuilder(
                        "virt-xml-validate", folder.resolve("out/domain.xml").toString(), "domain")
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said).contains("validates");
        try {
            assertThat(process.waitFor()).isZero();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path source(String text) throws IOException {
        return Files.writeString(folder.resolve("own.asm"), text);
    }

    /** Assembled, as a file of that name. */
    private Path binary(String name, String text) throws IOException {
        var file = folder.resolve(name);
        assertThat(Invocation.of("assemble", source(text).toString(), "-o", file.toString())
                        .status())
                .isZero();
        return file;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "two-plus-two",
                "popf-hole",
                "sensitive-set",
                "self-modifying",
                "triple-fault",
                "system-calls",
                "peldano",
                "rings",
                "paging",
                "timer"
            })
    void aSampleGuestSaysOnQemuWhatItSaysHere(String guest) throws IOException {
        isExportedAndSaysTheSame(Path.of("../sample-guests", guest, "guest.asm"));
    }

    /** Every register and flag, the tables, and the control registers as far as a guest can see them: added up, and said. */
    @Test
    void a64BitGuestStartsInTheSameState() throws IOException {
        isExportedAndSaysTheSame(source("""
            bits 64
            org 0x1000
            start:
                    lea rax, [rax+rcx+1]
                    lea rax, [rax+rdx]
                    lea rax, [rax+rbx]
                    lea rax, [rax+rsp]
                    lea rax, [rax+rbp]
                    lea rax, [rax+rsi]
                    lea rax, [rax+rdi]
                    lea rax, [rax+r8]
                    lea rax, [rax+r9]
                    lea rax, [rax+r10]
                    lea rax, [rax+r11]
                    lea rax, [rax+r12]
                    lea rax, [rax+r13]
                    lea rax, [rax+r14]
                    lea rax, [rax+r15]
                    mov rsp, 0x8000
                    mov rbx, rax
                    pushfq
                    call quad_on_stack
                    mov rax, rbx
                    call quad
                    mov rax, cr0
                    call quad
                    mov rax, cr3
                    call quad
                    mov rax, cr4
                    call quad
                    mov ecx, 0xC0000080
                    rdmsr
                    call quad
                    sgdt [0x9000]
                    mov rax, [0x9002]
                    call quad
                    mov ax, cs
                    movzx eax, ax
                    call quad
                    mov ax, ss
                    movzx eax, ax
                    call quad
                    mov rax, [0x70000]
                    call quad
                    mov rax, [0x8800]
                    call quad
                    hlt
            quad_on_stack:
                    mov rax, [rsp+8]
            quad:
                    mov ecx, 16
            .next:  rol rax, 4
                    mov r8, rax
                    and al, 15
                    add al, '0'
                    cmp al, '9'
                    jbe .digit
                    add al, 39
            .digit: mov dx, 0x3F8
                    out dx, al
            .full:  mov dx, 0x3FD
                    in al, dx
                    test al, 0x20
                    jz .full
                    mov rax, r8
                    loop .next
                    ret
            """));
    }

    @Test
    void aFlatBinaryIsExportedWithWhatIsSaidOfItsStart() throws IOException {
        var file = binary("flat.bin", """
            bits 32
            org 0x2000
                    hlt
                    mov dx, 0x3F8
                    mov al, 'F'
                    out dx, al
                    hlt
            """);
        isExportedAndSaysTheSame(file, "--bits", "32", "--load", "0x2000", "--entry", "0x2001", "--memory", "2M");
    }

    @Test
    void aBootSectorIsADiskAlready() throws IOException {
        isExportedAndSaysTheSame(binary("boot.img", """
            bits 16
            org 0x7C00
                    mov dx, 0x3F8
                    mov al, 'B'
                    out dx, al
                    cli
                    hlt
                    times 510 - ($ - $$) db 0
                    dw 0xAA55
            """));
    }

    @Test
    void aMultibootKernelIsExportedAsItIs() throws IOException {
        isExportedAndSaysTheSame(binary("kernel", """
            bits 32
            org 0x100000
            header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
                    dd header, header, 0, 0, start
            start:  mov dx, 0x3F8
                    mov al, 'M'
                    out dx, al
                    cli
                    hlt
            """));
        assertThat(folder.resolve("out/guest.elf")).exists();
    }

    /** The exported ELF file is the kernel: run as a file of its own, it says the same. */
    @ParameterizedTest
    @CsvSource({
        "peldano, xen-pv, README.md",
        "peldano, xen-pvh, README.md",
        "ring-one, xen-pv, xl-pv.cfg",
        "pte-storm, xen-pv, XEN.md"
    })
    void aKernelForXenIsExportedForXen(String guest, String mode, String file) throws IOException {
        String source = "../sample-guests/" + guest + "/guest.asm";
        Path out = folder.resolve("out");
        assertThat(Invocation.of("export", source, "-o", out.toString()).err()).isEmpty();
        var said = Invocation.of("run", source, "--mode", mode).out();
        var elf = Invocation.of("run", out.resolve(mode + ".elf").toString(), "--mode", mode);
        assertThat(elf.out()).isNotEmpty().isEqualTo(said);
        String type = mode.substring("xen-".length());
        Files.move(
                out.resolve("domain-" + type + ".xml"), out.resolve("domain.xml"), StandardCopyOption.REPLACE_EXISTING);
        libvirtTakesIt();
        assertThat(out.resolve("xl-" + type + ".cfg"))
                .content()
                .contains("type = \"" + type + "\"", "kernel = \"" + out.toAbsolutePath() + "/" + mode + ".elf\"");
        assertThat(out.resolve(file)).exists();
        assertThat(out.resolve("xen.sh")).isExecutable();
    }

    /** Linux's own kernel is the reference: the exported file prints there what it prints here, and ends as it does here. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "unshare"})
    void aLinuxProgramRunsOnTheHostsKernel(String how) throws IOException, InterruptedException {
        var image = "../sample-guests/linux-program/guest.asm";
        var said = Invocation.of("run", image, "--mode", "container");
        var out = folder.resolve("out");
        assertThat(Invocation.of("export", image, "-o", out.toString()).status())
                .isZero();
        if (how.equals("unshare")) {
            Assumptions.assumeTrue(
                    ended(new ProcessBuilder("unshare", "--user", "--map-root-user", "--pid", "--fork", "true")) == 0,
                    "this machine lets nobody make namespaces");
        }
        var process = new ProcessBuilder(out.resolve("run.sh").toString(), how).start();
        var printed = new ByteArrayOutputStream();
        read(process.getInputStream(), printed);
        assertThat(process.waitFor()).isEqualTo(said.status());
        assertThat(printed.toString(StandardCharsets.ISO_8859_1))
                .isEqualTo(said.out())
                .isNotEmpty();
        assertThat(Files.readString(out.resolve("run.sh"))).doesNotContain("@NAME@");
        assertThat(Files.readString(out.resolve("Containerfile"))).contains("COPY program /bin/guest");
    }

    private static int ended(ProcessBuilder command) throws InterruptedException {
        try {
            return command.redirectErrorStream(true).start().waitFor();
        } catch (IOException missing) {
            return -1;
        }
    }

    @Test
    void theFilesSayWhatTheyAreFor() throws IOException {
        Invocation.of(
                "export",
                "../sample-guests/timer/guest.asm",
                "-o",
                folder.resolve("my & folder").toString());
        var out = folder.resolve("my & folder");
        assertThat(Files.readString(out.resolve("README.md")))
                .contains("./qemu.sh --kvm", "xl create -c xl.cfg", "virt-install");
        assertThat(Files.readString(out.resolve("xl.cfg"))).contains("type = \"hvm\"", "my & folder/guest.img");
        assertThat(Files.readString(out.resolve("domain.xml"))).contains("my &amp; folder/guest.img");
        assertThat(Files.readString(out.resolve("qemu.sh"))).doesNotContain("@NAME@", "@MEGABYTES@", "@BOOT@");
    }
}
