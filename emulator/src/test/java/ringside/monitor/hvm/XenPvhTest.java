package ringside.monitor.hvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;

class XenPvhTest {
    private static final int MEMORY = 4 << 20;
    private static final boolean LONG = Boolean.getBoolean("ringside.long");

    /** A kernel of 4 KiB at 1000H with a page behind it; the page of hypercalls goes to 2000H. */
    private static final String HEADER = """
        org 0x1000
        bits 32
        file: db 0x7F, "ELF", 1, 1, 1, 0
        dq 0
        dw 2, 3
        dd 1, start, headers - file, 0, 0
        dw 52, 32, 2, 40, 0, 0
        headers:
        dd 1, 0, file, file, end - file, 0x2000, 7, 0x1000
        dd 4, notes - file, notes, notes, notes_end - notes, notes_end - notes, 4, 4
        notes: dd 4, 4, NOTE
        db "Xen", 0
        dd start
        notes_end:
        start:
        """;

    private static final String FILL = "mov esp, file\nmov ecx, 0x40000000\nmov eax, 0x2000\nmov edx, 0\nwrmsr";

    private static GuestImage image(int note, String... lines) {
        String source = HEADER.replace("NOTE", "" + note) + String.join("\n", lines) + "\nend:\n";
        return Images.recognize(
                source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT.withMemory(MEMORY));
    }

    private final List<Event> events = new ArrayList<>();

    private Monitor run(Virtualization hardware, String... lines) {
        Options options = Options.DEFAULT.withVirtualization(hardware);
        Monitor monitor =
                Modes.start("xen-pvh", image(18, lines), options, events::add).orElseThrow();
        monitor.run(10_000);
        return monitor;
    }

    private Monitor run(String... lines) {
        return run(Virtualization.VT_X, lines);
    }

    private static long register(Monitor monitor, int number) {
        return monitor.believed().registers.get(number, 4);
    }

    @ParameterizedTest
    @EnumSource(Virtualization.class)
    void itStartsInProtectedModeWithEbxAtItsStartInformation(Virtualization hardware) {
        Options options = Options.DEFAULT.withVirtualization(hardware);
        Monitor monitor =
                Modes.start("xen-pvh", image(18, "hlt"), options, event -> {}).orElseThrow();
        var cpu = monitor.believed();
        long at = register(monitor, Registers.RBX);
        var ram = monitor.machine().ram();
        assertEquals(0x3000, at, "the first page behind the kernel");
        assertEquals(0x336E_C578, ram.read(at, 4));
        assertEquals(1, ram.read(at + 4, 4), "version");
        long map = ram.read(at + 40, 8);
        assertEquals(2, ram.read(at + 48, 4), "entries");
        assertEquals(MEMORY, ram.read(map + 8, 8));
        assertEquals(1, ram.read(map + 16, 4), "RAM");
        assertEquals(0xFEFF_8000L, ram.read(map + 24, 8));
        assertEquals(2, ram.read(map + 40, 4), "reserved");
        assertEquals(1, cpu.system.cr0 & ~SystemState.EXTENSION_TYPE, "PE, and ET that is always 1");
        assertEquals(0, cpu.system.cr4);
        assertEquals(2, cpu.flags());
        assertEquals(0x67, cpu.system.tr.save().limit());
    }

    @Test
    void portsAndMemoryThatNobodyHasReadAsOnesAndNobodyIsAsked() {
        var monitor = run(
                "mov dx, 0x3F8",
                "mov al, 'x'",
                "out dx, al",
                "in al, dx",
                "movzx esi, al",
                "in eax, 0x20",
                "mov edi, eax",
                "mov ebx, [0xFEC00000]",
                "mov ecx, [0xD0000000]",
                "mov [0xD0000070], ecx",
                "mov ebp, [0xFEE00030]",
                "hlt");
        assertEquals(0xFF, register(monitor, Registers.RSI));
        assertEquals(0xFFFF_FFFFL, register(monitor, Registers.RDI));
        assertEquals(0xFFFF_FFFFL, register(monitor, Registers.RBX));
        assertEquals(0xFFFF_FFFFL, register(monitor, Registers.RCX));
        assertTrue(register(monitor, Registers.RBP) != 0xFFFF_FFFFL, "the local APIC is there");
        assertEquals(0, monitor.machine().serial().bytes().length);
        assertTrue(events.stream().noneMatch(event -> event.kind().equals("ioreq")));
    }

