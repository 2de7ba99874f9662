package ringside.monitor.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.mode.Modes;

/** The same file on the host's own Linux prints the same and ends with the same status. */
class LinuxAgreementTest {
    private static final int SECONDS = 20;

    @TempDir
    private Path folder;

    private record Outcome(String text, int status) {}

    private Outcome onLinux(byte[] file) throws IOException, InterruptedException {
        Path program = folder.resolve("program");
        Path output = folder.resolve("output");
        Files.write(program, file);
        assertTrue(program.toFile().setExecutable(true), "it cannot be made executable");
        // A shell between them makes a signal a status.
        Process process = new ProcessBuilder("sh", "-c", program + "; exit $?")
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("it still runs on Linux after " + SECONDS + " seconds");
        }
        return new Outcome(Files.readString(output, StandardCharsets.ISO_8859_1), process.exitValue());
    }

    private static Outcome here(byte[] file) {
        Program program = Program.of(file);
        return new Outcome(program.text(), program.status());
    }

    private static byte[] sample(String name) throws IOException {
        Path source = Path.of("..", "sample-guests", name, "guest.asm");
        var options = ImageOptions.DEFAULT.withDefinitions(Modes.definitions("container"));
        return Images.recognize(Files.readAllBytes(source), "guest.asm", options)
                .program()
                .orElseThrow()
                .file()
                .toArray();
    }

    @Test
    void aProgramAndItsChild() throws IOException, InterruptedException {
        byte[] file = sample("linux-program");
        assertEquals(onLinux(file), here(file));
    }

    /** Two processes beside each other: which one prints first is the scheduler's affair, so their letters are compared. */
    @Test
    void twoProcesses() throws IOException, InterruptedException {
        byte[] file = sample("system-calls");
        Outcome linux = onLinux(file);
        Outcome here = here(file);
        assertEquals(
                linux.text().chars().sorted().boxed().toList(),
                here.text().chars().sorted().boxed().toList());
        assertEquals(linux.status(), here.status());
    }

    /** A fault that nobody handles. */
    @Test
    void aProgramWithoutHandlers() throws IOException, InterruptedException {
        byte[] file = sample("triple-fault");
        assertEquals(onLinux(file), here(file));
    }

    /** The host must allow namespaces; where it does not, the program says so, and that is all that is compared. */
    @Test
    void twoContainers() throws IOException, InterruptedException {
        byte[] file = sample("containers");
        Outcome linux = onLinux(file);
        if (linux.text().startsWith("this kernel makes no namespaces")) {
            System.out.println("containers: not compared, as this host allows no namespaces");
            assertEquals(1, linux.status());
        } else {
            assertEquals(linux, here(file));
        }
        assumeTrue(linux.status() == 0);
    }

    /** What each call has said, a byte each, is printed at the end; an open file is closed again, and says 1. */
    private static final String[] LINKS = {
        "%macro keep 0",
        "mov rbx, [count]",
        "mov [results + rbx], al",
        "inc qword [count]",
        "%endmacro",
        "%macro opens 2-3 0o644",
        "sys 2, %1, %2, %3",
        "call close_it",
        "keep",
        "%endmacro",
        "%macro does 2-4 0, 0",
        "sys %1, %2, %3, %4",
        "keep",
        "%endmacro",
        "does 83, folder, 0o755",
        "does 80, folder",
        "does 88, target, a",
        "does 89, a, buffer, 64",
        "sys 1, 1, buffer, 6",
        "does 89, a, buffer, 3",
        "does 89, a, buffer, 0",
        "does 89, a, 8, 64",
        "opens a, 0",
        "opens a, 0o301",
        "opens a, 0o101",
        "opens a, 0",
        "opens target, 0",
        "opens a, 0o400000",
        "opens a_slash, 0",
        "does 89, target, buffer, 64",
        "does 88, target, a",
        "does 88, nothing, b",
        "does 88, target, b_slash",
        "does 88, loop_, loop_",
        "opens loop_, 0",
        "does 80, loop_",
        "does 83, d, 0o755",
        "does 88, d, e",
        "does 88, up_target, d_up",
        "opens e_up, 0",
        "opens e_target, 0",
        "opens e, 0o200000",
        "opens e, 0o600000",
        "does 84, e",
        "does 87, e_slash",
        "does 83, e, 0o755",
        "does 89, e_slash, buffer, 64",
        "does 80, e",
        "does 79, buffer, 64",
        "sys 1, 1, buffer, 27",
        "does 80, up",
        "does 88, whole, f",
        "opens f_up, 0",
        "does 59, loop_, 0, 0",
        "does 87, a",
        "does 87, target",
        "does 87, loop_",
        "does 87, d_up",
        "does 87, e",
        "does 87, f",
        "does 84, d",
        "does 80, root",
        "does 84, folder",
        "sys 1, 1, results, [count]",
        "sys 60, 0",
        "close_it: test eax, eax",
        "js .done",
        "sys 3, rax",
        "mov eax, 1",
        ".done: ret",
        "folder: db '/tmp/ringside-links-test', 0",
        "root: db '/', 0",
        "target: db 'target', 0",
        "nothing: db 0",
        "a: db 'a', 0",
        "a_slash: db 'a/', 0",
        "b: db 'b', 0",
        "b_slash: db 'b/', 0",
        "loop_: db 'loop', 0",
        "d: db 'd', 0",
        "d_up: db 'd/up', 0",
        "e: db 'e', 0",
        "e_slash: db 'e/', 0",
        "e_up: db 'e/up', 0",
        "e_target: db 'e/../target', 0",
        "up: db '..', 0",
        "up_target: db '../target', 0",
        "f: db 'f', 0",
        "f_up: db 'f/up', 0",
        "whole: db '/tmp/ringside-links-test/d', 0",
        "align 8",
        "count: dq 0",
        "results: times 64 db 0",
        "buffer: times 64 db 0",
    };

    @Test
    void symbolicLinks() throws IOException, InterruptedException {
        byte[] file = Program.bytes(LINKS);
        Outcome here = here(file);
        assertTrue(here.text().startsWith("target/tmp/ringside-links-test/d"), here.text());
        assertEquals(onLinux(file), here);
    }

    /** What a program is not allowed is the same everywhere: results of calls as an exit status, or the signal. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "sys 1, 7, text, 1\nneg eax\nsys 60, rax",
                "sys 1, 1, 0, 1\nneg eax\nsys 60, rax",
                "sys 1, 1, 0x8000000000000000, 1\nneg eax\nsys 60, rax",
                "sys 2, text, 0\nneg eax\nsys 60, rax",
                "sys 2, null, 0o200000\nneg eax\nsys 60, rax",
                "sys 3, 77\nneg eax\nsys 60, rax",
                "sys 61, -1, 0, 0, 0\nneg eax\nsys 60, rax",
                "sys 61, -1, 0, 0x80, 0\nneg eax\nsys 60, rax",
                "sys 62, 999999, 0\nneg eax\nsys 60, rax",
                "sys 22, 0\nneg eax\nsys 60, rax",
                "sys 272, 8\nneg eax\nsys 60, rax",
                "sys 10, 1, 0x1000, 1\nneg eax\nsys 60, rax",
                "sys 10, 0x10000, 0x1000, 1\nneg eax\nsys 60, rax",
                "sys 11, 0x10000, 0\nneg eax\nsys 60, rax",
                "sys 11, 1, 0x1000\nneg eax\nsys 60, rax",
                "mov r8, -1\nmov r9, 0\nsys 9, 0, 0, 3, 0x22\nneg eax\nsys 60, rax",
                "mov r8, -1\nmov r9, 0\nsys 9, 0, 0x1000, 3, 0x20\nneg eax\nsys 60, rax",
                "mov r8, -1\nmov r9, 0\nsys 9, 0, 0x1000, 3, 2\nneg eax\nsys 60, rax",
                "sys 33, 1, 1\nsys 60, rax",
                "sys 33, 99, 1\nneg eax\nsys 60, rax",
                "sys 8, 1, 0, 9\nneg eax\nsys 60, rax",
                "sys 35, bad, 0\nneg eax\nsys 60, rax",
                "sys 35, 0, 0\nneg eax\nsys 60, rax",
                "sys 157, 38, 2, 0, 0\nneg eax\nsys 60, rax",
                "sys 158, 0x9999, 0\nneg eax\nsys 60, rax",
                "sys 158, 0x1002, text\nmov eax, [fs:0]\ncmp al, 'n'\njne $\nsys 60, 0",
                "sys 83, null, 0o700\nneg eax\nsys 60, rax",
                "sys 84, null\nneg eax\nsys 60, rax",
                "sys 80, null\nneg eax\nsys 60, rax",
                "sys 87, temporary\nneg eax\nsys 60, rax",
                "sys 59, temporary, 0, 0\nneg eax\nsys 60, rax",
                "sys 9999\nneg eax\nsys 60, rax",
                "hlt",
                "ud2",
                "mov byte [0], 1",
                "mov byte [0x401800], 1\nmov al, [0x401800]\nsys 60, rax",
                "mov rax, [0x8000000000000000]",
                "in al, 0x60",
                "xor ecx, ecx\ndiv ecx",
                "mov byte [rsp - 0x400000], 5\nmovzx edi, byte [rsp - 0x400000]\nsys 60, rdi",
                "pushf\npop rax\nbts eax, 8\npush rax\npopf\nnop\nnop",
                "xor eax, eax\nmov ds, ax\nmov ax, 0x2B\nmov ss, ax\nsys 60, 9",
                "mov ax, 8\nmov ss, ax",
                "mov ax, 0x33\nlar edi, eax\nshr edi, 8\nand edi, 0xFF\nsys 60, rdi",
                "mov ax, 0x2B\nverw ax\nsetz dil\nsys 60, rdi",
                "mov ax, 0x13\nverr ax\nsetz dil\nsys 60, rdi",
                "push 0x33\nlea rax, [rel over]\npush rax\nretfq\nover: sys 60, 8",
                "mov rcx, cs\nmov edx, ss\nlea edi, [rcx + rdx]\nsys 60, rdi"
            })
    void oneCall(String lines) throws IOException, InterruptedException {
        byte[] file = Program.bytes(
                lines,
                "text: db 'no such name', 0",
                "null: db '/dev/null', 0",
                "temporary: db '/tmp', 0",
                "align 8",
                "bad: dq 0, 2000000000");
        assertEquals(onLinux(file), here(file), lines);
    }
}
