package ringside.monitor.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.replay.Guests;
import ringside.replay.Timeline;
import ringside.trace.TraceLog;

/** What programs find in their kernel; the expectations are Linux's manual pages. */
class ContainerTest {
    private static final String EXIT = "sys 60, 0";
    private static final String EXIT_WITH_RESULT = "sys 60, rax";

    private static final int EPERM = -1;
    private static final int ENOENT = -2;
    private static final int ECHILD = -10;
    private static final int EAGAIN = -11;
    private static final int ENOMEM = -12;
    private static final int EACCES = -13;
    private static final int EFAULT = -14;
    private static final int EINVAL = -22;
    private static final int ENOSYS = -38;

    @Test
    void aSystemCallKeepsAllRegistersButThree() {
        Program program = Program.of(
                "mov rbx, 0x1122334455667788",
                "mov r12, rbx",
                "stc",
                "mov eax, 39",
                "syscall",
                "here: jnc wrong",
                "cmp rbx, r12",
                "jne wrong",
                "cmp rcx, here",
                "jne wrong",
                "bt r11, 0",
                "jnc wrong",
                "sys 60, 3",
                "wrong: sys 60, 1");
        assertEquals(3, program.status());
    }

    @Test
    void aCallThatDoesNotExistSaysSo() {
        Program program = Program.of("sys 1023", EXIT).run();
        assertEquals(ENOSYS, program.result("syscall_1023"));
    }

    private static final String[] REPLACES_ITSELF = {
        "cmp qword [rsp], 2",
        "je again",
        "sys 59, path, arguments, 0",
        "sys 60, 1",
        "again: mov rsi, [rsp + 16]",
        "sys 1, 1, rsi, 5",
        EXIT,
        "path: db '/bin/program', 0",
        "word: db 'again', 0",
        "align 8",
        "arguments: dq path, word, 0"
    };

    /** Also of those that come back elsewhere, later, twice or never: execve, read, fork and exit. */
    @Test
    void everyCallIsReportedAtTheInstructionThatMadeIt() {
        GuestImage replaced = Images.recognize(Program.bytes(REPLACES_ITSELF), "program", ImageOptions.DEFAULT);
        for (GuestImage image : List.of(replaced, Guests.sample("containers"), Guests.sample("linux-program"))) {
            byte[] file = image.program().orElseThrow().file().toArray();
            Timeline timeline = new Timeline(Guests.start(image, "container"));
            timeline.run(1_000_000, () -> false);
            List<TraceLog.Entry> calls = timeline.log().stream()
                    .filter(entry -> entry.event().kind().equals("system-call"))
                    .toList();
            assertTrue(calls.size() > 2, image.name());
            for (TraceLog.Entry call : calls) {
                int at = (int) (call.rip() - 0x400000);
                assertEquals(
                        "0f05",
                        String.format("%02x%02x", file[at], file[at + 1]),
                        call.event().toString());
            }
        }
    }

    /** sigaction(2), signal(7): the shell's status of a program that a signal has ended is 128 and its number. */
    @ParameterizedTest
    @CsvSource({
        "hlt, 11",
        "cli, 11",
        "in al|dx, 11",
        "mov cr3|rax, 11",
        "mov byte [0]|1, 11",
        "mov byte [rsp - 0x900000]|1, 11",
        "mov rax|[0x8000000000000000], 11",
        "ud2, 4",
        "int3, 5",
        "int 0x80, 11",
        "xor ecx|ecx; div ecx, 8",
        "jmp 0x700000, 11",
        "lgdt [rsp], 11"
    })
    void whatAProgramMayNotDoEndsIt(String code, int signal) {
        Program program = Program.of(code.replace('|', ',').replace(';', '\n'), EXIT);
        assertEquals(128 + signal, program.status());
    }

    @Test
    void theStackGrowsWhereItIsUsed() {
        assertEquals(0, Program.of("mov byte [rsp - 0x400000], 1", EXIT).status());
    }

    @Test
    void aProgramFindsItsArgumentsOnTheStack() {
        Program program = Program.of(
                "cmp qword [rsp], 1",
                "jne wrong",
                "mov rsi, [rsp + 8]",
                "sys 1, 1, rsi, 12",
                "cmp qword [rsp + 16], 0",
                "jne wrong",
                "mov rdi, rsp",
                "and edi, 15",
                "sys 60, rdi",
                "wrong: sys 60, 1");
        assertEquals("/bin/program", program.text());
        assertEquals(0, program.status());
    }

