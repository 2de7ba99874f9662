package ringside.monitor.hvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Registers;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Virtualization;
import ringside.probe.Event;

class XenHvmTest {
    private static final String CONSOLE = "0xD0000000";

    /** What happened, in order: exits by who answers, and the request's states by who has changed them. */
    private static List<String> told(Guest guest) {
        return guest.events.stream()
                .flatMap(event -> {
                    if (event instanceof Event.Exit exit) {
                        return Stream.of(exit.reason() + " " + exit.answeredBy());
                    }
                    return event instanceof Event.Step step
                            ? Stream.of(step.reason() + " " + step.answeredBy())
                            : Stream.of();
                })
                .toList();
    }

    private static final List<String> ASKED = List.of(
            "STATE_IOREQ_READY xen", "STATE_IOREQ_INPROCESS dom0", "STATE_IORESP_READY dom0", "STATE_IOREQ_NONE xen");

    private static List<String> leaving(String reason) {
        return Stream.concat(Stream.of(reason), ASKED.stream()).toList();
    }

    private static long requests(Guest guest) {
        return guest.events.stream()
                .filter(event -> event.reason().equals("STATE_IOREQ_READY"))
                .count();
    }

    /** A field of the request in the shared page, which lies in the last frame of the machine. */
    private static long field(Guest guest, int offset, int size) {
        long page = (long) (guest.monitor.machine().config().allFrames() - 1) << 12;
        return guest.monitor.machine().ram().read(page + offset, size);
    }

    @ParameterizedTest
    @EnumSource(Virtualization.class)
    void aPortThatXenHasNotIsAskedOfTheDeviceModelByTheSharedPage(Virtualization hardware) {
        var guest = Guest.of(
                        "xen-hvm",
                        16,
                        Options.DEFAULT.withVirtualization(hardware),
                        "mov dx, 0x3F8",
                        "mov al, 'x'",
                        "out dx, al",
                        "cli",
                        "hlt")
                .run();
        String name = hardware == Virtualization.VT_X ? "IO_INSTRUCTION" : "IOIO";
        assertEquals(
                Stream.concat(leaving(name + " dom0").stream(), Stream.of("HLT xen"))
                        .toList(),
                told(guest));
        assertEquals("x", guest.serial());
    }

