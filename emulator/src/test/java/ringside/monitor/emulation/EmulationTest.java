package ringside.monitor.emulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.micro.Lowering;
import ringside.cpu.micro.MicroOperation;
import ringside.monitor.Ending;
import ringside.monitor.Guest;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Monitor;
import ringside.monitor.Translation;
import ringside.probe.Probe;
import ringside.replay.Guests;
import ringside.replay.StateHash;

/** Blocks of micro-operations: they are what runs, and the guest cannot tell. */
class EmulationTest {
    private static Guest guest(int bits, String... lines) {
        return Guest.of("emulation", bits, lines);
    }

    private static Translation.Counts counts(Guest guest) {
        return guest.monitor.translated().orElseThrow();
    }

    private static Translation block(Guest guest) {
        return guest.monitor.translation().orElseThrow();
    }

    private static List<String> texts(Translation.Row row) {
        return row.lines().stream().map(Translation.Line::text).toList();
    }

    // What runs.

    @Test
    void theMicroOperationsAreWhatRuns() {
        var image = Guests.sample("two-plus-two");
        var straight = new Emulation(GuestProcessor.load(image, 0, GuestProcessor.DIRECT, Probe.NONE));
        var broken = new Emulation(
                GuestProcessor.load(image, 0, GuestProcessor.DIRECT, Probe.NONE),
                decoded -> Lowering.STANDARD.lower(decoded).stream()
                        .map(o -> o.kind() != MicroOperation.Kind.ADD
                                ? o
                                : new MicroOperation(
                                        MicroOperation.Kind.SUBTRACT,
                                        o.to(),
                                        o.a(),
                                        o.b(),
                                        o.c(),
                                        o.size(),
                                        o.number()))
                        .toList());
        straight.run(1000);
        broken.run(1000);
        assertEquals('4', straight.machine().serial().bytes()[0]);
        assertNotEquals('4', broken.machine().serial().bytes()[0]);
    }

