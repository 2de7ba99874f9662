package ringside.monitor.paravirtual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.monitor.Ending;
import ringside.probe.Event;

/** A 64-bit kernel in a domain: Xen's public headers, by kernels that use them. */
class XenTest {
    /** RDI: linear address. Gives its machine address in RAX; start_info is at [info]. */
    private static final String MACHINE_ADDRESS = """
        machine:
                mov rbx, [info]
                mov rbx, [rbx + 104]
                mov rax, rdi
                mov rcx, BASE
                sub rax, rcx
                shr rax, 12
                mov rax, [rbx + rax * 8]
                shl rax, 12
                ret
        info:   dq 0
        """;

    /** Where shared_info is mapped. */
    private static final String MAP_SHARED_INFO = """
        shared  equ elf + 0x8000
        map_shared:
                mov rax, [info]
                mov rsi, [rax + 40]
                or rsi, 7
                mov rdi, shared
                mov edx, 2
                hypercall 14
                ret
        """;

    private static final String RETURN = """
        return:
                pop rcx
                pop r11
                push 0
                jmp hypercall_page + 23 * 32
        """;

    private static final String TIMER = """
        start:
                mov [info], rsi
                call map_shared
                mov rdi, upcall
                mov rsi, upcall
                xor edx, edx
                hypercall 4
                mov edi, 7
                xor esi, esi
                hypercall 24
                mov edi, 1
                mov rsi, bind
                hypercall 32
                mov rdi, 5000000
                hypercall 15
                mov edi, 1
                xor esi, esi
                hypercall 29
                print hello, 6
                shutdown 0
        upcall:
                mov al, [shared + 1]
                mov [seen], al
                mov al, [shared]
                mov [seen + 1], al
                mov rax, [shared + 8]
                mov [seen + 8], rax
                mov rax, [shared + 0x800]
                mov [seen + 16], rax
                mov rax, [shared + 32 + 16]
                mov [seen + 24], rax
                mov byte [shared], 0
        """ + RETURN + """
        bind:   dd 0, 0, 0
                align 8
        seen:   times 4 dq 0
        hello:  db "woken", 10
        """ + MACHINE_ADDRESS + MAP_SHARED_INFO;

    @Test
    void aKernelPrintsByTheHypercallPageAndShutsDown() {
        XenGuest guest = XenGuest.running64("""
            start:
                    print hello, 6
                    shutdown 0
            hello:  db "hello", 10
            """).run(100_000);
        assertEquals("hello\n", guest.printed());
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(List.of("console_io", "sched_op"), guest.exits());
    }

    /** docs/guest-guide/x86/pv-traps.rst: in the frame, RPL 0 is the kernel, IF is the mask upside down, and the mask itself stands above CS. */
    @Test
    void anExceptionIsDeliveredToTheTrapTableAndItsHandlerReturns() {
        XenGuest guest = XenGuest.running64("""
            start:
                    mov rdi, traps
                    hypercall 0
                    mov ecx, 0x1234
                    mov r11, 0x5678
                    ud2
            after:  mov [kept], rcx
                    mov [kept + 8], r11
                    shutdown 0
            handler:
                    mov [frame], rsp
                    mov rax, [rsp + 16]
                    mov [frame + 8], rax
                    mov rax, [rsp + 24]
                    mov [frame + 16], rax
                    mov rax, [rsp + 32]
                    mov [frame + 24], rax
                    add qword [rsp + 16], 2
            """ + RETURN + """
            traps:  db 6, 0
                    dw 0xE033
                    dd 0
                    dq handler
                    dq 0, 0
            frame:  dq 0, 0, 0, 0
            kept:   dq 0, 0
            """).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(0, guest.at("frame", 8) % 8);
        assertEquals(guest.address("after") - 2, readAt(guest, "frame", 8));
        assertEquals(0x1_0000_E030L, readAt(guest, "frame", 16));
        assertEquals(0, readAt(guest, "frame", 24) & 0x3200, "IF 0 as events are masked, IOPL 0");
        assertEquals(0x1234, guest.at("kept", 8));
        assertEquals(0x5678, readAt(guest, "kept", 8));
    }

