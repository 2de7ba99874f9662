package ringside.monitor.hvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.cpu.Registers;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Ending;
import ringside.monitor.Guest;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.Options.Paging;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;

/** What an HVM guest is offered that knows Xen, by the two interfaces, on each vendor's hardware, with nested and with shadow tables. */
class XenInterfaceTest {
    private static final int MEMORY = 4 << 20;

    /** The page of hypercalls goes to 3000H; arguments lie at `args`. */
    private static final String START_32 = """
        org 0x1000
        bits 32
        %define word_ dd
        mov esp, 0x9000
        mov ecx, 0x40000000
        mov eax, 0x3000
        xor edx, edx
        wrmsr
        %macro call_ 3      ; number, first and second argument
        mov ebx, %2
        mov ecx, %3
        call 0x3000 + %1 * 32
        %endmacro
        """;

    private static final String START_64 = """
        org 0x1000
        bits 64
        %define word_ dq
        mov esp, 0x9000
        mov ecx, 0x40000000
        mov eax, 0x3000
        xor edx, edx
        wrmsr
        %macro call_ 3
        mov rdi, %2
        mov rsi, %3
        call 0x3000 + %1 * 32
        %endmacro
        """;

    private final List<Event> events = new ArrayList<>();

    private static GuestImage image(String source) {
        return Images.recognize(
                source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT.withMemory(MEMORY));
    }

    private Monitor start(Machine on, int bits, String... lines) {
        String source = (bits == 64 ? START_64 : START_32) + String.join("\n", lines) + "\n";
        Options options = Options.DEFAULT.withVirtualization(on.hardware).withPaging(on.paging);
        return Modes.start("xen-hvm", image(source), options, events::add).orElseThrow();
    }

    private Monitor run(Machine on, int bits, String... lines) {
        Monitor monitor = start(on, bits, lines);
        monitor.run(100_000);
        return monitor;
    }

    private record Machine(Virtualization hardware, Paging paging) {
        static final Machine PLAIN = new Machine(Virtualization.VT_X, Paging.NESTED);

        static Stream<Machine> all() {
            return Stream.of(Virtualization.values())
                    .flatMap(hardware -> Stream.of(Paging.values()).map(paging -> new Machine(hardware, paging)));
        }
    }

    static Stream<Arguments> machinesAndBits() {
        return Machine.all().flatMap(machine -> Stream.of(32, 64).map(bits -> Arguments.of(machine, bits)));
    }

    private static long register(Monitor monitor, int number) {
        return monitor.believed().registers.get(number, 8);
    }

    private static int low(Monitor monitor, int number) {
        return (int) register(monitor, number);
    }

    /** Maps shared_info to a page. */
    private static String share(long page) {
        return "call_ 12, 7, share\njmp shared\nalign 8\nshare: dw 0x7FF0, 0\ndd 0\nword_ 0, " + page + "\nshared:";
    }

    @ParameterizedTest
    @MethodSource("machinesAndBits")
    void sharedInfoIsMappedOverRamAndOutsideOfItAndItsClockIsRight(Machine machine, int bits) {
        for (long page : new long[] {0x20, 0xFE700}) {
            long at = page << 12;
            var monitor = run(
                    machine,
                    bits,
                    share(page),
                    "mov ebp, eax",
                    "mov edi, " + at,
                    "rdtsc",
                    "mov ebx, [edi + 32]", // version
                    "mov esi, eax",
                    "sub esi, [edi + 40]", // since the time stamp
                    "add esi, [edi + 48]", // (stamps << 1) * 2^31 >> 32 is themselves
                    "mov ecx, [edi + " + (bits == 64 ? 0xC04 : 0x904) + "]",
                    "mov edi, [edi + 56]",
                    "hlt");
            assertEquals(0, low(monitor, Registers.RBP));
            assertEquals(2, low(monitor, Registers.RBX), "brought up to date once");
            assertEquals(low(monitor, Registers.RAX), low(monitor, Registers.RSI), "time is what the TSC says");
            assertEquals(0x8000_0000, low(monitor, Registers.RDI));
            assertEquals(1_199_145_600, low(monitor, Registers.RCX), "2008-01-01");
            assertEquals(Optional.of(Ending.of(Ending.Kind.HALT)), monitor.ending());
        }
    }

