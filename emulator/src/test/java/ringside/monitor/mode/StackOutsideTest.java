package ringside.monitor.mode;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.cpu.Registers;
import ringside.monitor.Ending;
import ringside.monitor.Guest;

/** An event whose frame is pushed where no RAM is: the frame is lost, and the handler runs all the same, in every mode. */
class StackOutsideTest {
    private static final List<String> PREPARE = List.of("lidt [pointer]", "mov esp, 0x900000");

    /** EBX becomes what the handler finds on its stack, ECX its vector. */
    private static final List<String> HANDLERS = List.of(
            "divide: mov ecx, 0",
            "jmp handle",
            "debug: mov ecx, 1",
            "jmp handle",
            "undefined: mov ecx, 6",
            "jmp handle",
            "protection: mov ecx, 13",
            "jmp handle",
            "tick: mov ecx, 32",
            "jmp handle",
            "software: mov ecx, 33",
            "handle: mov ebx, [esp]",
            "mov esp, 0x8000",
            "cli",
            "hlt",
            "align 8",
            "idt: dw divide, 8, 0x8E00, 0, debug, 8, 0x8E00, 0",
            "times 4 dq 0",
            "dw undefined, 8, 0x8E00, 0",
            "times 6 dq 0",
            "dw protection, 8, 0x8E00, 0",
            "times 18 dq 0",
            "dw tick, 8, 0x8E00, 0, software, 8, 0x8E00, 0",
            "pointer: dw pointer - idt - 1",
            "dd idt");

    private static final List<String> TICK = List.of(
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

    private static List<String> and(List<String> lines, String... more) {
        return Stream.concat(lines.stream(), Stream.of(more)).toList();
    }

    private static List<String> body(int vector) {
        return switch (vector) {
            case 0 -> List.of("xor ecx, ecx", "div ecx");
            // The trap is after the load of ESP.
            case 1 -> List.of("mov edx, esp", "mov esp, 0x7000", "push 0x102", "popfd", "mov esp, edx", "inc edx");
            case 6 -> List.of("ud2");
            case 13 -> List.of("mov eax, 0xFFF8", "mov ds, ax");
            case 32 -> and(TICK, "again: inc edx", "jmp again");
            default -> List.of("int 33");
        };
    }

    static Stream<Arguments> cases() {
        return Modes.machines().stream()
                .flatMap(mode -> Stream.of(0, 1, 6, 13, 32, 33).map(vector -> Arguments.of(mode, vector)));
    }

    private static Guest guest(String mode, int vector) {
        String[] lines =
                Stream.of(PREPARE, body(vector), HANDLERS).flatMap(List::stream).toArray(String[]::new);
        return Guest.of(mode, 32, lines).run();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theHandlerRunsAndFindsNothing(String mode, int vector) {
        Guest guest = guest(mode, vector);
        assertEquals(Ending.Kind.HALT, guest.monitor.ending().orElseThrow().kind());
        assertEquals(vector, guest.believed().registers.get(Registers.RCX));
        assertEquals(0xFFFF_FFFFL, guest.believed().registers.get(Registers.RBX));
        assertEquals(guest("bare", vector).visible(), guest.visible());
    }
}