    @Test
    void memoryIsGivenByBrkAndMmapAndTakenAgain() {
        Program program = Program.of(
                "sys 12, 0",
                "mov rbx, rax",
                "lea rdi, [rbx + 0x3000]",
                "sys 12, rdi",
                "mov byte [rbx + 0x2FFF], 1",
                "sys 12, rbx",
                "mov al, [rbx + 0x2FFF]",
                EXIT);
        assertEquals(128 + 11, program.status());
        List<Long> breaks = program.results("brk");
        assertEquals(breaks.get(0) + 0x3000, breaks.get(1));
        assertEquals(breaks.get(0), breaks.get(2));
    }

    @Test
    void protectionHoldsForTheKernelToo() {
        Program program = Program.of(
                "mov r8, -1",
                "mov r9, 0",
                "sys 9, 0, 0x1000, 3, 0x22",
                "mov rbx, rax",
                "mov byte [rbx], 1",
                "sys 10, rbx, 0x1000, 1",
                "sys 0, 0, rbx, 0",
                "sys 63, rbx",
                "cmp byte [rbx], 1",
                "jne wrong",
                "mov byte [rbx], 2",
                "wrong: sys 60, 1");
        assertEquals(128 + 11, program.status());
        assertEquals(EFAULT, program.result("uname"));
    }

    @Test
    void bytesGoThroughAPipeAndItsEndIsSeen() {
        Program program = Program.of(
                "sys 22, ends",
                "sys 57",
                "test eax, eax",
                "jz child",
                "mov edi, [ends + 4]",
                "sys 3, rdi",
                "again: mov edi, [ends]",
                "sys 0, rdi, buffer, 2",
                "test eax, eax",
                "jz done",
                "sys 1, 1, buffer, rax",
                "jmp again",
                "done: sys 61, -1, 0, 0, 0",
                EXIT,
                "child: mov edi, [ends + 4]",
                "sys 1, rdi, text, 5",
                EXIT,
                "text: db 'pipes'",
                "align 8",
                "ends: dq 0",
                "buffer: dq 0");
        assertEquals("pipes", program.text());
    }

    @Test
    void writingWhereNobodyReadsEndsTheWriter() {
        Program program = Program.of(
                "sys 22, ends",
                "mov edi, [ends]",
                "sys 3, rdi",
                "mov edi, [ends + 4]",
                "sys 1, rdi, ends, 1",
                EXIT,
                "ends: dq 0");
        assertEquals(128 + 13, program.status());
    }

    @Test
    void filesAreMadeWrittenReadAndRemoved() {
        Program program = Program.of(
                "sys 2, path, 0o102, 0o644",
                "mov ebx, eax",
                "sys 1, rbx, text, 4",
                "sys 8, rbx, 1, 0",
                "sys 0, rbx, buffer, 10",
                "sys 1, 1, buffer, rax",
                "sys 87, path",
                "sys 2, path, 0",
                EXIT,
                "path: db '/tmp/file', 0",
                "text: db 'file'",
                "buffer: times 10 db 0");
        assertEquals("ile", program.text());
        assertEquals(3, program.result("read"));
        assertEquals(ENOENT, program.results("open").get(1));
    }

    @Test
    void aParentLearnsHowItsChildEnded() {
        Program program = Program.of(
                "sys 57",
                "test eax, eax",
                "jz child",
                "mov ebx, eax",
                "sys 61, rbx, status, 0, 0",
                "movzx edi, byte [status + 1]",
                "sys 61, -1, 0, 0, 0",
                "movzx edi, byte [status + 1]",
                "sys 60, rdi",
                "child: sys 60, 42",
                "align 4",
                "status: dd 0");
        assertEquals(42, program.status());
        assertEquals(List.of(0L, (long) ECHILD), program.results("wait4"));
    }

    @Test
    void aSleeperWakesAtItsTime() {
        Program program = Program.of(
                "sys 228, 1, before",
                "sys 35, wanted, 0",
                "sys 228, 1, after",
                "mov rdi, [after + 8]",
                "sub rdi, [before + 8]",
                "cmp rdi, 5000",
                "jb wrong",
                "cmp rdi, 5100",
                "ja wrong",
                EXIT,
                "wrong: sys 60, 1",
                "align 8",
                "wanted: dq 0, 5000",
                "before: dq 0, 0",
                "after: dq 0, 0");
        assertEquals(0, program.status());
    }

