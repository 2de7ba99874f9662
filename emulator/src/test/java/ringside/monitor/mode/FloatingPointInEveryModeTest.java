package ringside.monitor.mode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.cpu.Fault;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Virtualization;
import ringside.probe.Event;

/**
 * A kernel that switches the state of x87 and SSE lazily, between two contexts: TS is set at each switch, and the first use of the unit is #NM,
 * whose handler saves the one's state and loads the other's. Also XCR0 and random numbers: all as on the bare machine.
 */
class FloatingPointInEveryModeTest {
    private static final String[] KERNEL = {
        "mov esp, 0x9000",
        "mov edi, idt + 7 * 8", // #NM
        "mov eax, not_available",
        "mov word [edi], ax",
        "mov dword [edi + 2], 0x8E000008",
        "shr eax, 16",
        "mov [edi + 6], ax",
        "lidt [pointer]",
        "mov eax, cr4",
        "or eax, 0x40200", // OSXSAVE, OSFXSR
        "mov cr4, eax",
        "fninit",
        "fxsave [first]",
        "fxsave [second]",
        "mov word [first], 0x27F",
        "mov word [second], 0x17F",
        "mov dword [first + 160], 0x1111",
        "mov dword [second + 160], 0x2222",
        "fxrstor [second]",
        "mov ebp, 6",
        "switch: xchg esi, [other]",
        "mov eax, cr0",
        "or al, 8",
        "mov cr0, eax",
        "fnstcw [seen + ebp * 2]",
        "dec ebp",
        "jnz switch",
        "xor ecx, ecx",
        "xgetbv",
        "or al, 3",
        "xsetbv",
        "xgetbv",
        "mov esi, eax",
        "rdrand edi",
        "mov eax, 3",
        "xor edx, edx",
        "xsave [area]",
        "mov eax, 1",
        "xor ecx, ecx",
        "cpuid",
        "and ecx, 0x7FFFFFFF", // whether there is a hypervisor is another matter
        "cli",
        "hlt",
        "not_available: clts",
        "inc dword [count]",
        "test dword [count], 1",
        "jz load_second",
        "fxsave [second]",
        "fxrstor [first]",
        "iret",
        "load_second: fxsave [first]",
        "fxrstor [second]",
        "iret",
        "align 8",
        "pointer: dw 8 * 8 - 1",
        "dd idt",
        "other: dd 0",
        "count: dd 0",
        "seen: times 8 dw 0",
        "align 64",
        "idt: times 64 db 0",
        "first: times 512 db 0",
        "second: times 512 db 0",
        "area: times 576 db 0"
    };

    static Stream<Arguments> ways() {
        Stream<Arguments> modes = Modes.machines().stream().map(mode -> Arguments.of(mode, Options.DEFAULT));
        Stream<Arguments> hardware = Arrays.stream(Virtualization.values())
                .map(maker -> Arguments.of("kvm", Options.DEFAULT.withVirtualization(maker)));
        return Stream.concat(modes, hardware);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void theKernelSeesWhatItWouldOnTheBareMachine(String mode, Options options) {
        Guest bare = Guest.of("bare", 32, KERNEL).run();
        Guest guest = Guest.of(mode, 32, options, KERNEL).run();
        assertEquals(bare.visible(), guest.visible());
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aSnapshotAnywhereGoesOnToTheSameEnd(String mode, Options options) {
        Guest whole = Guest.of(mode, 32, options, KERNEL).run();
        Guest guest = Guest.of(mode, 32, options, KERNEL).runUntil(40);
        var saved = guest.monitor.save();
        guest.run();
        guest.monitor.restore(saved);
        assertEquals(whole.visible(), guest.run().visible());
    }

    @Test
    void eachSwitchIsOneException() {
        Guest bare = Guest.of("bare", 32, KERNEL).run();
        long faults = bare.events.stream()
                .filter(event -> event instanceof Event.Delivery d && d.number() == Fault.DEVICE_NOT_AVAILABLE)
                .count();
        assertEquals(6, faults);
        assertEquals(3, bare.believed().registers.get(6), "XCR0");
        assertTrue(bare.believed().registers.floating.control() == 0x17F, "the second context was last");
        assertEquals(0x2222, bare.believed().registers.floating.vector(0));
    }
}