    @Test
    void aCommonInstructionIsLoweredAndARareOneCallsItsRow() {
        var rows = block(guest(32, "add dword [ebx+4], ecx", "cpuid", "hlt")).rows();
        assertEquals(
                List.of(
                        "t0 = rbx",
                        "t1 = 0x4",
                        "t2 = t0 + t1",
                        "t3 = u32 t2",
                        "t4 = load32.w ds:[t3]",
                        "t5 = ecx",
                        "t6 = t4 + t5",
                        "store32 ds:[t3], t6",
                        "flags = add32 t4, t5, t6"),
                texts(rows.get(0)));
        assertEquals(List.of("call cpuid"), texts(rows.get(1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pushaw", "pushad"})
    void pushingAllRegistersOntoTheEndOfAStackLeavesNoTrace(String instruction) {
        String[] lines = {
            // A stack segment that ends in the middle of what is pushed: expand-down, above 7FF8H.
            "lgdt [pointer]",
            "mov ax, 0x18",
            "mov ss, ax",
            "mov esp, 0x8000",
            "mov ecx, 0x11111111",
            instruction,
            "align 8",
            "gdt: dq 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF, 0x0040970000007FF8",
            "pointer: dw 31",
            "dd gdt"
        };
        Guest bare = Guest.of("bare", 32, lines);
        Guest emulated = guest(32, lines);
        bare.runUntil(6);
        emulated.runUntil(6);
        assertEquals(0, bare.monitor.machine().ram().read(0x7FFC, 4));
        assertEquals(bare.visible(), emulated.visible());
    }

    // Blocks.

    @Test
    void aBlockEndsBehindABranch() {
        var block = block(guest(32, "mov eax, 1", "jmp next", "ud2", "next: hlt"));
        assertEquals(
                List.of(0x1000L, 0x1005L),
                block.rows().stream().map(Translation.Row::rip).toList());
        assertFalse(block.kept());
    }

    @Test
    void aBlockIsKeptAndRunAgain() {
        var guest =
                guest(32, "mov ecx, 100", "again: dec ecx", "jnz again", "hlt").run();
        // The loop begins inside the first block.
        assertEquals(2, counts(guest).blocks());
        assertEquals(4, counts(guest).instructions());
    }

    @Test
    void whatIsPerformedIsCountedWithoutWhatIsLeftOut() {
        var guest = guest(32, "jz no", "no: jz no2", "no2: hlt");
        int jump = block(guest).rows().get(0).lines().size();
        guest.runUntil(1);
        // The condition and the skip, not what is skipped.
        assertEquals(2, counts(guest).performed());
        assertEquals(7, jump);
    }

    @Test
    void aFaultingInstructionLeavesNoTrace() {
        var guest = guest(32, "mov esp, 0x8000", "push dword [0xFFFFFFFE]", "hlt");
        guest.runUntil(1);
        long performed = counts(guest).performed();
        guest.runUntil(2);
        assertEquals(performed, counts(guest).performed());
    }

    @Test
    void codeThatChangesItselfInsideItsOwnBlockIsTranslatedAgain() {
        var guest = guest(32, "mov byte [change+1], 7", "nop", "change: mov al, 1", "hlt")
                .run();
        assertEquals(7, guest.believed().registers.get(0) & 0xFF);
        assertEquals(1, counts(guest).dropped());
        assertEquals(2, counts(guest).blocks());
    }

    @Test
    void dataBesideCodeDropsNothing() {
        var guest = guest(32, "mov ecx, 50", "again: inc dword [number]", "loop again", "hlt", "number: dd 0")
                .run();
        assertEquals(50, guest.monitor.machine().ram().read(0x1000 + 5 + 6 + 2 + 1, 4));
        assertEquals(0, counts(guest).dropped());
    }

    @Test
    void theSamePageRunsAtTwoAddressesAndInTwoSizes() {
        String[] twice = {
            "lgdt [pointer]",
            "call here",
            "call 0x10:here - 0x1000",
            "hlt",
            "here: call near next",
            "next: pop ecx",
            "mov [edx*4+0x3000], ecx",
            "inc edx",
            "cmp edx, 1",
            "jne far_end",
            "ret",
            "far_end: retf",
            "align 8",
            "gdt: dq 0, 0x00CF9B000000FFFF, 0x00CF9B001000FFFF",
            "pointer: dw 23",
            "dd gdt"
        };
        assertEquals(
                Guest.of("bare", 32, twice).run().visible(),
                guest(32, twice).run().visible());
    }

    @Test
    void moreBlocksThanAreKeptAreDroppedTogether() {
        var guest = guest(32, "%rep 70000", "jmp $+2", "%endrep", "hlt").run();
        assertEquals(Ending.Kind.HALT, guest.monitor.ending().orElseThrow().kind());
        assertEquals(70_001, counts(guest).instructions());
        assertTrue(counts(guest).dropped() > 65_000 && counts(guest).dropped() < 70_001);
    }

    @Test
    void anInstructionOverTwoPagesIsABlockOfItsOwn() {
        var guest = guest(32, "jmp edge", "times 0xFFE - ($ - $$) db 0x90", "edge: mov eax, 0x12345678", "hlt")
                .run();
        assertEquals(0x12345678, guest.believed().registers.get(0));
        assertEquals(3, counts(guest).blocks());
    }

    @Test
    void theOverlapOfTwoPagesIsReadAgainWhereItChanged() {
        String[] overlap = {
            "mov ecx, 2",
            "jmp edge",
            "times 0xFFE - ($ - $$) db 0x90",
            "edge: mov eax, 0x12345678",
            "add ebx, eax",
            "mov byte [edge+4], 0x77",
            "loop edge",
            "hlt"
        };
        assertEquals(
                Guest.of("bare", 32, overlap).run().visible(),
                guest(32, overlap).run().visible());
    }

    // The guest cannot tell.

    static Stream<List<String>> traps() {
        return Stream.of(
                // A single step over a repeated instruction, and into a handler that counts.
                List.of(
                        "pushfd",
                        "or dword [esp], 0x100",
                        "popfd",
                        "mov ecx, 3",
                        "mov esi, 0x3000",
                        "mov edi, 0x3100",
                        "rep movsb",
                        "nop",
                        "pushfd",
                        "and dword [esp], ~0x100",
                        "popfd",
                        "hlt"),
                // A shadow after a load of SS.
                List.of(
                        "pushfd",
                        "or dword [esp], 0x100",
                        "popfd",
                        "mov ax, ss",
                        "mov ss, ax",
                        "mov esp, 0x7000",
                        "nop",
                        "hlt"),
                // A data breakpoint and one on an instruction.
                List.of(
                        "mov eax, 0x3000",
                        "mov dr0, eax",
                        "mov eax, watched",
                        "mov dr1, eax",
                        "mov eax, 0xD000A",
                        "mov dr7, eax",
                        "mov dword [0x3000], 5",
                        "add dword [0x3000], 6",
                        "watched: inc edx",
                        "xor eax, eax",
                        "mov dr7, eax",
                        "hlt"),
                // Faults inside instructions with several effects.
                List.of("call dword [0xFFFFFFFE]"),
                List.of("xchg eax, [0xFFFFFFFE]"),
                List.of("xadd [0xFFFFFFFE], eax"),
                List.of("push eax", "pop dword [0xFFFFFFFE]"));
    }

    @ParameterizedTest
    @MethodSource("traps")
    void everyBoundaryIsTheBareMachines(List<String> program) {
        List<String> lines = new ArrayList<>(List.of("mov esp, 0x8000", "lgdt [gdtr]", "lidt [idtr]"));
        lines.addAll(program);
        lines.addAll(List.of(
                "debug: inc ebp",
                "mov ebx, dr6",
                "mov [ebp*4+0x4000], ebx",
                "xor ebx, ebx",
                "mov dr6, ebx",
                "or dword [esp+8], 0x10000",
                "iretd",
                "fault: add ebp, 0x10000",
                "mov esp, 0x8000",
                "hlt",
                "align 8",
                "idt: dq 0",
                "dw debug, 8, 0x8E00, 0",
                "times 10 dq 0",
                "dw fault, 8, 0x8E00, 0",
                "dw fault, 8, 0x8E00, 0",
                "dw fault, 8, 0x8E00, 0",
                "gdt: dq 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF",
                "idtr: dw gdt - idt - 1",
                "dd idt",
                "gdtr: dw 23",
                "dd gdt"));
        Guest bare = Guest.of("bare", 32, lines.toArray(String[]::new));
        Guest emulated = guest(32, lines.toArray(String[]::new));
        for (int time = 0; bare.monitor.ending().isEmpty(); time++) {
            assertTrue(time < 1000, "it runs for ever");
            assertEquals(bare.visible(), emulated.visible(), "at " + time);
            bare.runUntil(time + 1);
            emulated.runUntil(time + 1);
        }
        assertEquals(bare.visible(), emulated.visible());
        assertTrue(bare.believed().registers.get(5) > 0, "nothing was trapped");
    }

    // State.

    @Test
    void whatIsTranslatedDoesNotDependOnHowTheRunIsCut() {
        for (String name : Guests.machines()) {
            Monitor whole = Guests.start(Guests.sample(name), "emulation").apply(Probe.NONE);
            Monitor stepped = Guests.start(Guests.sample(name), "emulation").apply(Probe.NONE);
            whole.run(1_000_000_000);
            while (stepped.ending().isEmpty()) {
                stepped.translation();
                stepped.run(stepped.machine().clock().now() + 1);
            }
            assertEquals(whole.translated(), stepped.translated(), name);
        }
    }

    @Test
    void whatIsTranslatedIsStateThatIsSavedAndRestored() {
        for (String name : Guests.machines()) {
            Monitor monitor = Guests.start(Guests.sample(name), "emulation").apply(Probe.NONE);
            monitor.run(40);
            var saved = monitor.save();
            var then = monitor.translated();
            monitor.run(1_000_000_000);
            var end = monitor.translated();
            long hash = new StateHash(monitor).now();
            monitor.restore(saved);
            assertEquals(then, monitor.translated(), name);
            monitor.run(1_000_000_000);
            assertEquals(end, monitor.translated(), name);
            assertEquals(hash, new StateHash(monitor).now(), name);
        }
    }

    @Test
    void aStateFromBeforeCodeChangedBringsTheOldBlocksBack() {
        var guest = guest(
                32,
                "mov ecx, 3",
                "again: inc byte [change+1]",
                "change: mov al, 1",
                "add ebx, eax",
                "loop again",
                "hlt");
        guest.runUntil(4);
        var saved = guest.monitor.save();
        var then = counts(guest);
        var lines = block(guest);
        guest.run();
        assertEquals(2 + 3 + 4, guest.believed().registers.get(3));
        var end = counts(guest);
        guest.monitor.restore(saved);
        assertEquals(then, counts(guest));
        assertEquals(lines, block(guest));
        guest.run();
        assertEquals(2 + 3 + 4, guest.believed().registers.get(3));
        assertEquals(end, counts(guest));
    }

    @Test
    void theBlockOfThePresentInstructionIsShown() {
        var guest = guest(32, "mov eax, 1", "mov ebx, 2", "hlt");
        guest.runUntil(1);
        var block = block(guest);
        assertTrue(block.kept());
        assertEquals(3, block.rows().size());
        assertEquals(0x1005, guest.believed().registers.rip());
    }

    @Test
    void whereNothingCanBeFetchedThereIsNoBlock() {
        var guest = guest(32, "mov ebx, 0x7FFFFFF0", "jmp ebx");
        guest.runUntil(2);
        assertTrue(guest.monitor.translation().isEmpty());
    }
}