    /** IRQ 4 is COM1's, and level-triggered here, so that the 8259A's IRR follows it; each of the two keeps it high alone. */
    @Test
    void aLineThatADeviceDrivesTooIsHighWhileEitherDoes() {
        String irr = "in al, 0x20\nand al, 0x10\nmov [0x%x], al";
        var monitor = run(
                Machine.PLAIN,
                32,
                share(0xFE700),
                "mov al, 0x11\nout 0x20, al\nmov al, 0x20\nout 0x21, al\nmov al, 4\nout 0x21, al\nmov al, 1\nout 0x21, al",
                "mov al, 0x0A\nout 0x20, al", // OCW3: reads give IRR
                "mov dx, 0x4D0\nmov al, 0x10\nout dx, al",
                "call_ 32, 7, ipi\ncall_ 34, 0, gsi\ncall_ 32, 4, port",
                irr.formatted(0x5000), // the event alone
                "mov dx, 0x3FC\nmov al, 8\nout dx, al\nmov dx, 0x3F9\nmov al, 2\nout dx, al",
                "mov byte [0xFE700000], 0\nin al, 0x20",
                irr.formatted(0x5001), // the device alone
                "mov dword [0xFE700000 + 4], 0\nmov dword [0xFE700000 + 0x800], 0", // evtchn_pending_sel and
                // evtchn_pending
                "call_ 32, 4, port",
                "mov dx, 0x3F9\nxor al, al\nout dx, al",
                irr.formatted(0x5002), // the event alone again
                "mov byte [0xFE700000], 0\nin al, 0x20",
                irr.formatted(0x5003), // nobody
                "hlt\nipi: dd 0\nport: dd 0\ngsi: dw 0x7FF0, 0\ndd 0\ndq 4");
        assertEquals(0x00101010, monitor.machine().ram().read(0x5000, 4));
    }

    /** An interrupt gate for a vector in the table at 6000H. */
    private static String gate(int bits, int vector) {
        return String.join(
                "\n",
                "mov dword [0x6000 + " + vector * (bits / 4) + "], 0x080000 + handler",
                "mov dword [0x6004 + " + vector * (bits / 4) + "], 0x8E00",
                "lidt [table]",
                "jmp gated",
                "table: dw 0xFFF",
                "word_ 0x6000",
                "gated:");
    }

    /** VIRQ_TIMER gets a port, and HVM_PARAM_CALLBACK_IRQ a value; the alarm is a thousand nanoseconds away. */
    private static String timer(String via) {
        return String.join(
                "\n",
                "call_ 32, 1, bind",
                "call_ 34, 0, via",
                "mov edx, eax",
                "jmp bound",
                "align 8",
                "bind: dd 0, 0, 0",
                "via: dw 0x7FF0, 0",
                "dd 0",
                "dq " + via,
                "alarm: dq 20000",
                "dd 0, 0",
                "bound:");
    }

    private static String alarm(int bits) {
        return bits == 64
                ? "mov edi, 8\nxor esi, esi\nmov edx, alarm\ncall 0x3000 + 24 * 32"
                : "mov ebx, 8\nxor ecx, ecx\nmov edx, alarm\ncall 0x3000 + 24 * 32";
    }

    @ParameterizedTest
    @MethodSource("machinesAndBits")
    void aVectorIsInjectedWhileAnUpcallIsPendingAndNoControllerKnows(Machine machine, int bits) {
        var monitor = run(
                machine,
                bits,
                share(0x20),
                gate(bits, 0x30),
                timer("2 << 56 | 0x30"),
                alarm(bits),
                "mov ebp, eax",
                "sti",
                "hlt",
                "cli",
                "mov edi, [0x20800]",
                "mov edx, [bind + 8]",
                "mov eax, 0xFEE00110", // ISR of 20H to 3FH
                "mov ecx, [eax]",
                "hlt",
                "handler:",
                "inc dword [0x5000]",
                "mov esi, [0x20000 + " + bits / 8 + "]",
                "mov byte [0x20000], 0",
                "mov dword [0x20000 + " + bits / 8 + "], 0",
                bits == 64 ? "iretq" : "iretd");
        assertEquals(0, low(monitor, Registers.RBP));
        assertEquals(1, monitor.machine().ram().read(0x5000, 4), "once");
        assertEquals(1, low(monitor, Registers.RSI), "something in the first word");
        assertEquals(1 << low(monitor, Registers.RDX), low(monitor, Registers.RDI), "the port's bit");
        assertEquals(4, low(monitor, Registers.RDX), "the store has 1, the console 2, the device model 3");
        assertEquals(0, low(monitor, Registers.RCX));
    }