    @Test
    void aStringFromAPortThatNobodyHasIsAnsweredAtOnce() {
        var monitor = run("mov edi, 0x4000", "mov ecx, 64", "mov dx, 0x3F8", "rep insb", "hlt");
        assertEquals(-1L, monitor.machine().ram().read(0x4038, 8));
        assertEquals(
                1,
                events.stream()
                        .filter(event -> event.reason().equals("IO_INSTRUCTION"))
                        .count());
    }

    @Test
    void cpuidNamesXenItsReleaseAndTheRegisterThatFillsThePage() {
        var monitor = run("mov eax, 0x40000000", "cpuid", "mov esi, eax", "mov eax, 0x40000001", "push edx", "hlt");
        assertEquals(0x4000_0005, register(monitor, Registers.RSI));
        assertEquals(0x566E_6558, register(monitor, Registers.RBX));
        assertEquals(0x6558_4D4D, register(monitor, Registers.RCX));
        assertEquals(0x4D4D_566E, register(monitor, Registers.RDX));
        var version = run("mov eax, 0x40000001", "cpuid", "mov esi, eax", "mov eax, 0x40000002", "cpuid", "hlt");
        assertEquals(4 << 16 | 20, register(version, Registers.RSI));
        assertEquals(1, register(version, Registers.RAX));
        assertEquals(0x4000_0000, register(version, Registers.RBX));
    }

