package ringside.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.contract.Schema;

class RunCommandTest {
    private static final String TWO_PLUS_TWO = guest("two-plus-two");

    @TempDir
    private Path folder;

    private static String guest(String name) {
        return Path.of("..", "sample-guests", name, "guest.asm").toString();
    }

    private String source(String... lines) throws IOException {
        Path file = folder.resolve("guest.asm");
        Files.writeString(file, String.join("\n", lines) + "\n");
        return file.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bare",
                "emulation",
                "trap-and-emulate",
                "binary-translation",
                "xen-hvm",
                "vt-x",
                "amd-v",
                "kvm",
                "kvm-pv"
            })
    void standardOutputHoldsWhatTheGuestSentAndNothingElse(String mode) {
        var run = Invocation.of("run", TWO_PLUS_TWO, "--mode", mode);
        assertThat(run.status()).isZero();
        assertThat(run.out()).isEqualTo("4\n");
        assertThat(run.err()).startsWith(mode + ": halt after 9 steps");
    }

    @Test
    void whoWasLeftOnceWasNotLeftOneTimes() throws IOException {
        assertThat(Invocation.of("run", source("cli", "hlt"), "--mode", "vt-x").err())
                .contains("left once,");
        assertThat(Invocation.of("run", source("cli", "hlt")).err()).contains("left 0 times,");
    }

    @Test
    void whatASourceSaysItselfIsNotSaidByOptions() throws IOException {
        String guest = source("mov ax, 1", "hlt");
        var run = Invocation.of("run", guest, "--bits", "64", "--load", "0x5000", "--entry", "0x1003", "--json");
        assertThat(run.status()).isZero();
        assertThat(run.errorLines()).singleElement().asString().startsWith("--bits, --load and --entry have no effect");
        assertThat(run.out()).isEqualTo(Invocation.of("run", guest, "--json").out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "emulation", "trap-and-emulate", "binary-translation", "vt-x", "kvm"})
    void aFileCanBeTypedIntoCom1(String mode) throws IOException {
        String echo = source(
                "again: mov dx, 0x3fd",
                "in al, dx",
                "test al, 1",
                "jz again",
                "mov dx, 0x3f8",
                "in al, dx",
                "out dx, al",
                "cmp al, 10",
                "jne again",
                "hlt");
        Path typed = folder.resolve("typed");
        Files.writeString(typed, "Hello\nand no more\n");
        var run = Invocation.of("run", echo, "--mode", mode, "--input", typed.toString());
        assertThat(run.status()).isZero();
        assertThat(run.out()).isEqualTo("Hello\n");
    }

    @Test
    void moreThanAMachineKeepsIsNotTyped() throws IOException {
        Path typed = folder.resolve("typed");
        Files.write(typed, new byte[65_537]);
        var run = Invocation.of("run", TWO_PLUS_TWO, "--input", typed.toString());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errorLines()).containsExactly("the input has 65537 bytes; COM1 takes 65536 at most");
    }

    @ParameterizedTest
    @CsvSource({
        "two-plus-two, bare",
        "paging, emulation",
        "paging, trap-and-emulate",
        "timer, vt-x",
        "timer, amd-v",
        "rings, kvm",
        "split-driver, xen-pv",
        "device-model, xen-hvm",
        "popf-hole, trap-and-emulate"
    })
    void theSummaryIsAsTheSchemaSays(String guest, String mode) throws IOException {
        var run = Invocation.of("run", guest(guest), "--mode", mode, "--json");
        Schema.of("summary").holdsFor(run.out());
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines()).hasSize(1);
    }

    @Test
    void everyLineOfATraceIsAsTheSchemaSays() throws IOException {
        Path trace = folder.resolve("trace.jsonl");
        Invocation.of("run", guest("timer"), "--mode", "kvm", "--trace", trace.toString());
        var schema = Schema.of("trace");
        var lines = Files.readAllLines(trace);
        assertThat(lines).hasSizeGreaterThan(100);
        lines.forEach(schema::holdsFor);
        assertThat(lines.get(0)).startsWith("{\"time\":0,\"rip\":\"0x1000\",\"bytes\":\"");
    }

    @Test
    void anyKernelCanBeDomain0OfAnyGuest() {
        String both = guest("peldano") + "," + guest("split-driver");
        var summary = Invocation.of("run", "--mode", "xen-pv", "--domains", both, "--json");
        assertThat(summary.err()).isEmpty();
        assertThat(summary.out())
                .contains("\"domain\":\"dom0\"")
                .contains("peldano\\nABB!A")
                .doesNotContain("disk of domain 1 connected");
    }

    @Test
    void theGuestOfTwoDomainsMayBeNamedTwice() {
        String model = Path.of(guest("device-model"))
                .resolveSibling("device-model.asm")
                .toString();
        String two = guest("two-plus-two");
        var run = Invocation.of("run", two, "--mode", "xen-hvm", "--domains", model + "," + two);
        assertThat(run.status()).isZero();
        assertThat(run.out()).isEqualTo("4\n");
        assertThat(run.err()).contains("dom0: hypercall dm_op (41)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "rings; --domains takes two files with a comma between",
                "rings,rings,rings; --domains takes two files with a comma between",
                "containers,split-driver; guest.asm is no kernel for Xen, so it cannot be domain 0"
            })
    void whatIsNoPairOfDomainsIsRefused(String domains, String sentence) {
        String files = Stream.of(domains.split(",")).map(RunCommandTest::guest).collect(Collectors.joining(","));
        var refused = Invocation.of("run", "--mode", "xen-pv", "--domains", files);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.errorLines()).singleElement().asString().startsWith(sentence);
    }

    @Test
    void oneGuestIsNamedNotTwoAndNotNone() {
        var two = Invocation.of("run", guest("rings"), "--domains", guest("peldano") + "," + guest("timer"));
        assertThat(two.err()).contains("is not the second file of --domains");
        var none = Invocation.of("run", "--mode", "vt-x");
        assertThat(none.status()).isEqualTo(2);
        assertThat(none.err()).startsWith("no guest was named");
    }

    @Test
    void aTraceOfTwoDomainsSaysWhoseEachLineIs() throws IOException {
        Path trace = folder.resolve("trace.jsonl");
        Invocation.of("run", guest("split-driver"), "--mode", "xen-pv", "--limit", "9000", "--trace", trace.toString());
        var schema = Schema.of("trace");
        var lines = Files.readAllLines(trace);
        lines.stream().filter(line -> line.contains("\"kind\"")).forEach(schema::holdsFor);
        assertThat(lines)
                .allMatch(line -> line.contains("\"domain\":\"dom0\"") || line.contains("\"domain\":\"domU\""));
    }

    @Test
    void theSameRunGivesTheSameTrace() throws IOException {
        Path first = folder.resolve("first.jsonl");
        Path second = folder.resolve("second.jsonl");
        Invocation.of("run", guest("paging"), "--mode", "trap-and-emulate", "--trace", first.toString());
        Invocation.of("run", guest("paging"), "--mode", "trap-and-emulate", "--trace", second.toString());
        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({
        "'hlt', 0, halt",
        "'sti\nhlt', 8, idle",
        "'mov al, 7\nout 0xf4, al', 15, debug-exit",
        "'bits 32\nud2', 6, triple-fault",
        "'jmp $', 4, limit"
    })
    void theStatusSaysHowTheRunEnded(String lines, int status, String end) throws IOException {
        var run = Invocation.of("run", source(lines), "--limit", "2000");
        assertThat(run.status()).isEqualTo(status);
        assertThat(run.err()).startsWith("bare: " + end + " after ");
    }

    @Test
    void aMachinesGuestIsSentToAllModesThatHoldIt() {
        assertThat(Invocation.of("run", TWO_PLUS_TWO, "--mode", "container").errorLines())
                .singleElement()
                .asString()
                .contains("trap-and-emulate", "xen-pv, ", "xen-pvh");
    }

    /** VirtualBox, EM.cpp: raw mode wants paging. */
    @Test
    void theSummarySaysWhatRawModeCouldNotHold() throws IOException {
        var flat = source("bits 32", "org 0x1000", "mov eax, 1", "nop", "cli", "hlt");
        String[] line = {"run", flat, "--mode", "binary-translation", "--translator", "virtualbox"};
        assertThat(Invocation.of(line).err()).contains("4  instructions performed by an emulator");
        var json = Invocation.of("run", flat, "--mode", "binary-translation", "--translator", "virtualbox", "--json");
        assertThat(json.out()).contains("\"emulated\":4");
        Schema.of("summary").holdsFor(json.out());
        assertThat(Invocation.of("run", flat, "--mode", "binary-translation", "--json")
                        .out())
                .doesNotContain("emulated");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bare  | line 3            | 1 | Breakpoint 1: at line 3.",
                "vt-x  | line 3 if cl == 1 | 3 | Breakpoint 1: at line 3.",
                "vt-x  | exit CPUID        | 5 | Breakpoint 1: the guest was left, CPUID 10.",
                "kvm   | value cl == 0     | 4 | Watchpoint 1: cl == 0 has become true."
            })
    void aRunEndsWhereABreakpointIsMetAndSaysWhy(String mode, String until, long steps, String why) throws IOException {
        var guest = source("bits 32", "mov ecx, 3", "again: loop again", "cpuid", "nop", "cli", "hlt");
        var run = Invocation.of("run", guest, "--mode", mode, "--until", until);
        assertThat(run.status()).as(run.err()).isEqualTo(10);
        assertThat(run.err()).contains("breakpoint after " + steps + " steps", why);
        var json = Invocation.of("run", guest, "--mode", mode, "--until", "line 7", "--until", until, "--json");
        Schema.of("summary").holdsFor(json.out());
        assertThat(json.out())
                .contains("\"end\":\"breakpoint\",\"status\":10,\"why\":\"" + why.replace(" 1: ", " 2: "))
                .contains("\"steps\":" + steps + ",");
    }

    @Test
    void aTraceEndsThereToo() throws IOException {
        var guest = source("bits 32", "mov ecx, 3", "again: loop again", "cpuid", "cli", "hlt");
        Path trace = folder.resolve("trace.jsonl");
        var run = Invocation.of("run", guest, "--until", "line 4", "--trace", trace.toString());
        assertThat(run.status()).as(run.err()).isEqualTo(10);
        assertThat(Files.readAllLines(trace)).hasSize(4);
    }

    @Test
    void whereNothingIsMetTheRunEndsAsEver() throws IOException {
        var guest = source("bits 32", "mov ecx, 3", "cli", "hlt");
        assertThat(Invocation.of("run", guest, "--until", "exit").status()).isZero();
        assertThat(Invocation.of("run", guest, "--until", "value ecx == 9", "--limit", "2")
                        .status())
                .isEqualTo(4);
        var refused = Invocation.of("run", guest, "--until", "line 77");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.errorLines()).hasSize(1);
    }

    @Test
    void theLimitIsExact() throws IOException {
        var run = Invocation.of("run", source("again: inc ax", "jmp again"), "--limit", "12_345", "--json");
        assertThat(run.status()).isEqualTo(4);
        assertThat(run.out()).contains("\"steps\":12345,");
    }

    @Test
    void aGuestThatOverwritesItselfRunsTheNewBytes() throws IOException {
        var run = Invocation.of(
                "run",
                source("mov byte [there+1], 'B'", "there: mov al, 'A'", "mov dx, 0x3f8", "out dx, al", "cli", "hlt"));
        assertThat(run.out()).isEqualTo("B");
    }

    @Test
    void bytesFromTheGuestArriveUnchanged() throws IOException {
        var run = Invocation.of(
                "run", source("mov dx, 0x3f8", "mov al, 0xe9", "out dx, al", "mov al, 0", "out dx, al", "hlt"));
        assertThat(run.out()).isEqualTo("\u00e9\0");
    }

    @Test
    void whateverBytesAFileHasItRunsOrIsRefused() throws IOException {
        byte[] garbage = new byte[3000];
        new java.util.Random(42).nextBytes(garbage);
        Path file = folder.resolve("garbage.bin");
        Files.write(file, garbage);
        for (String bits : new String[] {"16", "32", "64"}) {
            var run = Invocation.of("run", file.toString(), "--bits", bits, "--limit", "100000");
            assertThat(run.status()).isNotEqualTo(70);
            assertThat(run.err()).startsWith("bare: ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--mode kvm --hardware via | hardware is vt-x or amd-v, not via",
                "--mode kvm --generation 2007 | generations of hardware are 2005, 2008, 2010 and today, not 2007",
                "--mode amd-v --generation 2005 --paging nested | the amd-v of 2005 has no tables of two dimensions",
                "--mode amd-v --paging direct | paging under hardware is shadow or nested, not direct",
                "--mode xen-hv | there is no mode xen-hv; the modes are bare, emulation, trap-and-emulate,"
                        + " binary-translation, xen-pv, xen-hvm, xen-pvh, vt-x, amd-v, kvm",
                "--memory 0 | memory 0 is not possible",
                "--memory 1T | memory 1T is not possible",
                "--memory lots | memory \"lots\" is not a size",
                "--bits 12 | code has 16, 32 or 64 bits, not 12",
                "--irqchip none | interrupt controllers belong to user, kernel or split",
                "--translator bochs | the kernel is translated as by vmware, patched as by virtualbox or emulated as by"
                        + " kqemu, not as by bochs",
                "--pages shadow | ringside run has no option --pages",
                "--limit -1 | Invalid value for option '--limit'",
                "--load here | Invalid value for option '--load'"
            })
    void badOptionsAreRefusedInOneLine(String options, String sentence) {
        String[] words = ("run " + TWO_PLUS_TWO + " " + options).split(" ");
        var run = Invocation.of(words);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.errorLines()).singleElement().asString().startsWith(sentence);
    }

    @Test
    void filesThatAreNotThereAreRefusedInOneLine() {
        assertThat(Invocation.of("run", folder.resolve("none.bin").toString()).errorLines())
                .singleElement()
                .asString()
                .endsWith("there is no such file or folder");
        assertThat(Invocation.of("run", folder.toString()).errorLines())
                .singleElement()
                .asString()
                .contains("is a folder");
    }

    @Test
    void aSourceWithTenThousandErrorsIsRefusedInOneLine() throws IOException {
        var run = Invocation.of("run", source("frobnicate ax\n".repeat(10_000)));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errorLines()).singleElement().asString().matches("guest\\.asm:1:1: .*more errors");
    }

    @Test
    void aSourceThatWouldBeHugeIsRefusedBeforeAnythingIsAllocated() throws IOException {
        var run = Invocation.of("run", source("times 1000000000 db 0"));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errorLines()).singleElement().asString().startsWith("guest.asm:1:");
    }

    @Test
    void whenNobodyReadsAnyMoreTheRunEndsQuietly() throws IOException {
        var err = new StringWriter();
        var gone = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        String endless = source("mov dx, 0x3f8", "again: mov al, 'y'", "out dx, al", "jmp again");
        int status = RingsideCommand.execute(gone, new PrintWriter(err, true), "run", endless);
        assertThat(status).isEqualTo(141);
        assertThat(err.toString()).isEmpty();
    }
}