    /**
     * xen/arch/x86/pv: fpu_taskswitch sets TS, the first use of the unit is #NM for the guest, and TS is clear when its handler runs, so that no CLTS
     * is needed; MOV CR0 and CLTS are emulated. Xen itself has set CR4.OSFXSR.
     */
    @Test
    void theStateOfX87IsSwitchedByAHypercallAndAnException() {
        XenGuest guest = XenGuest.running64("""
            start:
                    mov rdi, traps
                    hypercall 0
                    fninit
                    mov edi, 1
                    hypercall 5
            first:  fninit
                    fnstcw [results]
                    mov edi, 1
                    hypercall 5
                    xor edi, edi
                    hypercall 5
                    fnstsw ax
                    mov [results + 8], ax
                    mov rax, cr0
                    or al, 8
                    mov cr0, rax
                    clts
                    fnstcw [results + 16]
                    mov rax, cr4
                    mov [results + 24], rax
                    shutdown 0
            handler:
                    inc dword [count]
                    mov rax, [rsp + 16]
                    mov [where], rax
            """ + RETURN + """
            traps:  db 7, 0
                    dw 0xE033
                    dd 0
                    dq handler
                    dq 0, 0
                    align 8
            count:  dq 0
            where:  dq 0
            results: dq 0, 0xFFFF, 0, 0
            """).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(1, guest.at("count", 8));
        assertEquals(guest.address("first"), guest.at("where", 8));
        assertEquals(0x37F, guest.at("results", 8));
        assertEquals(0, readAt(guest, "results", 8));
        assertEquals(0x37F, readAt(guest, "results", 16));
        assertEquals(1 << 9, readAt(guest, "results", 24) & 1 << 9);
    }

    private static long readAt(XenGuest guest, String label, int offset) {
        return guest.at(label, offset, 8);
    }

    @Test
    void anExceptionWithoutHandlerCrashesTheDomain() {
        XenGuest guest = XenGuest.running64("start: ud2").run(1000);
        assertEquals(Ending.Kind.CRASH, guest.end());
        assertEquals(List.of("INVALID_OPCODE", "NO_HANDLER"), guest.exits());
    }

    /** Page tables are the guest's, and read-only: it finds its root through start_info, and a writable mapping of it is refused. */
    @Test
    void aPageTableCannotBeMappedWritable() {
        XenGuest guest = XenGuest.running64("""
            start:
                    mov [info], rsi
                    mov rdi, [rsi + 88]
                    call machine
                    mov [root], rax
                    mov rsi, rax
                    or rsi, 3
                    mov rdi, elf + 0x8000
                    xor edx, edx
                    hypercall 14
                    mov [results], rax
                    mov rsi, [root]
                    or rsi, 1
                    mov rdi, elf + 0x8000
                    mov edx, 2
                    hypercall 14
                    mov [results + 8], rax
                    mov rax, [elf + 0x8000 + 511 * 8]
                    mov [results + 16], rax
                    mov rbx, [info]
                    mov rbx, [rbx + 88]
                    mov rbx, [rbx + 511 * 8]
                    mov [results + 24], rbx
                    shutdown 0
            root:   dq 0
            results: times 4 dq 0
            """ + MACHINE_ADDRESS).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(Errno.EBUSY.result(), readAt(guest, "results", 0));
        assertEquals(0, readAt(guest, "results", 8));
        assertEquals(readAt(guest, "results", 24), readAt(guest, "results", 16));
        assertTrue((readAt(guest, "results", 16) & 1) != 0);
    }