    @Test
    void whoWaitsForWhatCannotComeIsIdle() {
        Program program = Program.of("sys 22, ends", "mov edi, [ends]", "sys 0, rdi, ends, 1", EXIT, "ends: dq 0")
                .run();
        assertEquals("idle", program.monitor.ending().orElseThrow().kind().text());
    }

    // Namespaces.

    @Test
    void theFirstOfAPidNamespaceIsOneAndItsEndIsEverybodys() {
        Program program = Program.of(
                "sys 56, 0x20000011, 0",
                "test eax, eax",
                "jz first",
                "sys 61, -1, 0, 0, 0",
                EXIT,
                "first: sys 39",
                "mov ebx, eax",
                "sys 57",
                "test eax, eax",
                "jz second",
                "sys 110",
                "sys 60, rbx",
                "second: sys 35, long, 0",
                "sys 1, 1, long, 1",
                EXIT,
                "align 8",
                "long: dq 100, 0");
        assertEquals("", program.text());
        assertEquals(1, program.result("getpid"));
        assertEquals(0, program.result("getppid"));
        assertEquals(2, program.result("fork"));
    }

    @Test
    void aHostNameIsOnesOwnAfterUnshare() {
        Program program = Program.of(
                "sys 57",
                "test eax, eax",
                "jz child",
                "sys 61, -1, 0, 0, 0",
                "sys 63, names",
                "sys 1, 1, names + 65, 8",
                EXIT,
                "child: sys 272, 0x4000000",
                "sys 170, name, 5",
                "sys 63, names",
                "sys 1, 1, names + 65, 6",
                EXIT,
                "name: db 'other'",
                "names: times 390 db 0");
        assertEquals("other\0ringside", program.text());
    }

    @Test
    void aMountIsSeenInItsNamespaceOnly() {
        Program program = Program.of(
                "sys 57",
                "test eax, eax",
                "jz child",
                "sys 61, -1, 0, 0, 0",
                "sys 2, file, 0",
                EXIT,
                "child: sys 272, 0x20000",
                "sys 165, kind, place, kind, 0",
                "sys 2, file, 0o100, 0o600",
                EXIT,
                "kind: db 'tmpfs', 0",
                "place: db '/tmp', 0",
                "file: db '/tmp/file', 0");
        program.run();
        assertEquals(List.of(3L, (long) ENOENT), program.results("open"));
    }

    /** user_namespaces(7). */
    @Test
    void inItsOwnUserNamespaceAnybodyIsRootAndNowhereElse() {
        Program program = Program.of(
                "sys 105, 1000",
                "sys 170, name, 4",
                "sys 272, 0x14000000",
                "sys 102",
                "sys 170, name, 4",
                "sys 2, map, 1",
                "mov ebx, eax",
                "sys 1, rbx, line, 8",
                "sys 102",
                "sys 161, name",
                EXIT,
                "name: db '/tmp', 0",
                "map: db '/proc/self/uid_map', 0",
                "line: db '0 1000 1'");
        program.run();
        assertEquals(List.of((long) EPERM, 0L), program.results("sethostname"));
        assertEquals(List.of(65_534L, 0L), program.results("getuid"));
        assertEquals(8, program.result("write"));
        assertEquals(0, program.result("chroot"));
    }

    @Test
    void namespacesThatThisKernelDoesNotHaveAreInvalid() {
        Program program =
                Program.of("sys 272, 0x40000000", "sys 56, 0x100, 0", EXIT).run();
        assertEquals(EINVAL, program.result("unshare"));
        assertEquals(EINVAL, program.result("clone"));
    }

    /** chroot(2): the working directory stays, so that root can leave again; nobody else may call it. */
    @Test
    void aRootDirectoryIsNoPrisonForRoot() {
        Program program = Program.of(
                "sys 83, prison, 0o755",
                "sys 161, prison",
                "sys 2, null, 0",
                "sys 80, up",
                "sys 161, here",
                "sys 2, null, 0",
                "sys 105, 1000",
                "sys 161, here",
                EXIT,
                "prison: db '/tmp/prison', 0",
                "null: db '/dev/null', 0",
                "up: db '../..', 0",
                "here: db '.', 0");
        program.run();
        assertEquals(List.of((long) ENOENT, 3L), program.results("open"));
        assertEquals(List.of(0L, 0L, (long) EPERM), program.results("chroot"));
    }

