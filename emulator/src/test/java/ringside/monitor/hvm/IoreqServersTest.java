package ringside.monitor.hvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static ringside.monitor.hvm.ServedGuest.OUT;
import static ringside.monitor.hvm.ServedGuest.model;
import static ringside.monitor.hvm.ServedGuest.served;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a device model in domain 0 may ask of Xen, and what is refused: Xen's public headers hvm/dm_op.h and memory.h. */
class IoreqServersTest {
    /** Where domain 0 begins to ask. */
    private static final String SERVER = "; An ioreq server for domain 1";

    /** Results of calls that domain 0 makes before it does anything else. */
    private static ServedGuest asking(String calls, String data) {
        String macros = """
            %macro keep 0
                    mov rbx, [count]
                    mov [results + rbx * 8], rax
                    inc qword [count]
            %endmacro
            %macro dm 1
                    mov esi, %1
                    call dm_op
                    keep
            %endmacro
            %macro acquire 1
                    mov edi, 28
                    mov esi, %1
                    call MEMORY_OP
                    keep
            %endmacro
            """;
        String model = model(SERVER, calls + "\n        jmp serve\n" + SERVER)
                .replace("file_end:", data + "\n align 8, db 0\ncount: dq 0\nresults: times 64 dq 0\nfile_end:")
                .replace("        org 0x100000", macros + "\n        org 0x100000");
        return served(OUT, model).runToTheEnd();
    }

    private static List<Long> results(ServedGuest machines) {
        List<Long> results = new ArrayList<>();
        for (int i = 0; i < machines.at0("count", 0, 8); i++) {
            results.add(machines.at0("results", 8 * i, 8));
        }
        return results;
    }

    private static final long EPERM = -1;
    private static final long ENOENT = -2;
    private static final long ESRCH = -3;
    private static final long E2BIG = -7;
    private static final long EFAULT = -14;
    private static final long EEXIST = -17;
    private static final long EINVAL = -22;
    private static final long ENOMEM = -12;
    private static final long ENOSPC = -28;
    private static final long EOPNOTSUPP = -95;

    @Test
    void aServerHasAPageAPortAndRanges() {
        ServedGuest machines = asking("""
                dm create
                dm create2
                acquire pages
                dm map_range
                dm map_range
                dm overlapping
                dm touching
                dm backwards
                dm no_server
                dm no_type
                dm part
                dm part
                dm information
                dm information2
                dm of_guest
                dm destroy
                dm destroy
                acquire pages
                dm vcpus
            """, """
            create2: dd 1, 0, 2, 0
            pages:  dw 1, 0
                    dd 1, 2, 0
                    dq 0, list
            list:   dq 0, 0
            overlapping: dd 3, 0
                    dw 0, 0
                    dd 0
                    dq COM1 + 7, COM1 + 8
            touching: dd 3, 0
                    dw 0, 0
                    dd 0
                    dq COM1 + 8, COM1 + 9
            backwards: dd 3, 0
                    dw 0, 0
                    dd 0
                    dq 2, 1
            no_server: dd 3, 0
                    dw 9, 0
                    dd 0
                    dq 1, 2
            no_type: dd 3, 0
                    dw 0, 0
                    dd 3
                    dq 1, 2
            part: dd 4, 0
                    dw 0, 0
                    dd 0
                    dq COM1 + 3, COM1 + 8
            information: dd 2, 0
                    dw 0, 1
                    dd 7
                    dq 0, 0
            information2: dd 2, 0
                    dw 1, 1
                    dd 0
                    dq 0, 0
            of_guest: dd 2, 0
                    dw 0, 0
                    dd 0
                    dq 0, 0
            destroy: dd 6, 0
                    dw 1, 0
                    times 28 db 0
            vcpus:  dd 20, 0, 0
                    times 28 db 0
            """);
        assertEquals(
                List.of(
                        0L, 0L, 0L, 0L, EEXIST, EEXIST, 0L, EINVAL, ENOENT, EINVAL, 0L, ENOENT, 0L, 0L, ENOMEM, 0L,
                        ENOENT, ENOENT, 0L),
                results(machines));
        assertEquals(0, machines.at0("server", 0, 2));
        assertEquals(1, machines.at0("create2", 12, 2));
        long first = machines.page() >>> 12;
        assertEquals(first + 3, machines.at0("list", 0, 8), "buffered requests");
        assertEquals(first + 2, machines.at0("list", 8, 8));
        assertEquals(7, machines.at0("information", 12, 4), "it has no port for buffered requests");
        assertEquals(5, machines.at0("information2", 12, 4), "3 and 4 were the ports before");
        assertEquals(1, machines.at0("vcpus", 8, 4));
    }

    @Test
    void whatIsNoRequestIsRefused() {
        ServedGuest machines = asking("""
                mov edi, 0x7FF0
                mov esi, 1
                mov edx, buffer
                call DM_OP
                keep
                mov edi, 7
                mov esi, 1
                mov edx, buffer
                call DM_OP
                keep
                mov edi, 1
                mov esi, 3
                mov edx, buffer
                call DM_OP
                keep
                mov edi, 1
                xor esi, esi
                mov edx, buffer
                call DM_OP
                keep
                mov edi, 1
                mov esi, 1
                mov rdx, 0x123456789000
                call DM_OP
                keep
                mov edi, 1
                mov esi, 1
                mov edx, short_buffer
                call DM_OP
                keep
                dm unknown
                dm padded
                dm create3
                dm irq16
                dm level2
                dm state
                acquire itself
                acquire nobody
                acquire grants
                acquire padded_resource
                acquire size
                acquire beyond
            """, """
            short_buffer: dq create, 12
            unknown: dd 21, 0
                    times 32 db 0
            padded: dd 1, 1
                    times 32 db 0
            create3: dd 1, 0, 3, 0
                    times 24 db 0
            irq16: dd 9, 0
                    db 16, 0
                    times 30 db 0
            level2: dd 9, 0
                    db 4, 2
                    times 30 db 0
            state: dd 5, 0
                    dw 0
                    db 1, 0
                    times 28 db 0
            itself: dw 0x7FF0, 0
                    dd 0, 1, 0
                    dq 0, 8
            nobody: dw 5, 0
                    dd 0, 1, 0
                    dq 0, 8
            grants: dw 1, 1
                    dd 0, 1, 0
                    dq 0, 8
            padded_resource: dw 1, 0
                    dd 0, 1, 1
                    dq 0, 8
            size:   dw 1, 0
                    dd 0, 0, 0
                    dq 0, 0
            beyond: dw 1, 0
                    dd 0, 1, 0
                    dq -1, 8
            """);
        assertEquals(
                List.of(
                        EPERM,
                        ESRCH,
                        E2BIG,
                        EFAULT,
                        EFAULT,
                        EFAULT,
                        EOPNOTSUPP,
                        EINVAL,
                        EINVAL,
                        EINVAL,
                        EINVAL,
                        ENOENT,
                        EPERM,
                        ESRCH,
                        EOPNOTSUPP,
                        EINVAL,
                        0L,
                        EINVAL),
                results(machines));
        assertEquals(2, machines.at0("size", 8, 4));
    }

    @Test
    void thereAreEightServersAndEachHasNoMoreThan256Ranges() {
        ServedGuest machines = asking("""
                mov ebp, 9
            .again: dm create
                dec ebp
                jnz .again
                mov ebp, 257
            .range: mov esi, map_range
                call dm_op
                add qword [map_range + 16], 32
                add qword [map_range + 24], 32
                dec ebp
                jnz .range
                keep
            """, "");
        assertEquals(List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, ENOSPC, ENOMEM), results(machines));
    }
}