    /** A kernel's pages are user pages too, marked as the kernel's: all of a 64-bit guest is at ring 3. */
    @Test
    void thePageOfAKernelIsAUserPageForTheProcessor() {
        XenGuest guest = XenGuest.running64("start: jmp start").run(10);
        long entry = guest.xen.machine().ram().read(lastEntry(guest, guest.address("start")), 8);
        assertEquals(1L << 52 | 7, entry & (1L << 52 | 0x107));
        assertEquals(3, guest.xen.real().system.cpl);
        assertEquals(0, guest.xen.believed().system.cpl);
    }

    private static long lastEntry(XenGuest guest, long linear) {
        long table = guest.xen.real().system.cr3;
        for (int level = 4; level > 1; level--) {
            long at = table + (linear >>> 3 + 9 * level & 0x1FF) * 8;
            table = guest.xen.machine().ram().read(at, 8) & 0xFF_FFFF_F000L;
        }
        return table + (linear >>> 12 & 0x1FF) * 8;
    }

    /** From kernel to program by iret, and back by SYSCALL: other tables, the kernel's stack, and RPL 3 in the frame. */
    @Test
    void aProgramRunsOnItsOwnTablesAndCallsTheKernel() {
        XenGuest guest = XenGuest.running64("""
            start:
                    mov [info], rsi
                    mov rdi, [rsi + 88]
                    call machine
                    shr rax, 12
                    mov [operation + 8], rax
                    mov rdi, operation
                    mov esi, 1
                    xor edx, edx
                    mov r10d, 0x7FF0
                    hypercall 26
                    mov [results], rax
                    xor edi, edi
                    xor esi, esi
                    mov rdx, called
                    hypercall 4
                    mov edi, 0xE02B
                    mov rsi, kernel_stack
                    hypercall 3
                    push 0xE02B
                    push program_stack
                    push 0x202
                    push 0xE033
                    push program
                    push 0
                    jmp hypercall_page + 23 * 32
            program:
                    mov eax, 77
                    syscall
                    nop
            called:
                    mov [results + 8], rax
                    mov rax, [rsp + 16]
                    mov [results + 16], rax
                    mov rax, [rsp + 24]
                    mov [results + 24], rax
                    mov [results + 32], rsp
                    shutdown 0
            operation: dd 15, 0
                    dq 0, 0
            results: times 5 dq 0
                    times 64 dq 0
            kernel_stack:
                    times 16 dq 0
            program_stack:
            """ + MACHINE_ADDRESS).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(0, readAt(guest, "results", 0));
        assertEquals(77, readAt(guest, "results", 8));
        assertEquals(guest.address("called") - 1, readAt(guest, "results", 16));
        assertEquals(0xE033, readAt(guest, "results", 24), "the program ran with events open");
        assertEquals((guest.address("kernel_stack") & -16) - 56, readAt(guest, "results", 32));
        assertEquals(
                List.of("mmuext_op", "set_callbacks", "stack_switch", "iret", "SYSCALL", "sched_op"), guest.exits());
    }

    /** Xen's public headers nmi.h and vcpu.h: XENNMI_register_callback, VCPUOP_send_nmi. One that comes in the handler waits for iret. */
    @Test
    void anNmiToItselfComesByItsCallbackAndTheNextBehindItsReturn() {
        XenGuest guest = XenGuest.running64("""
            %macro send 1
                    mov edi, 11
                    xor esi, esi
                    mov edx, %1
                    hypercall 24
            %endmacro
            start:
                    send 1
                    mov [results], rax
                    send 0                  ; nobody is there to take it
                    mov [results + 8], rax
                    xor edi, edi
                    mov rsi, callback
                    hypercall 28
                    mov [results + 16], rax
                    send 0
                    mov [results + 24], rax
                    shutdown 0
            handler:
                    add rsp, 16             ; RCX and R11
                    inc qword [count]
                    mov rbp, [rsp]
                    sub rbp, hypercall_page
                    mov [results + 32], rbp
                    cmp qword [count], 1
                    jne .out
                    send 0
                    mov qword [results + 40], 1
            .out:   push 0                  ; not from a system call
                    jmp hypercall_page + 23 * 32
            callback: dq handler, 0
            count:  dq 0
            results: times 8 dq 0
            """).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(-22, readAt(guest, "results", 0), "an argument: EINVAL");
        assertEquals(0, readAt(guest, "results", 8));
        assertEquals(0, readAt(guest, "results", 16));
        assertEquals(0, readAt(guest, "results", 24));
        assertEquals(2, readAt(guest, "count", 0));
        assertEquals(24, readAt(guest, "results", 32) / 32, "in the hypercall page, behind the call that sent it");
        assertEquals(1, readAt(guest, "results", 40), "the handler went on");
    }