    // Control groups.

    private static final String[] GROUP_FILES = {
        "all: db '/sys/fs/cgroup/cgroup.subtree_control', 0",
        "group: db '/sys/fs/cgroup/a', 0",
        "members: db '/sys/fs/cgroup/a/cgroup.procs', 0",
        "limit: db '/sys/fs/cgroup/a/pids.max', 0",
        "weight: db '/sys/fs/cgroup/a/cpu.weight', 0",
        "gives: db '+pids +cpu'",
        "zero: db '0'"
    };

    private static Program withGroupFiles(String... lines) {
        return Program.of(
                java.util.stream.Stream.concat(java.util.Arrays.stream(lines), java.util.Arrays.stream(GROUP_FILES))
                        .toArray(String[]::new));
    }

    @Test
    void aGroupHasTheFilesOfTheControllersThatItWasGiven() {
        Program program = withGroupFiles(
                "sys 83, group, 0o755",
                "sys 2, limit, 1",
                "sys 2, all, 1",
                "mov ebx, eax",
                "sys 1, rbx, gives, 10",
                "sys 2, limit, 1",
                "sys 84, group",
                "sys 2, members, 1",
                EXIT);
        program.run();
        assertEquals(List.of((long) ENOENT, 3L, 4L, (long) ENOENT), program.results("open"));
    }

    @Test
    void aHostHasRoomForAFewGroups() {
        Program program = withGroupFiles(
                "sys 80, groups",
                "mov ebx, 70",
                "more: sys 83, name, 0o755",
                "inc byte [name]",
                "dec ebx",
                "jnz more",
                EXIT,
                "groups: db '/sys/fs/cgroup', 0",
                "name: db 'A', 0");
        program.run();
        assertEquals(
                64,
                program.results("mkdir").stream().filter(result -> result == 0).count());
        assertEquals((long) EAGAIN, program.results("mkdir").get(69));
    }

    /** cpu.weight: 100 against 300 is a quarter against three quarters, within a slice. */
    @Test
    void theProcessorIsSharedByWeight() {
        Program program = withGroupFiles(
                "sys 2, all, 1",
                "mov ebx, eax",
                "sys 1, rbx, gives, 10",
                "sys 83, group, 0o755",
                "sys 2, weight, 1",
                "mov ebx, eax",
                "sys 1, rbx, three_hundred, 3",
                "mov r8, -1",
                "mov r9, 0",
                "sys 9, 0, 0x1000, 3, 0x21",
                "mov r12, rax",
                "sys 57",
                "test eax, eax",
                "jz heavy",
                "sys 57",
                "test eax, eax",
                "jz light",
                "sys 35, time, 0",
                "mov rax, [r12]",
                "mov rcx, [r12 + 8]",
                "imul rdx, rcx, 27",
                "imul rsi, rcx, 33",
                "imul rax, rax, 10",
                "cmp rax, rdx",
                "jb wrong",
                "cmp rax, rsi",
                "ja wrong",
                EXIT,
                "wrong: sys 60, 1",
                "heavy: sys 2, members, 1",
                "mov ebx, eax",
                "sys 1, rbx, zero, 1",
                "counts: inc qword [r12]",
                "jmp counts",
                "light: inc qword [r12 + 8]",
                "jmp light",
                "three_hundred: db '300'",
                "align 8",
                "time: dq 0, 200000000");
        program.monitor.run(1_000_000_000);
        assertEquals(0, program.monitor.ending().orElseThrow().status());
    }

    // What the kernel itself does.

    /** Nobody counts the kernel's instructions: what it moves takes guest time, so that no stretch of time holds endless work. */
    @Test
    void whatTheKernelMovesTakesTimeAndNoSteps() {
        Program program = Program.of("sys 1, 1, elf_header, 0x1000", "sys 1, 1, elf_header, 0x1000", EXIT)
                .run();
        assertTrue(program.monitor.machine().clock().now() >= 2 * 0x1000 / 16, "time passed");
        assertEquals(5 + 5 + 3, program.monitor.machine().clock().steps());
    }

