package ringside.monitor.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.memory.Ram;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Translation;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.probe.Event;

class BinaryTranslationTest {
    private static final String MODE = "binary-translation";

    private static final String[] LOOP = {
        "mov ecx, 100", "again: add eax, ecx", "xor ebx, eax", "dec ecx", "jnz again", "cli", "hlt"
    };

    private static MonitorMemory memory(Guest guest) {
        return MonitorMemory.above(guest.monitor.machine().config(), CodeCache.FRAMES);
    }

    private static Ram ram(Guest guest) {
        return guest.monitor.machine().ram();
    }

    private static long cached(Guest guest, int at, int size) {
        return ram(guest).read(memory(guest).address(MonitorMemory.CODE) + at, size);
    }

    private static List<Integer> callouts(Guest guest) {
        return guest.exits().stream()
                .map(Event.Exit::number)
                .filter(n -> n >= 48)
                .toList();
    }

    @Test
    void theKernelReallyRunsFromTheCacheAtRingOne() {
        var guest = Guest.of(MODE, 32, LOOP).runUntil(50);
        var real = guest.monitor.real().system;
        assertEquals(1, real.cpl);
        assertEquals(MonitorMemory.BASE_32 + MonitorMemory.CODE, real.segments[1].base());
        assertEquals(0, guest.believed().system.cpl);
        assertThat(guest.believed().registers.rip()).as("the guest's own").isBetween(0x1000L, 0x1020L);
    }

    @Test
    void aByteFlippedInTheCacheBreaksTheGuest() {
        var straight = Guest.of(MODE, 32, LOOP).run();
        var guest = Guest.of(MODE, 32, LOOP).runUntil(50);
        // ADD EAX, ECX (01 C8) behind MOV ECX, 100 becomes SUB EAX, ECX (29 C8).
        long address = memory(guest).address(MonitorMemory.CODE) + 5;
        assertEquals(0xC801, ram(guest).read(address, 2));
        ram(guest).write(address, 1, 0x29);
        guest.run();
        assertNotEquals(
                straight.believed().registers.get(0), guest.believed().registers.get(0));
        assertEquals(0xC801, ram(guest).read(0x1005, 2), "in the guest's memory ADD stands where it was");
    }

    @Test
    void aJumpThatWasTakenOnceLeadsToTheTranslationItself() {
        var guest = Guest.of(MODE, 32, LOOP).runUntil(1);
        // MOV 5, ADD 2, XOR 2, DEC 1, then 0F 85 cd: the distance lies at 12, its first stub at 21.
        assertEquals(0x850F, cached(guest, 10, 2));
        assertEquals(21 - 16, (int) cached(guest, 12, 4));
        guest.runUntil(10);
        assertEquals(5 - 16, (int) cached(guest, 12, 4), "back to ADD");
        guest.run();
        assertEquals(List.of(50, 50, 48), callouts(guest), "each way out asks once; HLT");
    }

    @Test
    void thePopfHoleIsClosed() {
        var guest = Guest.of(MODE, 32, "mov esp, 0x8000", "sti", "push 2", "popfd", "hlt")
                .run();
        assertFalse(guest.believed().system.interruptFlag());
        assertEquals(0, guest.exits("GENERAL_PROTECTION"), "nothing had to fault");
    }

    @Test
    void theGuestSeesItsOwnTablesAndSelectors() {
        var guest = Guest.of(MODE, 32, "sgdt [0x3000]", "mov eax, [0x3002]", "smsw ebx", "mov ecx, cs", "cli", "hlt")
                .run();
        assertEquals(0x6F000, guest.believed().registers.get(0));
        assertEquals(0x11, guest.believed().registers.get(3), "PE and ET, as the guest has them");
        assertEquals(8, guest.believed().registers.get(1));
    }

    @Test
    void callPushesTheGuestsAddressAndReadingCodeFindsTheGuests() {
        var guest = Guest.of(
                        MODE,
                        32,
                        "mov esp, 0x8000",
                        "call there",
                        "there: pop eax",
                        "mov ebx, [cs:eax]",
                        "mov ecx, [eax]",
                        "cli",
                        "hlt")
                .run();
        assertEquals(0x100A, guest.believed().registers.get(0));
        assertEquals(0x588B2E58L & 0xFF, guest.believed().registers.get(3) & 0xFF, "POP EAX is 58");
        assertEquals(
                guest.believed().registers.get(3), guest.believed().registers.get(1));
    }

    @Test
    void a64BitKernelCannotReadTheCache() {
        String address = "mov rsi, " + (MonitorMemory.BASE_64 + MonitorMemory.CODE);
        String[] lines = {"lidt [none]", address, "mov eax, [rsi]", "hlt", "none: dw 0", "dq 0"};
        var bare = Guest.of("bare", 64, lines).run();
        var guest = Guest.of(MODE, 64, lines).run();
        assertEquals(bare.visible(), guest.visible());
        assertEquals("triple-fault", guest.monitor.ending().orElseThrow().kind().text(), "no page is there");
    }