    /** As a real Xen 4.20 on a processor that has SYSENTER in 64-bit code (QEMU's Haswell) leaves it on the stack. */
    @Test
    void sysenterSaysNeitherWhereTheProgramWasNorItsStack() {
        XenGuest guest = XenGuest.running64("""
            start:
                    mov [info], rsi
                    mov rdi, [rsi + 88]
                    call machine
                    shr rax, 12
                    mov [operation + 8], rax
                    mov rdi, operation
                    mov esi, 1
                    xor edx, edx
                    mov r10d, 0x7FF0
                    hypercall 26
                    xor edi, edi
                    mov rsi, callback
                    hypercall 30
                    mov edi, 0xE02B
                    mov rsi, kernel_stack
                    hypercall 3
                    push 0xE02B
                    push program_stack
                    push 0x202
                    push 0xE033
                    push program
                    mov ecx, 77
                    push 0
                    jmp hypercall_page + 23 * 32
            program:
                    sysenter
            called:
                    mov [results], rsp
                    shutdown 0
            operation: dd 15, 0
                    dq 0, 0
            callback: dw 5, 1
                    dd 0
                    dq called
            results: dq 0
                    times 64 dq 0
            kernel_stack:
                    times 16 dq 0
            program_stack:
            """ + MACHINE_ADDRESS).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        long frame = readAt(guest, "results", 0);
        assertEquals((guest.address("kernel_stack") & -16) - 56, frame);
        int top = (int) (frame - guest.address("results"));
        assertEquals(77, readAt(guest, "results", top), "RCX is the program's");
        assertEquals(0, readAt(guest, "results", top + 16), "RIP");
        assertEquals(3, readAt(guest, "results", top + 24), "CS");
        assertEquals(0, readAt(guest, "results", top + 40), "RSP");
        assertEquals(0xE02B, readAt(guest, "results", top + 48), "SS");
    }