    /** A page that many share is one page, but not for the kernel that keeps count. */
    @Test
    void mappingsAreBoundedTooNotOnlyPages() {
        Program program = Program.of(
                "mov r9, 0",
                "mov r8, -1",
                "sys 9, 0x10000000, 0x300000, 3, 0x31",
                "sys 57",
                "test eax, eax",
                "jz child",
                "sys 57",
                "test eax, eax",
                "jz child",
                "sys 57",
                "test eax, eax",
                "jz child",
                EXIT,
                "child: sys 35, time, 0",
                EXIT,
                "align 8",
                "time: dq 1, 0");
        program.run();
        assertEquals(ENOMEM, program.results("fork").get(2));
    }

    // Filters.

    @Test
    void aFilterNeedsAPromiseFromWhoIsNotPrivileged() {
        Program program = Program.of(
                "sys 105, 1000",
                "sys 317, 1, 0, filter",
                "mov r8, 0",
                "sys 157, 38, 1, 0, 0",
                "sys 317, 1, 0, filter",
                "sys 39",
                EXIT,
                "align 8",
                "code: dw 6",
                "db 0, 0",
                "dd 0x7FFF0000",
                "filter: dq 1, code");
        program.run();
        assertEquals(List.of((long) EACCES, 0L), program.results("seccomp"));
    }

    @ParameterizedTest
    @CsvSource({
        "0x00000000, 159",
        "0x80000000, 159",
        "0x00030000, 159",
        "0x00050007, 249",
        "0x7FF00000, 218",
        "0x7FFC0000, 2",
        "0x7FFF0000, 2"
    })
    void theVerdictOfAFilterIsCarriedOut(String verdict, int status) {
        Program program = Program.of(
                "sys 317, 1, 0, filter",
                "sys 39",
                EXIT_WITH_RESULT,
                "align 8",
                // Exit is always allowed: load the number, compare with 60.
                "code: dw 0x20",
                "db 0, 0",
                "dd 0",
                "dw 0x15",
                "db 1, 0",
                "dd 60",
                "dw 6",
                "db 0, 0",
                "dd " + verdict,
                "dw 6",
                "db 0, 0",
                "dd 0x7FFF0000",
                "filter: dq 4, code");
        assertEquals(status, program.status());
    }

    @ParameterizedTest
    @CsvSource({
        "0x20, 0, 0, 64", // reads behind the data
        "0x20, 0, 0, 2", // not at a multiple of four
        "0x15, 5, 0, 0", // jumps out
        "0x05, 0, 0, 0xFFFFFFFF", // jumps back
        "0x02, 0, 0, 16", // no such scratch word
        "0x34, 0, 0, 0", // divides by zero
        "0x28, 0, 0, 0", // half words are not read
        "0x00, 0, 0, 0" // does not end
    })
    void aFilterThatCouldGoWrongIsRefused(String code, String jt, String jf, String k) {
        boolean last = code.equals("0x00");
        Program program = Program.of(
                "sys 317, 1, 0, filter",
                EXIT,
                "align 8",
                "code: dw " + code,
                "db " + jt + ", " + jf,
                "dd " + k,
                "dw 6",
                "db 0, 0",
                "dd 0x7FFF0000",
                "filter: dq " + (last ? 1 : 2) + ", code");
        program.run();
        assertEquals(EINVAL, program.result("seccomp"));
    }

    // Programs.

    @Test
    void aProgramCanBeReplacedByItself() {
        Program program = Program.of(REPLACES_ITSELF);
        assertEquals("again", program.text());
    }

    @Test
    void endingTakesEverythingBack() {
        Program program = Program.of(
                "mov ebx, 500",
                "more: sys 57",
                "test eax, eax",
                "jz child",
                "js wrong",
                "sys 61, -1, 0, 0, 0",
                "dec ebx",
                "jnz more",
                EXIT,
                "wrong: sys 60, 1",
                "child: mov byte [rsp - 0x1000], 1",
                EXIT);
        // 4 MiB hold about a hundred such children at once; five hundred came one after the other.
        assertEquals(0, program.status());
        assertTrue(program.results("fork").stream().allMatch(number -> number > 0));
    }
}
