package ringside.monitor.mode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Registers;
import ringside.cpu.SystemState;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Irqchip;

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
            "mov al, 10",
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

    private static final List<String> TICK = List.of("tick: inc ebx", "mov al, 0x20", "out 0x20, al", "iret");

    /** Each leaves the guest at every step, so that its monitor is asked for other things all the time. */
    private static final List<List<String>> KEEP_LEAVING = List.of(
            List.of("again: in al, 0x61", "cmp ebx, 3", "jb again", "cli", "hlt"),
            List.of("again: mov ebp, ebx", "cpuid", "mov ebx, ebp", "cmp ebx, 3", "jb again", "cli", "hlt"),
            List.of("mov edi, 0x20000", "mov ecx, 30000", "mov edx, 0x40", "rep insb", "cli", "hlt"),
            List.of("mov esi, 0x20000", "mov ecx, 30000", "mov edx, 0x80", "rep outsb", "cli", "hlt"));

    private static Guest guest(String mode, List<String> program) {
        return guest(mode, Options.DEFAULT, program);
    }

    private static Guest guest(String mode, Options options, List<String> program) {
        Guest guest = Guest.of(
                mode,
                32,
                options,
                Stream.of(PREPARE, program, TABLE).flatMap(List::stream).toArray(String[]::new));
        guest.monitor.run(1_000_000);
        return guest;
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
    void theTimerInterruptsALoop(String mode) {
        assertEquals(3, guest(mode, COUNTS_TICKS).believed().registers.get(Registers.RCX));
    }

    @ParameterizedTest
    @MethodSource("ringside.monitor.mode.Modes#machines")
    void betweenIterationsOfOneInstructionItsTickPushesRf(String mode) {
        Guest guest = guest(mode, FILLS_MEMORY);
        long pushed = guest.believed().registers.get(Registers.RBX);
        assertEquals(SystemState.RESUME, pushed & SystemState.RESUME);
        assertEquals(0, guest.believed().registers.get(Registers.RCX));
        assertEquals(0, guest.believed().flags() & SystemState.RESUME);
        assertEquals(guest("bare", FILLS_MEMORY).visible(), guest.visible());
    }

    static Stream<Arguments> busyModes() {
        Stream<Arguments> modes = Modes.machines().stream().map(mode -> Arguments.of(mode, Irqchip.USER));
        return Stream.concat(modes, Stream.of(Irqchip.KERNEL, Irqchip.SPLIT).map(chip -> Arguments.of("kvm", chip)));
    }

    @ParameterizedTest
    @MethodSource("busyModes")
    void theTimerComesBetweenExitsAtTheTimeOfTheBareMachine(String mode, Irqchip irqchip) {
        for (List<String> loop : KEEP_LEAVING) {
            var program = Stream.concat(loop.stream(), TICK.stream()).toList();
            Guest guest = guest(mode, Options.DEFAULT.withIrqchip(irqchip), program);
            assertTrue(guest.believed().registers.get(Registers.RBX) >= 3);
            assertEquals(guest("bare", program).visible(), guest.visible(), loop.toString());
        }
    }
}