    /** common/event_2l.c and public xen.h: the timer's event sets its bit, the selector and upcall_pending, and the upcall masks itself. */
    @Test
    void theTimerWakesABlockedDomainByAnUpcall() {
        XenGuest guest = XenGuest.running64(TIMER).run(20_000_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals("woken\n", guest.printed());
        assertEquals(1, guest.at("seen", 1), "masked by the upcall");
        assertEquals(1, guest.at("seen", 1, 1));
        assertEquals(1, readAt(guest, "seen", 8));
        assertEquals(1L << 3, readAt(guest, "seen", 16), "port 3: xenstore and console have 1 and 2");
        long woken = readAt(guest, "seen", 24);
        assertTrue(woken >= 5_000_000 && woken < 5_001_000, "system time " + woken);
        assertTrue(guest.events.stream()
                .anyMatch(event -> event instanceof Event.Delivery delivery
                        && delivery.reason().equals("EVENT_UPCALL")));
    }

    /** What happens at a guest time depends on no cut into stretches, and comes again from a snapshot. */
    @Test
    void aRunIsTheSameInStretchesAndFromASnapshot() {
        XenGuest whole = XenGuest.running64(TIMER).run(20_000_000);
        XenGuest inSteps = XenGuest.running64(TIMER);
        while (inSteps.xen.ending().isEmpty()) {
            inSteps.run(1);
        }
        assertEquals(
                whole.xen.real().registers.save(), inSteps.xen.real().registers.save());
        assertEquals(
                whole.xen.machine().clock().save(),
                inSteps.xen.machine().clock().save());
        assertEquals(
                whole.xen.machine().ram().save(), inSteps.xen.machine().ram().save());
        assertEquals(whole.exits(), inSteps.exits());
        for (int time = 0; time < 80; time += 3) {
            XenGuest again = XenGuest.running64(TIMER).run(time);
            var snapshot = again.xen.save();
            again.run(20_000_000);
            again.xen.restore(snapshot);
            assertEquals(snapshot.machine().clock(), again.xen.machine().clock().save());
            again.run(20_000_000);
            assertEquals(
                    whole.xen.real().registers.save(),
                    again.xen.real().registers.save(),
                    "from " + time);
            assertEquals(
                    whole.xen.machine().ram().save(), again.xen.machine().ram().save());
            assertEquals("woken\n", again.printed());
        }
    }

    @Test
    void aDomainThatBlocksAndExpectsNothingIsIdle() {
        XenGuest guest = XenGuest.running64("""
            start:
                    mov edi, 1
                    hypercall 29
            """).run(1_000_000);
        assertEquals(Ending.Kind.IDLE, guest.end());
    }

    /** Each answers with an error number, and the domain goes on. */
    @Test
    void whatOnlyAPrivilegedDomainMayAskIsRefused() {
        XenGuest guest = XenGuest.running64("""
            start:
                    hypercall 36
                    mov [results], rax
                    hypercall 35
                    mov [results + 8], rax
                    hypercall 7
                    mov [results + 16], rax
                    hypercall 99
                    mov [results + 24], rax
                    shutdown 0
            results: times 4 dq 0
            """).run(100_000);
        assertEquals(Errno.EPERM.result(), readAt(guest, "results", 0));
        assertEquals(Errno.EPERM.result(), readAt(guest, "results", 8));
        assertEquals(Errno.EPERM.result(), readAt(guest, "results", 16));
        assertEquals(Errno.ENOSYS.result(), readAt(guest, "results", 24));
    }

    @Test
    void privilegedInstructionsAreEmulatedWhereXenDoes() {
        XenGuest guest = XenGuest.running64("""
            start:
                    mov rax, cr0
                    mov [results], rax
                    mov rax, cr3
                    mov [results + 8], rax
                    mov ecx, 0xC0000100
                    mov eax, 0x1000
                    xor edx, edx
                    wrmsr
                    rdmsr
                    mov [results + 16], rax
                    mov eax, 0x40000000
                    db 0x0F, 0x0B, "xen"
                    cpuid
                    mov [results + 24], ebx
                    mov [results + 28], ecx
                    shutdown 0
            results: times 4 dq 0
            """).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(0x8005_0033L, readAt(guest, "results", 0));
        assertEquals(guest.xen.real().system.cr3, readAt(guest, "results", 8));
        assertEquals(0x1000, readAt(guest, "results", 16));
        assertEquals(0x6558_4D4D_566E_6558L, readAt(guest, "results", 24), "XenVMMXe");
        assertEquals(6, guest.exits().size());
    }

    /** HLT, CLI and LGDT are not emulated: the kernel has #GP. */
    @Test
    void haltIsTheGuestsFault() {
        XenGuest guest = XenGuest.running64("start: hlt").run(1000);
        assertEquals(List.of("GENERAL_PROTECTION", "NO_HANDLER"), guest.exits());
        guest = XenGuest.running64("start: cli").run(1000);
        assertEquals(List.of("GENERAL_PROTECTION", "NO_HANDLER"), guest.exits());
    }

    /** PHYSDEVOP_set_iopl: CLI then does nothing, and there is no port either. */
    @Test
    void withPortPrivilegeCliDoesNothingAndPortsAreEmpty() {
        XenGuest guest = XenGuest.running64("""
            start:
                    mov edi, 6
                    mov rsi, level
                    hypercall 33
                    cli
                    in al, 0x60
                    mov [result], al
                    shutdown 0
            level:  dd 1
            result: db 0
            """).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(0xFF, guest.at("result", 1));
    }

    /** vm_assist writable_pagetables: a store to a page table of the last level is checked and done. */
    @Test
    void aStoreToAPageTableIsDoneByXen() {
        String body = """
            start:
                    mov [info], rsi
                    mov rdi, traps
                    hypercall 0
                    xor edi, edi
                    mov esi, 2
                    hypercall 21
                    mov rdi, elf
                    call machine
                    mov r12, rax
                    or r12, 3
                    mov r13, [info]
                    mov r13, [r13 + 88]
                    add r13, 3 * 0x1000
                    mov rax, [r13 + 0x108 * 8]
                    mov [before], rax
                    mov [r13 + 0x108 * 8], r12
                    mov rax, [r13 + 0x108 * 8]
                    mov [after], rax
                    mov eax, [elf + 0x8000]
                    mov [seen], eax
                    mov qword [r13 + 0x109 * 8], 0x7FFFFFFF
                    shutdown 1
            handler:
                    shutdown 0
            before: dq 0
            after:  dq 0
            seen:   dq 0
            traps:  db 14, 0
                    dw 0xE033
                    dd 0
                    dq handler
                    dq 0, 0
            """ + MACHINE_ADDRESS;
        XenGuest guest = XenGuest.running64(body).run(100_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(0x464C_457F, guest.at("seen", 4), "the ELF header, mapped a second time");
        assertTrue(
                guest.events.stream().anyMatch(event -> event instanceof Event.Delivery),
                "a bad entry is the guest's fault");
    }

    /** io/console.h: the guest prints by a ring and an event, and what is typed comes the same way. */
    @Test
    void theConsoleIsARingThatDomainZeroServes() {
        XenGuest guest = XenGuest.running64("""
                start:
                        mov [info], rsi
                        call map_shared
                        mov rsi, [info]
                        mov r12, [rsi + 72]
                        mov r13, BASE
                        mov rax, 0xFFFF800000000000
                        mov r12, [rax + r12 * 8]
                        shl r12, 12
                        add r12, r13
                        mov byte [r12 + 0x400], 'h'
                        mov byte [r12 + 0x401], 'i'
                        mov dword [r12 + 0xC0C], 2
                        mov rsi, [info]
                        mov eax, [rsi + 80]
                        mov [port], eax
                        mov edi, 4
                        mov rsi, port
                        hypercall 32
                        mov eax, [r12 + 0xC08]
                        mov [seen], eax
                        mov rdi, upcall
                        mov rsi, upcall
                        xor edx, edx
                        hypercall 4
                        mov qword [shared + 0x800], 0
                        mov qword [shared + 8], 0
                        mov byte [shared], 0
                        mov edi, 1
                        hypercall 29
                        mov al, [r12]
                        mov [seen + 4], al
                        mov eax, [r12 + 0xC04]
                        mov [seen + 8], eax
                        shutdown 0
                upcall:
                        mov byte [shared], 0
                """ + RETURN + """
                        align 8, db 0
                port:   dd 0
                seen:   dd 0, 0, 0
                """ + MACHINE_ADDRESS + MAP_SHARED_INFO);
        guest.xen.machine().inputs().append(5000, 'x');
        var start = guest.xen.save();
        for (int i = 0; i < 2; i++) {
            guest.run(20_000_000);
            assertEquals(Ending.Kind.SHUTDOWN, guest.end());
            assertEquals("hi", guest.printed());
            assertEquals(2, guest.at("seen", 4));
            assertEquals('x', guest.at("seen", 4, 1));
            assertEquals(1, guest.at("seen", 8, 4));
            guest.xen.restore(start);
        }
        assertTrue(guest.exits().contains("CONSOLE"));
    }
}