    @Test
    void theRequestLiesInThePageAsInXensHeader() {
        var guest = Guest.of("xen-hvm", 16, "mov dx, 0x3FD", "in al, dx", "cli", "hlt")
                .run();
        assertEquals(0x3FD, field(guest, 0, 8), "addr");
        assertEquals(0x60, field(guest, 8, 8), "data: the line status, nothing to send");
        assertEquals(1, field(guest, 16, 4), "count");
        assertEquals(1, field(guest, 20, 4), "size");
        assertEquals(3, field(guest, 24, 4), "vp_eport");
        assertEquals(1 << 5, field(guest, 30, 1), "dir is read, state is none again");
        assertEquals(0, field(guest, 31, 1), "type: IOREQ_TYPE_PIO");
        assertEquals(0x60, guest.believed().registers.get(Registers.RAX) & 0xFF);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "in al, 0x21",
                "mov al, 0xFF\nout 0xA1, al",
                "mov dx, 0x4D0\nin al, dx",
                "in al, 0x40",
                "mov al, 0\nout 0x43, al",
                "in al, 0x61",
                "mov al, 0x0A\nout 0x70, al\nin al, 0x71",
                "mov al, 'x'\nout 0xE9, al",
                "in ax, 0x20\nmov ax, 0"
            })
    void xenHasTheControllersTimersClockAndDebugConsoleItself(String lines) {
        var guest = Guest.of("xen-hvm", 16, lines, "cli", "hlt").run();
        assertEquals(0, requests(guest));
        assertTrue(guest.exits().stream().allMatch(exit -> exit.answeredBy().equals("xen")));
    }

    @ParameterizedTest
    @CsvSource({
        "'in al, 0xE9', 1", // Xen takes what is written there only
        "'mov al, 0x20\nout 0x70, al', 1", // the memory behind the clock's registers is the device model's
        "'mov al, 0x20\nout 0x70, al\nin al, 0x71\nmov al, 0x10\nout 0x71, al', 3",
        "'mov al, 0x20\nout 0x70, al\nmov al, 0x0A\nout 0x70, al\nin al, 0x71', 1",
        "'in ax, 0x21', 1", // leaves the range of the 8259A
        "'in al, 0x80', 1",
        "'in eax, 0x1F0', 1"
    })
    void whatLiesOutsideOfThemIsTheDeviceModels(String lines, int requests) {
        var guest = Guest.of("xen-hvm", 16, lines, "cli", "hlt").run();
        assertEquals(requests, requests(guest));
        assertEquals(Guest.of("bare", 16, lines, "cli", "hlt").run().visible(), guest.visible());
    }

    @Test
    void aStringIsOneRequestWithItsCountAndTheAddressOfItsData() {
        String[] lines = {"mov dx, 0x3F8", "mov si, text", "mov cx, 5", "rep outsb", "cli", "hlt", "text: db 'hello'"};
        var guest = Guest.of("xen-hvm", 16, lines).run();
        assertEquals(
                Stream.concat(leaving("IO_INSTRUCTION dom0").stream(), Stream.of("HLT xen"))
                        .toList(),
                told(guest));
        assertEquals("hello", guest.serial());
        assertEquals(5, field(guest, 16, 4), "count");
        assertEquals(1 << 4, field(guest, 30, 1), "data_is_ptr, a write, ascending");
        assertEquals('h', guest.monitor.machine().ram().read(field(guest, 8, 8), 1));
        assertEquals(Guest.of("bare", 16, lines).run().visible(), guest.visible());
    }

    @Test
    void aDescendingStringSaysSo() {
        String[] lines = {"std", "mov dx, 0x3FD", "mov di, 0x2007", "mov cx, 8", "rep insb", "cli", "hlt"};
        var guest = Guest.of("xen-hvm", 16, lines).run();
        assertEquals(1, requests(guest));
        assertEquals(0x2007, field(guest, 8, 8));
        assertEquals(8, field(guest, 16, 4));
        assertEquals(1 << 4 | 1 << 5 | 1 << 6, field(guest, 30, 1));
        assertEquals(Guest.of("bare", 16, lines).run().visible(), guest.visible());
    }

    /** Linear pages 2 and 3 are physical pages 2 and 5. */
    @Test
    void aRequestEndsWhereTheStringIsNoLongerInOnePiece() {
        String[] lines = {
            "mov edi, 0x100000",
            "mov dword [edi], 0x101003",
            "mov eax, 3",
            "lea ebx, [edi+0x1000]",
            "fill: mov [ebx], eax",
            "add ebx, 4",
            "add eax, 0x1000",
            "cmp eax, 0x400000",
            "jb fill",
            "mov dword [edi+0x1000+3*4], 0x5003",
            "mov cr3, edi",
            "mov eax, cr0",
            "or eax, 0x80000000",
            "mov cr0, eax",
            "mov dx, 0x3FD",
            "mov edi, 0x2FF8",
            "mov ecx, 16",
            "rep insb",
            "cli",
            "hlt"
        };
        var guest = Guest.of("xen-hvm", 32, lines).run();
        assertEquals(2, requests(guest));
        assertEquals(0x5000, field(guest, 8, 8));
        assertEquals(8, field(guest, 16, 4));
        assertEquals(Guest.of("bare", 32, lines).run().visible(), guest.visible());
    }

    @Test
    void aStringFromXensOwnDevicesAsksNobody() {
        String[] lines = {"mov dx, 0x21", "mov di, 0x2000", "mov cx, 8", "rep insb", "cli", "hlt"};
        var guest = Guest.of("xen-hvm", 16, lines).run();
        assertEquals(List.of("IO_INSTRUCTION xen", "HLT xen"), told(guest));
        assertEquals(Guest.of("bare", 16, lines).run().visible(), guest.visible());
    }

    @Test
    void aStringThatFaultsTouchesNoPort() {
        var guest = Guest.of("xen-hvm", 32, "mov dx, 0x3FD", "mov edi, 0x2000", "mov ax, 0", "mov es, ax", "insb")
                .run();
        assertEquals(0, requests(guest));
    }

    @Test
    void memoryThatIsNoRamIsAskedOfTheDeviceModelAndTheLocalApicIsNot() {
        var guest = Guest.of(
                        "xen-hvm",
                        32,
                        "mov eax, [" + CONSOLE + "]",
                        "mov ebx, [0xFEE00030]",
                        "mov ecx, [0xFEC00000]",
                        "cli",
                        "hlt")
                .run();
        assertEquals(
                Stream.of(leaving("EPT_VIOLATION dom0"), List.of("EPT_VIOLATION xen", "EPT_VIOLATION xen", "HLT xen"))
                        .flatMap(List::stream)
                        .toList(),
                told(guest));
        assertEquals(0x7472_6976, guest.believed().registers.get(Registers.RAX), "\"virt\"");
        assertEquals(0xD000_0000L, field(guest, 0, 8));
        assertEquals(4, field(guest, 20, 4));
        assertEquals(1, field(guest, 31, 1), "IOREQ_TYPE_COPY");
    }

    @Test
    void anInstructionThatReadsAndWritesThereAsksTwice() {
        String[] lines = {"inc dword [" + CONSOLE + "+0x70]", "cli", "hlt"};
        var guest = Guest.of("xen-hvm", 32, lines).run();
        assertEquals(2, requests(guest));
        assertEquals(1, guest.exits("EPT_VIOLATION"));
        assertEquals(Guest.of("bare", 32, lines).run().visible(), guest.visible());
    }

    @Test
    void thePageIsNotTheGuests() {
        String[] lines = {"mov eax, [0xFEFFD000]", "mov ebx, [0x400000]", "cli", "hlt"};
        assertEquals(
                Guest.of("bare", 32, lines).run().visible(),
                Guest.of("xen-hvm", 32, lines).run().visible());
    }

    @Test
    void aStringCanBeLeftInTheMiddleAndGoneOnWith() {
        String[] lines = {"mov dx, 0x3FD", "mov edi, 0x2000", "mov ecx, 100", "rep insb", "cli", "hlt"};
        var guest = Guest.of("xen-hvm", 32, lines).runUntil(50);
        var bare = Guest.of("bare", 32, lines).runUntil(50);
        assertEquals(bare.visible(), guest.visible());
        assertEquals(2, field(guest, 30, 1) & 0xF, "the device model is at it");
        var saved = guest.monitor.save();
        var end = guest.run().visible();
        guest.monitor.restore(saved);
        assertEquals(end, guest.run().visible());
        assertEquals(bare.run().visible(), end);
    }

    @Test
    void theEndOfTheRunIsAskedOfTheDeviceModelToo() {
        var guest = Guest.of("xen-hvm", 16, "mov al, 3", "out 0xF4, al").run();
        assertEquals(7, guest.monitor.ending().orElseThrow().status());
    }
}
