package ringside.monitor.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import ringside.cpu.SystemState;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.memory.Ram;
import ringside.monitor.Guest;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.RandomTables;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.probe.Probe;
import ringside.replay.GuestState;
import ringside.session.SampleGuests;

/** VirtualBox's raw mode: the kernel runs from its own addresses, and only what hurts there is patched. */
class RawKernelTest {
    private static final Options OPTIONS = Options.DEFAULT.withTranslator(Options.Translator.VIRTUALBOX);
    private static final Path SAMPLES = Path.of("..", "sample-guests");

    /** Flat protected mode with paging, CR0.WP and interrupts: what raw mode asks for. What follows STI begins at 102CH. */
    private static final List<String> PROLOGUE = List.of(
            "mov esp, 0x9000",
            "mov dword [0x20000], 0x83",
            "mov eax, cr4",
            "or eax, 0x10",
            "mov cr4, eax",
            "mov eax, 0x20000",
            "mov cr3, eax",
            "mov eax, cr0",
            "or eax, 0x80010000",
            "mov cr0, eax",
            "sti");

    private static String[] paged(String... lines) {
        return Stream.concat(PROLOGUE.stream(), Stream.of(lines)).toArray(String[]::new);
    }

    private static Guest raw(String... lines) {
        return Guest.of("binary-translation", 32, OPTIONS, paged(lines));
    }

    private static Guest bare(String... lines) {
        return Guest.of("bare", 32, paged(lines));
    }

    private static long count(Guest guest, String kind, String reason) {
        return guest.exits().stream()
                .filter(exit -> exit.kind().equals(kind) && exit.reason().equals(reason))
                .count();
    }

    private static Ram ram(Guest guest) {
        return guest.monitor.machine().ram();
    }

    private static MonitorMemory place(Guest guest) {
        return MonitorMemory.above(guest.monitor.machine().config(), 0).withPatches(PatchMemory.FRAMES);
    }

    private static long patchMemory(Guest guest) {
        return (long) place(guest).firstPatchFrame() + 1 << 12;
    }

    /** The first copy of a page. */
    private static long copy(Guest guest) {
        return (long) place(guest).firstPatchFrame() + 1 + PatchMemory.PATCH_FRAMES << 12;
    }

    private static final String[] CRITICAL_SECTIONS = {
        "mov ecx, 100", "again: pushfd", "cli", "add ebx, ecx", "popfd", "dec ecx", "jnz again", "cli", "hlt"
    };

    @Test
    void theKernelRunsAtRingOneFromItsOwnAddressesAndAJumpLeadsToThePatch() {
        var guest = raw(CRITICAL_SECTIONS).runUntil(100);
        var real = guest.monitor.real().system;
        assertEquals(1, real.cpl);
        assertEquals(0, real.segments[SystemState.CS].base());
        assertEquals(0, guest.believed().system.cpl);
        // Behind MOV ECX, 100, at 1031H: E9 and the distance from 1036H to A0001000H.
        assertEquals(0xE9, ram(guest).read(copy(guest) + 0x31, 1));
        assertEquals(0xA000_1000 - 0x1036, (int) ram(guest).read(copy(guest) + 0x32, 4));
        assertEquals(0x9C, ram(guest).read(0x1031, 1), "in the guest's own memory PUSHFD stands where it was");
    }

    @Test
    void criticalSectionsCostNoExit() {
        var guest = raw(CRITICAL_SECTIONS).run();
        assertEquals(bare(CRITICAL_SECTIONS).run().visible(), guest.visible());
        assertEquals(1, count(guest, "patch", "BREAKPOINT"), "CLI before HLT: a jump would not fit");
        assertEquals(0, guest.exits("GENERAL_PROTECTION"), "HLT is emulated, as interrupts are off");
        var trapped = Guest.of("trap-and-emulate", 32, paged(CRITICAL_SECTIONS)).run();
        assertThat(trapped.exits("GENERAL_PROTECTION")).isGreaterThan(100);
    }

