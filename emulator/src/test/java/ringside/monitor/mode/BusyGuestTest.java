package ringside.monitor.mode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.monitor.Guest;

/** A guest that never halts is interrupted all the same. */
class BusyGuestTest {
    private static final List<String> PREPARE = List.of(
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
            "sti");

    private static final List<String> COUNTS_TICKS = List.of(
            "again: cmp ecx, 3", "jb again", "cli", "hlt", "tick: inc ecx", "mov al, 0x20", "out 0x20, al", "iret");

    /** More iterations than there are until the first tick; EBX becomes the flags that this has pushed. */
    private static final List<String> FILLS_MEMORY = List.of(
            "mov edi, 0x10000",
            "mov ecx, 0x40000",
            "rep stosb",
            "cli",
            "hlt",
            "tick: mov ebx, [esp + 8]",
            "mov al, 0xFF",
            "out 0x21, al",
            "mov al, 0x20",
            "out 0x20, al",
            "iret");

    private static final List<String> TABLE = List.of(
            "align 8", "idt: times 32 dq 0", "dw tick, 8, 0x8E00, 0", "pointer: dw pointer - idt - 1", "dd idt");

    private static Guest guest(String mode, List<String> program) {
        Guest guest = Guest.of(
                mode,
                32,
                Stream.of(PREPARE, program, TABLE).flatMap(List::stream).toArray(String[]::new));
        guest.monitor.run(1_000_000);
        return guest;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "emulation", "trap-and-emulate", "vt-x", "amd-v", "kvm"})
    void theTimerInterruptsALoop(String mode) {
        assertEquals(3, guest(mode, COUNTS_TICKS).believed().registers.get(Registers.RCX));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bare", "emulation", "trap-and-emulate", "vt-x", "kvm"})
    void betweenIterationsOfOneInstructionItsTickPushesRf(String mode) {
        Guest guest = guest(mode, FILLS_MEMORY);
        long pushed = guest.believed().registers.get(Registers.RBX);
        assertEquals(SystemState.RESUME, pushed & SystemState.RESUME);
        assertEquals(0, guest.believed().registers.get(Registers.RCX));
        assertEquals(0, guest.believed().flags() & SystemState.RESUME);
        assertEquals(guest("bare", FILLS_MEMORY).visible(), guest.visible());
    }
}