    private static final String[] IS_PRIME = {
        "mov esp, 0x8000",
        "mov ebp, 100",
        "again: mov edi, 49",
        "call is_prime",
        "add ebx, eax",
        "dec ebp",
        "jnz again",
        "cli",
        "hlt",
        "is_prime: mov ecx, edi",
        "mov esi, 2",
        "cmp esi, ecx",
        "jge prime",
        "next: mov eax, ecx",
        "cdq",
        "idiv esi",
        "test edx, edx",
        "jz not_prime",
        "inc esi",
        "cmp esi, ecx",
        "jl next",
        "prime: mov eax, 1",
        "ret",
        "not_prime: xor eax, eax",
        "ret"
    };

    /** The example of Adams and Agesen, called a hundred times. */
    @Test
    void whatHasRunOnceStaysInTheCache() {
        var bare = Guest.of("bare", 32, IS_PRIME).run();
        var guest = Guest.of(MODE, 32, IS_PRIME).run();
        assertEquals(bare.visible(), guest.visible());
        // CALL; JGE goes on, JZ goes on, JL leads back, JZ leads on; JNZ leads back, and goes on.
        assertEquals(7, callouts(guest).stream().filter(n -> n == 50).count());
        assertEquals(1, callouts(guest).stream().filter(n -> n == 49).count(), "RET is looked up once");
        assertEquals(1, callouts(guest).stream().filter(n -> n == 48).count(), "HLT");
    }

    @Test
    void returnsToAddressesOfTheSameLowByteTakeEachOthersPlace() {
        String[] lines = {
            "mov esp, 0x8000",
            "mov ebp, 50",
            "again: call routine",
            "times 256-5 nop",
            "call routine",
            "dec ebp",
            "jnz again",
            "cli",
            "hlt",
            "routine: ret"
        };
        var guest = Guest.of(MODE, 32, lines).run();
        assertEquals(Guest.of("bare", 32, lines).run().visible(), guest.visible());
        assertEquals(100, callouts(guest).stream().filter(n -> n == 49).count());
    }

    @Test
    void aByteFlippedInALookUpBreaksTheGuest() {
        var straight = Guest.of(MODE, 32, IS_PRIME).run();
        var guest = Guest.of(MODE, 32, IS_PRIME).runUntil(200);
        byte[] cache = new byte[CodeCache.SIZE];
        for (int i = 0; i < cache.length; i++) {
            cache[i] = (byte) cached(guest, i, 1);
        }
        // LEA ESP, [ESP+4] becomes LEA ESP, [ESP+0].
        String hex = java.util.HexFormat.of().formatHex(cache);
        int at = hex.indexOf("8da42404000000") / 2;
        assertTrue(at > 0);
        ram(guest).write(memory(guest).address(MonitorMemory.CODE) + at + 3, 1, 0);
        guest.run();
        assertNotEquals(
                straight.believed().registers.get(4), guest.believed().registers.get(4));
    }

    @Test
    void whatLookUpsFindIsForgottenWithTheTranslation() {
        String[] lines = {
            "mov esp, 0x8000",
            "mov ecx, 4",
            "again: mov eax, one",
            "call eax",
            "jmp on",
            "align 64",
            "on: inc byte [one+1]",
            "dec ecx",
            "jnz again",
            "cli",
            "hlt",
            "align 64",
            "one: mov al, 1",
            "add ebx, eax",
            "ret"
        };
        var guest = Guest.of(MODE, 32, lines).run();
        assertEquals(Guest.of("bare", 32, lines).run().visible(), guest.visible());
        // CALL EAX finds its target dropped each time; RET leads to a block that stays.
        assertEquals(4 + 1, callouts(guest).stream().filter(n -> n == 49).count());
    }

    @Test
    void aStateThatIsRestoredFindsTheSameTargets() {
        var straight = Guest.of(MODE, 32, IS_PRIME).run();
        var guest = Guest.of(MODE, 32, IS_PRIME).runUntil(777);
        var state = guest.monitor.save();
        guest.run();
        long looked = callouts(guest).size();
        guest.monitor.restore(state);
        guest.events.clear();
        guest.run();
        assertEquals(straight.visible(), guest.visible());
        assertEquals(List.of(50, 48), callouts(guest), looked + " in all");
    }

    private static final String[] PATCHES_ITSELF = {
        "mov ecx, 3",
        "again: mov al, 0",
        "add ebx, eax",
        "inc byte [again+1]",
        "dec ecx",
        "jnz again",
        "jmp other",
        "times 64 nop",
        "other: cli",
        "hlt"
    };

    @Test
    void codeThatWritesItselfRunsAsItWasWritten() {
        var bare = Guest.of("bare", 32, PATCHES_ITSELF).run();
        var guest = Guest.of(MODE, 32, PATCHES_ITSELF).run();
        assertEquals(0 + 1 + 2, guest.believed().registers.get(3));
        assertEquals(bare.visible(), guest.visible());
        assertEquals(
                3,
                guest.exits().stream()
                        .filter(e -> e.kind().equals("trap") && e.reason().equals("PAGE_FAULT"))
                        .count(),
                "each write meets a page that is write-protected");
    }