    /** As its README says: the only exits are those that are no critical section's. */
    @Test
    void theSampleWithAHundredSectionsIsLeftForItsOutputOnly() throws IOException {
        var image = Images.recognize(
                Files.readAllBytes(SAMPLES.resolve("critical-sections/guest.asm")),
                "guest.asm",
                ImageOptions.DEFAULT.withFolder(SampleGuests::file));
        Map<String, Integer> exits = new TreeMap<>();
        Probe probe = event -> {
            if (event instanceof Event.Exit exit) {
                exits.merge(exit.reason(), 1, Integer::sum);
            }
        };
        Monitor monitor =
                Modes.start("binary-translation", image, OPTIONS, probe).orElseThrow();
        monitor.run(10_000);
        assertEquals("idle", monitor.ending().orElseThrow().kind().text());
        assertEquals(Map.of("SCAN", 1, "GENERAL_PROTECTION", 3, "PAGE_FAULT", 2), exits);
    }

    @Test
    void aByteFlippedInAPatchBreaksTheGuest() {
        var straight = raw(CRITICAL_SECTIONS).run();
        var guest = raw(CRITICAL_SECTIONS).runUntil(100);
        // PUSHFD takes 47 bytes, CLI 11; ADD EBX, ECX (01 CB) becomes SUB (29 CB).
        long address = patchMemory(guest) + 47 + 11;
        assertEquals(0xCB01, ram(guest).read(address, 2));
        ram(guest).write(address, 1, 0x29);
        guest.run();
        assertNotEquals(
                straight.believed().registers.get(3), guest.believed().registers.get(3));
    }

    @Test
    void thePopfHoleIsClosed() {
        String[] lines = {"push 2", "popfd", "nop", "nop", "nop", "nop", "pushfd", "pop eax", "hlt"};
        var guest = raw(lines).run();
        assertEquals(bare(lines).run().visible(), guest.visible());
        assertFalse(guest.believed().system.interruptFlag());
        assertEquals(1, count(guest, "patch", "BREAKPOINT"), "POPF that clears IF is the monitor's");
    }

    @Test
    void theGuestSeesItsOwnTablesAndItsRing() {
        String[] lines = {
            "sgdt [0x3000]",
            "smsw ebx",
            "mov ecx, cs",
            "push cs",
            "mov eax, [0x3002]",
            "push ss",
            "pop edx",
            "pop esi",
            "cli",
            "hlt"
        };
        var guest = raw(lines).run();
        assertEquals(bare(lines).run().visible(), guest.visible());
        assertEquals(0x6F000, guest.believed().registers.get(0));
        assertEquals(8, guest.believed().registers.get(6));
        // SGDT, SMSW, MOV from CS, PUSH SS, and CLI, where a jump would not fit; PUSH CS has a patch.
        assertEquals(5, count(guest, "patch", "BREAKPOINT"));
    }

    /** PATMAll.cpp: the pages of patches are watched for writes, so what the guest reads of its code are the patches. */
    @Test
    void whoReadsPatchedCodeReadsThePatch() {
        String[] lines = {"jmp there", "there: nop", "mark: cli", "mov eax, [mark]", "sti", "nop", "cli", "hlt"};
        assertEquals(0xA1, bare(lines).run().believed().registers.get(0) >>> 8 & 0xFF);
        var guest = raw(lines).runUntil(15);
        assertEquals(0xE9, guest.believed().registers.get(0) & 0xFF);
        assertEquals(List.of("rax"), differences(bare(lines).runUntil(15), guest));
    }

    private static List<String> differences(Guest first, Guest second) {
        return GuestState.differences(first.monitor, second.monitor).stream()
                .map(GuestState.Difference::name)
                .toList();
    }

