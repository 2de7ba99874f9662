package ringside.monitor.deprivileged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import ringside.cpu.SystemState;
import ringside.monitor.Guest;

class TrapAndEmulateTest {
    private static final String MODE = "trap-and-emulate";

    @Test
    void aKernelRunsAtRingOneAndBelievesInRingZero() {
        var guest = Guest.of(MODE, 32, "mov eax, 1", "hlt").runUntil(1);
        assertEquals(0, guest.monitor.believed().system.cpl);
        assertEquals(1, guest.monitor.real().system.cpl);
        assertEquals(1, guest.monitor.real().system.segments[SystemState.CS].selector() & 3);
    }

    @Test
    void a64BitKernelRunsAtRingThree() {
        var guest = Guest.of(MODE, 64, "mov eax, 1", "hlt").runUntil(1);
        assertEquals(0, guest.monitor.believed().system.cpl);
        assertEquals(3, guest.monitor.real().system.cpl);
    }

    @Test
    void realModeRunsAsVirtual8086ModeWithIoplZero() {
        var guest = Guest.of(MODE, 16, "mov ax, 1", "hlt").runUntil(1);
        assertFalse(guest.monitor.believed().system.virtual8086());
        assertTrue(guest.monitor.real().system.virtual8086());
        assertEquals(0, guest.monitor.real().system.iopl());
    }

    @Test
    void popfAtRingOneChangesNothingAndNobodyIsTold() {
        var guest = Guest.of(MODE, 32, "mov esp, 0x8000", "sti", "push 2", "popfd", "hlt")
                .runUntil(4);
        assertTrue(guest.believed().system.interruptFlag(), "the monitor's record still says IF=1");
        assertTrue(guest.monitor.real().system.interruptFlag());
        assertEquals(1, guest.exits("GENERAL_PROTECTION"), "only STI has trapped");
        var bare = Guest.of("bare", 32, "mov esp, 0x8000", "sti", "push 2", "popfd", "hlt")
                .runUntil(4);
        assertFalse(bare.believed().system.interruptFlag());
    }

    @Test
    void popfInVirtual8086ModeDoesTrap() {
        var guest = Guest.of(MODE, 16, "sti", "push 2", "popf", "hlt").runUntil(3);
        assertFalse(guest.believed().system.interruptFlag());
        assertEquals(2, guest.exits("GENERAL_PROTECTION"), "STI and POPF");
    }

    @Test
    void theCodeSegmentSelectorShowsTheRealRing() {
        var guest =
                Guest.of(MODE, 32, "mov eax, cs", "mov ebx, ds", "cli", "hlt").run();
        assertEquals(0x09, guest.believed().registers.get(0));
        assertEquals(0x10, guest.believed().registers.get(3), "DS keeps the selector that the guest loaded");
    }

    @Test
    void sgdtShowsTheMonitorsTableAndSmswItsCr0() {
        var guest = Guest.of(MODE, 32, "sgdt [0x3000]", "mov eax, [0x3002]", "smsw ebx", "cli", "hlt")
                .run();
        assertEquals(MonitorMemory.BASE_32, guest.believed().registers.get(0));
        long numericError = guest.believed().registers.get(3) & SystemState.NUMERIC_ERROR;
        assertEquals(SystemState.NUMERIC_ERROR, numericError, "the monitor's CR0.NE, which the guest never set");
    }

    @Test
    void movFromCr0TrapsAndGivesTheGuestItsOwn() {
        var guest = Guest.of(MODE, 32, "mov eax, cr0", "cli", "hlt").run();
        assertEquals(
                SystemState.PROTECTION_ENABLE | SystemState.EXTENSION_TYPE,
                guest.believed().registers.get(0));
    }

    @Test
    void aPageIsFilledIntoTheShadowTablesOnlyOnce() {
        var guest = Guest.of(MODE, 32, "mov eax, [0x5000]", "mov eax, [0x5004]", "mov [0x5008], eax", "cli", "hlt")
                .run();
        var hidden = guest.exits().stream()
                .filter(exit -> exit.kind().equals("hidden"))
                .toList();
        assertThat(hidden).extracting("detail").containsExactly(0x1000L, 0x5000L);
    }

    @Test
    void betweenMovCr0AndTheFarJumpTheMonitorPerformsEachInstructionItself() {
        var guest = Guest.of(
                        MODE,
                        16,
                        "cli",
                        "lgdt [table]",
                        "mov eax, cr0",
                        "or al, 1",
                        "mov cr0, eax",
                        "jmp dword 0x08:protected",
                        "bits 32",
                        "protected: mov ax, 0x10",
                        "mov ds, ax",
                        "mov es, ax",
                        "mov ss, ax",
                        "mov dword [0x2000], 7",
                        "hlt",
                        "align 8",
                        "gdt: dq 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF",
                        "table: dw 23",
                        "dd gdt")
                .run();
        assertEquals(5, guest.exits("INTERPRETED"), "JMP, MOV AX, and the three loads until SS is there");
        assertEquals(7, guest.monitor.machine().ram().read(0x2000, 4));
    }

    @Test
    void aTrueFaultOfTheGuestGoesToItsOwnHandler() {
        var guest = Guest.of(
                        MODE,
                        32,
                        "mov esp, 0x8000",
                        "mov eax, handler",
                        "mov [0x3000 + 6*8], ax",
                        "mov word [0x3000 + 6*8 + 2], 8",
                        "mov word [0x3000 + 6*8 + 4], 0x8E00",
                        "lidt [table]",
                        "ud2",
                        "handler: mov ebx, [esp+4]",
                        "cli",
                        "hlt",
                        "table: dw 0x7FF",
                        "dd 0x3000")
                .run();
        assertEquals(8, guest.believed().registers.get(3), "the frame shows the CS that the guest believes in");
        assertThat(guest.events)
                .filteredOn(e -> e.kind().equals("fault"))
                .extracting("number")
                .containsExactly(6);
    }

    @Test
    void a64BitKernelAndItsProgramGoOnAsOnABareMachine() {
        var bare = Guest.ofResource("bare", "program64.asm").run();
        var guest = Guest.ofResource(MODE, "program64.asm").run();
        assertEquals("aFb!", bare.serial());
        assertEquals(bare.visible(), guest.visible());
        assertEquals(1, guest.exits("SEGMENT_NOT_PRESENT"), "back to the program by IRETQ must be seen");
        assertEquals(6, guest.exits("INVALID_OPCODE"), "SYSCALL and SYSRET, three each");
    }
}