    /** IRQ 10 of the slave, edge-triggered; then of the I/O APIC, level-triggered. */
    @ParameterizedTest
    @CsvSource({"pic, 0x72", "io-apic, 0x55"})
    void aLineIsHighWhileAnUpcallIsPending(String controller, String vector) {
        String[] pic = {
            "mov al, 0x11",
            "out 0x20, al",
            "out 0xA0, al",
            "mov al, 0x68",
            "out 0x21, al",
            "mov al, 0x70",
            "out 0xA1, al",
            "mov al, 4",
            "out 0x21, al",
            "mov al, 2",
            "out 0xA1, al",
            "mov al, 1",
            "out 0x21, al",
            "out 0xA1, al",
            "mov al, 0xFB",
            "out 0x21, al",
            "out 0xA1, al"
        };
        String[] apic = {
            "mov al, 0xFF",
            "out 0x21, al",
            "out 0xA1, al",
            "mov dword [0xFEC00000], 0x10 + 20",
            "mov dword [0xFEC00010], 1 << 15 | 0x55",
            "mov dword [0xFEC00000], 0x11 + 20",
            "mov dword [0xFEC00010], 0"
        };
        boolean byPic = controller.equals("pic");
        var monitor = run(
                Machine.PLAIN,
                32,
                share(0x20),
                String.join("\n", byPic ? pic : apic),
                gate(32, Integer.decode(vector)),
                timer("10"),
                alarm(32),
                "sti",
                "hlt",
                "cli",
                "hlt",
                "handler:",
                "inc dword [0x5000]",
                "mov byte [0x20000], 0",
                "mov dword [0x20004], 0",
                byPic ? "mov al, 0x20\nout 0xA0, al\nout 0x20, al" : "mov dword [0xFEE000B0], 0",
                "iretd");
        assertEquals(1, monitor.machine().ram().read(0x5000, 4));
        assertEquals(Optional.of(Ending.of(Ending.Kind.HALT)), monitor.ending());
    }

    @Test
    void aVectorOfTheLocalApicWantsItsEndOfInterrupt() {
        var monitor = run(
                Machine.PLAIN,
                32,
                share(0x20),
                gate(32, 0x61),
                timer("0"),
                "call_ 34, 23, upcall",
                "mov ebp, eax",
                alarm(32),
                "sti",
                "hlt",
                "cli",
                "hlt",
                "upcall: dd 0, 0x61",
                "handler:",
                "mov esi, [0xFEE00130]", // ISR of 60H to 7FH
                "mov dword [0xFEE000B0], 0",
                "iretd");
        assertEquals(0, low(monitor, Registers.RBP));
        assertEquals(2, low(monitor, Registers.RSI));
    }

    @ParameterizedTest
    @MethodSource("machinesAndBits")
    void aPollEndsAtItsTimeOrByItsPortThoughInterruptsAreOff(Machine machine, int bits) {
        var monitor = run(
                machine,
                bits,
                timer("0"),
                alarm(bits),
                "mov eax, [bind + 8]",
                "mov [port], eax",
                "call_ 29, 3, poll",
                "rdtsc",
                "mov ebp, eax",
                "mov dword [poll + " + bits / 4 + "], 50000",
                "mov dword [port], 9",
                "call_ 29, 3, poll",
                "rdtsc",
                "cli",
                "hlt",
                "align 8",
                "poll: word_ port",
                "dd 1",
                bits == 64 ? "dd 0" : "",
                "dq 0",
                "port: dd 0");
        assertTrue(Math.abs(low(monitor, Registers.RBP) - 20_000) < 64, "its port");
        assertTrue(Math.abs(low(monitor, Registers.RAX) - 50_000) < 64, "its time");
    }