    @ParameterizedTest
    @CsvSource({"VT_X, C3C1010F, 18", "AMD_V, C3D9010F, 129"})
    void thePageCallsByTheHardwaresInstruction(Virtualization hardware, String call, int exit) {
        var monitor = run(hardware, FILL, "mov ebx, 0", "call 0x2000 + 17 * 32", "hlt");
        var ram = monitor.machine().ram();
        assertEquals(0x11B8, ram.read(0x2000 + 17 * 32, 4), "mov eax, 17");
        assertEquals(Long.parseLong(call, 16), ram.read(0x2005 + 17 * 32, 4));
        assertEquals(0xCCCC_0B0FL, ram.read(0x2000 + 23 * 32, 4), "no iret here: ud2");
        assertEquals(4 << 16 | 20, register(monitor, Registers.RAX));
        assertTrue(events.stream().anyMatch(event -> event instanceof Event.Exit && event.number() == exit));
        assertTrue(events.stream().anyMatch(event -> event.reason().equals("xen_version") && event.number() == 17));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mov ebx, 0 | 60 | -38", // no such call
                "mov ebx, 9 | 29 | -38", // no such operation
                "mov ebx, 2 / mov ecx, 0xD0000000 | 29 | -14", // no RAM there
                "mov ebx, 0 / mov ecx, 8 / mov edx, 0x3FFFFC | 18 | -14", // the text leaves the RAM
                "mov ebx, 0 / mov ecx, -1 / mov edx, 0x1000 | 18 | -22",
                "mov ebx, 1 / mov ecx, 1 / mov edx, 0x1000 | 18 | -1"
            })
    void aCallThatCannotBeDoneSaysWhy(String prepare, int number, int result) {
        var monitor = run(FILL, prepare.replace(" / ", "\n"), "call 0x2000 + " + number + " * 32", "hlt");
        assertEquals(result, (int) register(monitor, Registers.RAX));
        assertEquals(0, monitor.machine().serial().bytes().length);
    }

    @ParameterizedTest
    @CsvSource({"0, SHUTDOWN", "1, SHUTDOWN", "3, CRASH"})
    void aDomainShutsItselfDown(int reason, Ending.Kind kind) {
        String[] lines = {FILL, "mov ebx, 2", "mov ecx, why", "call 0x2000 + 29 * 32", "hlt", "why: dd " + reason};
        var monitor = run(lines);
        assertEquals(Optional.of(Ending.of(kind)), monitor.ending());
        var saved = monitor.save();
        var other = Modes.start("xen-pvh", image(18, lines), Options.DEFAULT, event -> {})
                .orElseThrow();
        other.restore(saved);
        assertEquals(monitor.ending(), other.ending());
    }

    @Test
    void aKernelWithoutTheNoteIsRefused() {
        GuestImage image = Images.recognize(
                (HEADER.replace("NOTE", "1") + "hlt\nend:\n")
                        .replace(
                                "notes_end:",
                                "dd 4, 8, 5\ndb \"Xen\", 0, \"xen-3.0\", 0\ndd 4, 8, 8\ndb \"Xen\", 0, \"generic\", 0\n"
                                        + "dd 4, 4, 9\ndb \"Xen\", 0, \"yes\", 0\nnotes_end:")
                        .getBytes(StandardCharsets.UTF_8),
                "guest.asm",
                ImageOptions.DEFAULT.withMemory(MEMORY));
        assertEquals(Optional.of(Modes.Misfit.NO_PVH_ENTRY), Modes.misfit("xen-pvh", image));
        assertEquals(Optional.of(Modes.Misfit.NOT_PARAVIRTUAL), Modes.misfit("xen-pv", image(18, "hlt")));
        assertEquals(Optional.of(Modes.Misfit.XEN_KERNEL_WITHOUT_XEN), Modes.misfit("xen-hvm", image(18, "hlt")));
        assertEquals(List.of("xen-pvh"), Modes.holding(image(18, "hlt")));
    }

    /** Numbers, arguments and the place of the page are whatever they are. */
    @Test
    void whateverAGuestCallsWithItIsAnswered() {
        var random = new Random(7);
        for (int i = 0; i < (LONG ? 20_000 : 300); i++) {
            int number = random.nextInt(4) == 0 ? random.nextInt() : new int[] {17, 18, 29}[random.nextInt(3)];
            var monitor = run(
                    random.nextBoolean() ? Virtualization.VT_X : Virtualization.AMD_V,
                    "mov ecx, 0x40000000",
                    "mov eax, " + (random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(MEMORY) & -4096),
                    "mov edx, " + random.nextInt(2),
                    "wrmsr",
                    "mov eax, " + number,
                    "mov ebx, " + random.nextInt(4),
                    "mov ecx, " + (random.nextBoolean() ? random.nextInt(64) : random.nextInt()),
                    "mov edx, " + (random.nextBoolean() ? random.nextInt(MEMORY) : random.nextInt()),
                    random.nextBoolean() ? "vmcall" : "vmmcall",
                    "hlt");
            assertTrue(monitor.ending().isPresent() || monitor.machine().clock().now() > 0);
        }
    }

    /** Random bytes as a kernel, with calls of the page between them. */
    @ParameterizedTest
    @EnumSource(Virtualization.class)
    void anyKernelEndsOrGoesOnWithoutAnErrorOfOurs(Virtualization hardware) {
        for (long seed = 0; seed < (LONG ? 20_000 : 60); seed++) {
            var random = new Random(seed);
            String[] lines = new String[200];
            for (int i = 0; i < lines.length; i++) {
                lines[i] = random.nextInt(8) == 0
                        ? "mov eax, " + random.nextInt(49) + "\ncall 0x2000"
                        : "dd " + random.nextInt();
            }
            String code = FILL + "\n" + String.join("\n", lines);
            try {
                var monitor = run(hardware, code);
                assertTrue(
                        monitor.ending().isPresent()
                                || monitor.machine().clock().now() >= 10_000,
                        "seed " + seed);
            } catch (RuntimeException error) {
                throw new AssertionError("seed " + seed, error);
            }
        }
    }

    /** Code that starts in 32-bit protected mode starts below 4 GiB. */
    @Test
    void anEntryOfMoreThan32BitsIsNone() {
        String source =
                HEADER.replace("dd 4, 4, NOTE", "dd 4, 8, 18").replace("dd start\n", "dd start, 1\n") + "hlt\nend:\n";
        GuestImage image = Images.recognize(
                source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT.withMemory(MEMORY));
        assertEquals(Optional.of(Modes.Misfit.NO_PVH_ENTRY), Modes.misfit("xen-pvh", image));
    }
}