    private static final String[] INTERRUPTED = {
        "mov dword [0x6100], handler",
        "mov word [0x6102], 8",
        "mov word [0x6104], 0x8E00",
        "mov word [0x6106], 0",
        "mov word [0x5F00], 0x7FF",
        "mov dword [0x5F02], 0x6000",
        "lidt [0x5F00]",
        "mov al, 0x11",
        "out 0x20, al",
        "mov al, 0x20",
        "out 0x21, al",
        "mov al, 4",
        "out 0x21, al",
        "mov al, 1",
        "out 0x21, al",
        "mov al, 0xFE",
        "out 0x21, al",
        "mov al, 0x34",
        "out 0x43, al",
        "mov al, 2",
        "out 0x40, al",
        "mov al, 0",
        "out 0x40, al",
        "again: cli",
        "mov ecx, 700",
        "wait: dec ecx",
        "jnz wait",
        "sti",
        "inc ebx",
        "cmp edx, 5",
        "jb again",
        "cli",
        "hlt",
        "handler: inc edx",
        "mov al, 0x20",
        "out 0x20, al",
        "iretd"
    };

    @Test
    void anInterruptThatWaitedIsDeliveredByThePatchThatAllowsIt() {
        var bare = bare(INTERRUPTED);
        var guest = raw(INTERRUPTED);
        for (long time = 20; time < 4_000; time += 7) {
            assertEquals(bare.runUntil(time).visible(), guest.runUntil(time).visible(), "time " + time);
        }
        var straight = raw(INTERRUPTED).run();
        assertEquals(bare.run().visible(), straight.visible());
        // The PIT's 838 units pass while interrupts are off, so that one waits at each STI.
        assertThat(count(straight, "patch", "INVALID_OPCODE")).isGreaterThanOrEqualTo(4);
    }

    @Test
    void whereAJumpIsWrittenOverByAnotherOnlyInt3Stays() {
        // 1033H lies under the jump at 1032H.
        String[] lines = {
            "mov ecx, 3",
            "nop",
            "one: cli",
            "two: inc eax",
            "nop",
            "nop",
            "sti",
            "nop",
            "dec ecx",
            "jz done",
            "sti",
            "jmp two",
            "done: cli",
            "hlt"
        };
        var guest = raw(lines).run();
        assertEquals(bare(lines).run().visible(), guest.visible());
        assertThat(guest.monitor.translated().orElseThrow().dropped()).isGreaterThan(0);
        assertEquals(0xCC, ram(guest).read(copy(guest) + 0x32, 1));
    }

    @Test
    void codeThatNoJumpLeadsToIsScannedWhenItIsFetched() {
        String[] lines = {"push there", "ret", "times 8 db 0x0F", "there: pushfd", "pop eax", "smsw ebx", "cli", "hlt"};
        var guest = raw(lines).run();
        assertEquals(bare(lines).run().visible(), guest.visible());
        assertEquals(2, guest.exits("SCAN"));
    }

    @Test
    void codeThatWritesItselfRunsAsItWasWritten() {
        String[] lines = {
            "mov ecx, 3",
            "again: mov al, 0",
            "pushfd",
            "cli",
            "add ebx, eax",
            "popfd",
            "inc byte [again+1]",
            "inc byte [data]",
            "dec ecx",
            "jnz again",
            "cli",
            "hlt",
            "jmp $",
            "data: dd 0"
        };
        var guest = raw(lines).run();
        assertEquals(bare(lines).run().visible(), guest.visible());
        assertEquals(3 + 3, count(guest, "trap", "PAGE_FAULT"), "each write meets a page that is write-protected");
        // Before the first instruction, and after each write to one; the data beside them may change.
        assertEquals(1 + 3, guest.exits("SCAN"));
    }

    @Test
    void theMonitorsPagesMoveWhereTheGuestMakesAPageTable() {
        String[] lines = {
            "pushfd",
            "cli",
            "nop",
            "popfd",
            "nop",
            "nop",
            "mov dword [0x20A00], 0x83",
            "mov eax, [0xA0001039]",
            "pushfd",
            "cli",
            "nop",
            "popfd",
            "nop",
            "nop",
            "cli",
            "hlt"
        };
        var guest = raw(lines).run();
        assertEquals(bare(lines).run().visible(), guest.visible());
        assertThat(guest.monitor.translated().orElseThrow().dropped()).isGreaterThan(0);
    }