    @Test
    void anEventWakesWhoBlocksWithInterruptsOffAndWithoutAnEventNothingDoes() {
        var monitor = run(
                Machine.PLAIN,
                32,
                timer("2 << 56 | 0x30"),
                alarm(32),
                "call_ 29, 1, 0",
                "mov ebp, 7",
                "call_ 29, 1, 0");
        assertEquals(7, low(monitor, Registers.RBP));
        assertEquals(Optional.of(Ending.of(Ending.Kind.IDLE)), monitor.ending());
    }

    @ParameterizedTest
    @MethodSource("machinesAndBits")
    void aPageThatIsGivenBackIsNoMemoryAndComesBackEmpty(Machine machine, int bits) {
        String call = bits == 64
                ? "mov rdi, %d\nmov rsi, list\ncall 0x3000 + 12 * 32"
                : "mov ebx, %d\nmov ecx, list\ncall 0x3000 + 12 * 32";
        var monitor = run(
                machine,
                bits,
                "mov dword [0x300004], 0x12345678",
                String.format(call, 1),
                "mov ebp, eax",
                "mov edx, [0x300004]",
                String.format(call, 1),
                "mov edi, eax",
                "mov [0x5000], edi",
                "mov [0x5004], edx",
                String.format(call, 6),
                "mov [0x5008], eax",
                "mov edx, [0x300004]",
                "mov dword [0x300008], 7",
                "mov ecx, [0x300008]",
                "mov edi, [0x5000]",
                "mov esi, [0x5004]",
                "hlt",
                "align 8",
                "list: word_ pages, 1",
                "dd 0, 0",
                "dw 0x7FF0",
                "align 8",
                "pages: word_ 0x300");
        assertEquals(1, low(monitor, Registers.RBP), "given back");
        assertEquals(-1, low(monitor, Registers.RSI), "nobody is there");
        assertEquals(0, low(monitor, Registers.RDI), "not again");
        assertEquals(1, monitor.machine().ram().read(0x5008, 4), "taken");
        assertEquals(0, low(monitor, Registers.RDX));
        assertEquals(7, low(monitor, Registers.RCX));
    }