    @Test
    void exactlyTheBlocksOfTheWrittenBytesAreDropped() {
        String[] lines = {
            "mov esp, 0x8000",
            "mov ecx, 2",
            "again: call one",
            "call two",
            "inc byte [one+1]",
            "dec ecx",
            "jnz again",
            "cli",
            "hlt",
            "one: mov al, 1",
            "ret",
            "two: mov ah, 2",
            "ret"
        };
        var guest = Guest.of(MODE, 32, lines).run();
        assertEquals(guest.visible(), Guest.of("bare", 32, lines).run().visible());
        // Ways that ask: to "one", to "two", back to "again", the call of "one" again since its block was dropped, and
        // on.
        assertEquals(5, callouts(guest).stream().filter(n -> n == 50).count());
    }

    @Test
    void aFullCacheStartsOver() {
        String[] lines = new String[30];
        Arrays.fill(lines, "times 400 db 0xEB, 0");
        lines[28] = "cli";
        lines[29] = "hlt";
        var guest = Guest.of(MODE, 32, lines).run();
        assertEquals(Guest.of("bare", 32, lines).run().visible(), guest.visible());
        // A JMP takes 5 bytes and its stub 2: 64 KiB hold fewer than 9,363 of them.
        assertEquals(11_200 + 2, guest.monitor.machine().clock().steps());
    }

    @Test
    void guestTimePassesForTheGuestsInstructionsOnly() {
        var guest = Guest.of(MODE, 32, LOOP).run();
        assertEquals(1 + 100 * 4 + 2, guest.monitor.machine().clock().now());
    }

    @Test
    void realModeIsTranslatedToo() {
        var guest = Guest.of(MODE, 16, "mov ax, 0x200", "mov ds, ax", "mov [0], al", "cli", "hlt")
                .run();
        assertEquals(0, guest.exits("INTERPRETED"));
        assertEquals(List.of(48, 48, 48), callouts(guest), "MOV DS, CLI and HLT");
    }

    @Test
    void kqemuEmulatesTheKernelAndIsEnteredByProgramsOnly() {
        Options kqemu = Options.DEFAULT.withTranslator(Options.Translator.KQEMU);
        var guest = Guest.of(MODE, 32, kqemu, LOOP).run();
        assertEquals(Guest.of("bare", 32, LOOP).run().visible(), guest.visible());
        assertTrue(guest.exits().isEmpty());
    }

    @Test
    void a64BitKernelAndItsProgramGoOnAsOnABareMachine() {
        for (Options.Translator translator : Options.Translator.values()) {
            var bare = Guest.ofResource("bare", "program64.asm").run();
            var guest = Guest.ofResource(MODE, Options.DEFAULT.withTranslator(translator), "program64.asm")
                    .run();
            assertEquals(bare.visible(), guest.visible());
        }
    }

    @Test
    void theBlockIsShownAsItLiesInTheCache() {
        var guest = Guest.of(MODE, 32, LOOP);
        var before = guest.monitor.translation().orElseThrow();
        assertFalse(before.kept());
        guest.runUntil(1);
        var block = guest.monitor.translation().orElseThrow();
        assertTrue(block.kept());
        assertEquals(before.rows(), block.rows(), "as it was foretold");
        assertThat(block.rows().get(1).lines())
                .extracting(Translation.Line::text)
                .containsExactly("0005: add eax,ecx");
        assertThat(block.rows().get(4).lines())
                .extracting(Translation.Line::text)
                .containsExactly("000a: jnz near 0x15", "0010: jmp 0x17", "0015: int 0x32", "0017: int 0x32");
        guest.runUntil(10);
        assertThat(guest.monitor.translation().orElseThrow().rows().get(4).lines())
                .extracting(Translation.Line::text)
                .startsWith("000a: jnz near 0x5");
    }

    @Test
    void whatTheTranslatorHasDoneIsCounted() {
        var counts = Guest.of(MODE, 32, LOOP).run().monitor.translated().orElseThrow();
        assertEquals(2, counts.blocks());
        assertEquals(7, counts.instructions());
        // MOV ADD XOR DEC JNZ, JMP, two stubs; MOV for CLI and INT for HLT.
        assertEquals(5 + 1 + 2 + 2, counts.operations());
        // 1 + 4 x 100 of the guest and CLI; the JMP behind JNZ asked the stub, and was not passed again; one callout.
        assertEquals(401 + 1 + 1 + 1, counts.performed());
        assertEquals(1, counts.calls());
        assertEquals(0, counts.dropped());
        assertTrue(Guest.of(MODE, 32, PATCHES_ITSELF)
                        .run()
                        .monitor
                        .translated()
                        .orElseThrow()
                        .dropped()
                >= 3);
    }
}