    @Test
    void whatRawModeCannotHoldIsEmulated() {
        String[] noPaging = {"mov ecx, 9", "again: pushfd", "cli", "popfd", "loop again", "cli", "hlt"};
        var guest = Guest.of("binary-translation", 32, OPTIONS, noPaging).run();
        assertTrue(guest.exits().isEmpty());
        assertEquals(0, guest.monitor.translated().orElseThrow().blocks());
        var sixteen = Guest.of("binary-translation", 16, OPTIONS, "mov ax, 5", "cli", "hlt")
                .run();
        assertTrue(sixteen.exits().isEmpty());
    }

    @Test
    void aStateThatIsRestoredGoesOnTheSame() {
        var straight = raw(INTERRUPTED).run();
        var guest = raw(INTERRUPTED).runUntil(1_203);
        Monitor.State state = guest.monitor.save();
        guest.run();
        var end = guest.monitor.translated();
        guest.monitor.restore(state);
        guest.run();
        assertEquals(straight.visible(), guest.visible());
        assertEquals(end, guest.monitor.translated());
    }

    @Test
    void thePatchIsShownAsItLiesInMemory() {
        var guest = raw(CRITICAL_SECTIONS).runUntil(100);
        while (guest.believed().registers.rip() != 0x1031) {
            guest.runUntil(guest.monitor.machine().clock().now() + 1);
        }
        var rows = guest.monitor.translation().orElseThrow().rows();
        assertEquals(
                List.of(0x1031L, 0x1032L, 0x1033L, 0x1035L),
                rows.stream().map(row -> row.rip()).toList());
        assertEquals("1031: jmp 0xa0001000", rows.get(0).lines().get(0).text());
        assertEquals("a0001000: pushf", rows.get(0).lines().get(1).text());
        assertEquals(
                "a000102f: mov dword [dword ss:0xa0000000],0x0",
                rows.get(1).lines().get(0).text());
    }

    @Test
    void sampleGuestsAreAsOnABareMachineAtEveryTime() throws IOException {
        try (var folders = Files.list(SAMPLES)) {
            for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
                var image = Images.recognize(
                        Files.readAllBytes(folder.resolve("guest.asm")),
                        "guest.asm",
                        ImageOptions.DEFAULT.withFolder(SampleGuests::file));
                if (Modes.misfit("binary-translation", image).isPresent()
                        || !image.extensions().isEmpty()) {
                    continue;
                }
                Monitor bare =
                        Modes.start("bare", image, Options.DEFAULT, Probe.NONE).orElseThrow();
                Monitor other = Modes.start("binary-translation", image, OPTIONS, Probe.NONE)
                        .orElseThrow();
                for (long time = 1; time < 200; time++) {
                    bare.run(time);
                    other.run(time);
                    assertEquals(
                            GuestState.processor(bare.believed()),
                            GuestState.processor(other.believed()),
                            folder + " " + time);
                }
                bare.run(1_000_000_000);
                other.run(1_000_000_000);
                assertEquals(bare.ending(), other.ending(), folder.toString());
                assertEquals(List.of(), GuestState.differences(bare, other), folder.toString());
            }
        }
    }

    @Test
    void randomBytesAndPageTablesMadeByChanceDoAsOnABareMachine() {
        List<Guest> guests = new ArrayList<>();
        for (long seed = 0; seed < 30; seed++) {
            Random random = new Random(seed);
            byte[] code = new byte[2048];
            random.nextBytes(code);
            for (Options options : List.of(Options.DEFAULT, OPTIONS)) {
                String mode = options.equals(OPTIONS) ? "binary-translation" : "bare";
                guests.add(Guest.ofBytes(mode, 32, options, code).runUntil(300));
                guests.add(RandomTables.start(mode, options, seed).runUntil(1_000));
            }
            assertEquals(guests.get(0).visible(), guests.get(2).visible(), "seed " + seed);
            assertEquals(guests.get(1).visible(), guests.get(3).visible(), "seed " + seed);
            guests.clear();
        }
    }
}
