package ringside.monitor.mode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.monitor.Guest;

/** A guest that never halts is interrupted all the same. */
class BusyGuestTest {
    private static final String[] COUNTS_TICKS = {
        "mov esp, 0x8000",
        "lidt [pointer]",
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
        "mov al, 100",
        "out 0x40, al",
        "mov al, 0",
        "out 0x40, al",
        "sti",
        "again: cmp ecx, 3",
        "jb again",
        "cli",
        "hlt",
        "tick: inc ecx",
        "mov al, 0x20",
        "out 0x20, al",
        "iret",
        "align 8",
        "idt: times 32 dq 0",
        "dw tick, 8, 0x8E00, 0",
        "pointer: dw pointer - idt - 1",
        "dd idt"
    };

    @ParameterizedTest
    @ValueSource(strings = {"bare", "trap-and-emulate", "vt-x", "amd-v", "kvm"})
    void theTimerInterruptsALoop(String mode) {
        Guest guest = Guest.of(mode, 32, COUNTS_TICKS);
        guest.monitor.run(1_000_000);
        assertEquals(3, guest.monitor.believed().registers.get(1));
    }
}
