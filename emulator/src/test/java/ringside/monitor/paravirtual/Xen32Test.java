package ringside.monitor.paravirtual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.monitor.Ending;

/** A PAE kernel at ring 1, on a 64-bit Xen: Xen's public headers, by kernels that use them. */
class Xen32Test {
    private static final String RETURN = """
        return:
                push eax
                mov eax, 23
                int 0x82
        """;

    @Test
    void aKernelAtRingOnePrintsAndShutsDown() {
        XenGuest guest = XenGuest.running32("""
            start:
                    mov eax, cs
                    mov [selectors], eax
                    mov eax, ss
                    mov [selectors + 4], eax
                    print hello, 6
                    shutdown 0
            selectors: dd 0, 0
            hello:  db "hello", 10
            """).run(100_000);
        assertEquals("hello\n", guest.printed());
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(List.of("console_io", "sched_op"), guest.exits());
        assertEquals(0xE019, guest.at("selectors", 4));
        assertEquals(0xE021, guest.at("selectors", 4, 4));
        assertEquals(1, guest.xen.real().system.cpl);
        assertEquals(0, guest.xen.believed().system.cpl);
    }

    /** The frame of the same ring: eip, cs with the mask above, eflags. */
    @Test
    void anExceptionOfTheKernelComesOnItsOwnStack() {
        XenGuest guest = XenGuest.running32("""
            start:
                    mov ebx, traps
                    hypercall 0
                    mov [pointer], esp
                    ud2
            after:  mov [pointer + 4], esp
                    shutdown 0
            handler:
                    mov [pointer + 8], esp
                    mov eax, [esp]
                    mov [frame], eax
                    mov eax, [esp + 4]
                    mov [frame + 4], eax
                    mov eax, [esp + 8]
                    mov [frame + 8], eax
                    add dword [esp], 2
            """ + RETURN + """
            traps:  db 6, 0
                    dw 0xE019
                    dd handler
                    dd 0, 0
            frame:  dd 0, 0, 0
            pointer: dd 0, 0, 0
            """).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(guest.address("after") - 2, guest.at("frame", 4));
        assertEquals(0x1_E019, guest.at("frame", 4, 4));
        assertEquals(0, guest.at("frame", 8, 4) & 0x3200);
        assertEquals(guest.at("pointer", 0, 4), guest.at("pointer", 4, 4));
        assertEquals(guest.at("pointer", 0, 4) - 12, guest.at("pointer", 8, 4));
    }

    /** From ring 3 the frame has esp and ss, on the stack of stack_switch; INT 80H goes to the trap table directly. */
    @Test
    void aProgramAtRingThreeCallsTheKernel() {
        XenGuest guest = XenGuest.running32("""
            start:
                    mov ebx, [esi + 68]
                    mov ecx, [ebx + ((program - $$ + 0x100000) >> 12) * 4]
                    shl ecx, 12
                    or ecx, 7
                    xor edx, edx
                    mov ebx, program
                    mov esi, 2
                    hypercall 14
                    mov ebx, traps
                    hypercall 0
                    mov ebx, 0xE021
                    mov ecx, kernel_stack
                    hypercall 3
                    mov ebx, 1
                    mov [where], esp
                    push 0xE033
                    push program_stack
                    push 0x202
                    push 0xE02B
                    push program
                    push eax
                    mov eax, 23
                    int 0x82
            program:
                    mov eax, 77
                    int 0x80
                    nop
            called:
                    mov [results], eax
                    mov eax, [esp]
                    mov [results + 4], eax
                    mov eax, [esp + 4]
                    mov [results + 8], eax
                    mov eax, [esp + 12]
                    mov [results + 12], eax
                    mov eax, [esp + 16]
                    mov [results + 16], eax
                    mov [results + 20], esp
                    shutdown 0
            where:  dd 0
            traps:  db 0x80, 3
                    dw 0xE019
                    dd called
                    dd 0, 0
            results: times 6 dd 0
                    times 32 dd 0
            kernel_stack:
                    times 16 dd 0
            program_stack:
            """).run(100_000);
        assertEquals(
                List.of(
                        "update_va_mapping",
                        "set_trap_table",
                        "stack_switch",
                        "iret",
                        "SOFTWARE_INTERRUPT",
                        "sched_op"),
                guest.exits());
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(77, guest.at("results", 4));
        assertEquals(guest.address("called") - 1, guest.at("results", 4, 4));
        assertEquals(0xE02B, guest.at("results", 8, 4));
        assertEquals(guest.address("program_stack"), guest.at("results", 12, 4));
        assertEquals(0xE033, guest.at("results", 16, 4));
        assertEquals(guest.address("kernel_stack") - 20, guest.at("results", 20, 4));
    }

    @Test
    void theTimerComesAsAnUpcall() {
        XenGuest guest = XenGuest.running32("""
            shared  equ elf + 0x8000
            start:
                    mov ecx, [esi + 36]
                    or ecx, 3
                    xor edx, edx
                    mov ebx, shared
                    mov esi, 2
                    hypercall 14
                    mov ebx, 0xE019
                    mov ecx, upcall
                    mov edx, 0xE019
                    mov esi, upcall
                    hypercall 4
                    mov ebx, 1
                    mov ecx, bind
                    hypercall 32
                    mov ebx, 1
                    xor ecx, ecx
                    hypercall 29
                    print hello, 6
                    shutdown 0
            upcall:
                    mov eax, [shared + 4]
                    mov [seen], eax
                    mov eax, [shared + 0x800]
                    mov [seen + 4], eax
                    mov eax, [shared + 32 + 16]
                    mov [seen + 8], eax
                    mov byte [shared], 0
            """ + RETURN + """
            bind:   dd 0, 0, 0
            seen:   dd 0, 0, 0
            hello:  db "woken", 10
            """).run(20_000_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals("woken\n", guest.printed());
        assertEquals(1, guest.at("seen", 4));
        assertEquals(8, guest.at("seen", 4, 4));
        assertTrue(guest.at("seen", 8, 4) >= 10_000_000, "the period of a new domain: 100 Hz");
    }

    /** The believed processor has PAE and the guest's own root; the real one walks four levels. */
    @Test
    void theGuestBelievesInThreeLevels() {
        XenGuest guest = XenGuest.running32("start: jmp start").run(10);
        var believed = guest.xen.believed();
        assertEquals(0, believed.system.efer & 0x500);
        assertEquals(
                guest.xen.real().memory.peek(guest.address("start")), believed.memory.peek(guest.address("start")));
    }
}