    /** struct xen_hvm_param at 5000H. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 0xFEFFC", // STORE_PFN
        "1, 2, 0, 1",
        "1, 17, 0, 0xFEFFF", // CONSOLE_PFN
        "1, 18, 0, 2",
        "1, 5, -1, 0", // IOREQ_PFN
        "1, 39, -22, 0",
        "1, 4, -22, 0", // PAE_ENABLED
        "0, 1, -1, 0",
        "0, 36, -22, 5", // X87_FIP_WIDTH
        "0, 19, -19, 1" // ACPI_IOPORTS_LOCATION
    })
    void parametersAreReadAndSetAsXenAllows(int operation, int index, int result, String value) {
        for (int bits : new int[] {32, 64}) {
            var monitor = run(
                    Machine.PLAIN,
                    bits,
                    "mov dword [0x5000], 0x7FF0",
                    "mov dword [0x5004], " + index,
                    "mov dword [0x5008], " + (operation == 0 ? value : "0"),
                    "mov dword [0x500C], 0",
                    "call_ 34, " + operation + ", 0x5000",
                    "hlt");
            assertEquals(result, low(monitor, Registers.RAX));
            assertEquals(Long.decode(value), monitor.machine().ram().read(0x5008, 8));
        }
    }

    @ParameterizedTest
    @CsvSource({"60, -38", "22, -38", "26, -38", "33, -38", "35, -1", "36, -1", "0x100000011, -38", "17, 0x40014"})
    void theNumberOf64BitCodeHas64Bits(String number, String result) {
        var monitor = run(Machine.PLAIN, 64, "mov rax, " + number, "xor edi, edi", "vmcall", "hlt");
        assertEquals((long) Long.decode(result), register(monitor, Registers.RAX));
    }

    @Test
    void outsideOfRingZeroNothingIsAnsweredAndInRealModeItIs() {
        var guest = Guest.of("xen-hvm", 16, Options.DEFAULT, "mov eax, 17", "xor ebx, ebx", "vmcall", "cli", "hlt")
                .run();
        assertEquals(4 << 16 | 20, guest.monitor.believed().registers.get(Registers.RAX, 4));
        var monitor = run(
                Machine.PLAIN,
                32,
                "lgdt [table]",
                "push 0x23",
                "push 0x9000",
                "push 0x1B",
                "push user",
                "retf",
                "user: mov eax, 17",
                "xor ebx, ebx",
                "vmcall",
                "hlt", // a fault that nobody handles
                "align 8",
                "gdt: dq 0, 0xCF9B000000FFFF, 0xCF93000000FFFF, 0xCFFB000000FFFF, 0xCFF3000000FFFF",
                "table: dw 39",
                "dd gdt");
        assertEquals(-1, low(monitor, Registers.RAX));
        assertEquals(Optional.of(Ending.of(Ending.Kind.TRIPLE_FAULT)), monitor.ending());
    }

    /** While the handler runs, the upcall is still pending; that is nobody's exit, however the run is cut into steps. */
    /** VCPUOP_send_nmi: the processor takes it behind the call, as its own. */
    @Test
    void anNmiToItselfComesAsTheHardwareBringsIt() {
        var guest = Guest.of(
                        "xen-hvm",
                        16,
                        Options.DEFAULT,
                        "mov word [8], taken",
                        "mov word [10], 0",
                        "mov sp, 0x7000",
                        "mov eax, 24",
                        "mov ebx, 11",
                        "xor ecx, ecx",
                        "xor edx, edx",
                        "vmcall",
                        "behind: cli",
                        "hlt",
                        "taken: mov bp, sp",
                        "mov si, [bp]",
                        "sub si, behind",
                        "inc si",
                        "iret")
                .run();
        assertEquals(1, guest.believed().registers.get(Registers.RSI), "from behind the call");
        assertEquals(0, guest.believed().registers.get(Registers.RAX));
    }

    @Test
    void aRunInStepsLeavesTheGuestAsOftenAsAWholeOne() {
        String[] lines = {
            share(0x20),
            gate(32, 0x30),
            timer("2 << 56 | 0x30"),
            alarm(32),
            "sti",
            "hlt",
            "cli",
            "hlt",
            "handler:",
            "inc dword [0x5000]",
            "mov byte [0x20000], 0",
            "iretd"
        };
        var whole = run(Machine.PLAIN, 32, lines);
        List<Event> told = List.copyOf(events);
        events.clear();
        var inSteps = start(Machine.PLAIN, 32, lines);
        for (long time = 1;
                inSteps.ending().isEmpty();
                time = inSteps.machine().clock().now() + 1) {
            inSteps.run(time);
        }
        assertEquals(told, events);
        assertEquals(whole.machine().clock().now(), inSteps.machine().clock().now());
    }

    /** The state of everything that Xen keeps is saved: the run goes on as it would have. */
    @Test
    void aRunThatIsRestoredInTheMiddleGoesOnAsItWould() {
        String[] lines = {
            share(0xFE700),
            gate(32, 0x30),
            timer("2 << 56 | 0x30"),
            alarm(32),
            "sti",
            "hlt",
            "cli",
            "hlt",
            "handler:",
            "inc dword [0x5000]",
            "mov byte [0xFE700000], 0",
            "iretd"
        };
        var monitor = start(Machine.PLAIN, 32, lines);
        monitor.run(10_000);
        var saved = monitor.save();
        monitor.run(100_000);
        var other = start(Machine.PLAIN, 32, lines);
        other.restore(saved);
        other.run(100_000);
        assertEquals(1, other.machine().ram().read(0x5000, 4));
        assertEquals(monitor.machine().clock().now(), other.machine().clock().now());
        assertEquals(monitor.ending(), other.ending());
    }
}
