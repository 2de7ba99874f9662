package ringside.monitor.hvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.monitor.hvm.ServedGuest.guest;
import static ringside.monitor.hvm.ServedGuest.model;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.monitor.Ending;
import ringside.monitor.Options;
import ringside.monitor.Options.Paging;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.mode.Modes;
import ringside.replay.StateHash;
import ringside.replay.Timeline;

/** A guest on virtualizing hardware that knows Xen, beside domain 0: what it finds, and the ways from one to the other that its drivers need. */
class FrontEndInHvmTest {
    /** The page of hypercalls goes to 3000H, the grant table behind RAM; what is found is kept from 5000H on. */
    private static final String START = """
            mov esp, 0x9000
            mov ecx, 0x40000000
            mov eax, 0x3000
            xor edx, edx
            wrmsr
            jmp begin
            %macro call_ 3
            mov ebx, %2
            mov ecx, %3
            call 0x3000 + %1 * 32
            %endmacro
        share_table: dw 0x7FF0, 0
            dd 1, 0, 0x400
        parameter: dw 0x7FF0, 0
            dd 0, 0, 0
        port: dd 0
        ports: dd port, 1
            dq 0
        begin:
        """;

    /** Tells domain 0 by the console's channel, and waits for its answer. */
    private static final String ASK = """
            call_ 32, 4, port
            call_ 29, 3, ports
            cli
            hlt
        """;

    /** Domain 0 with a second device: when the console's channel tells it, it does what follows the label. */
    private static String domain0(String begin, String serve) {
        return model(
                        "MEMORY_END      equ BASE + 0x8000",
                        "MEMORY_END      equ BASE + 0x9000\nPAGE equ BASE + 0x8000\nGRANT_OP equ HYPERCALL_PAGE + 20 * 32")
                .replace("        mov edi, unpause", """
                        xor edi, edi
                        mov esi, bind_console
                        call EVENT_OP
                """ + begin + "\n        mov edi, unpause")
                .replace(".no_typing:", """
                .no_typing:
                        mov ecx, [console_port]
                        bt rbp, rcx
                        jnc .no_console
                        dec dword [skips]
                        jns .no_console
                        call serve_console
                        mov edi, 4
                        mov esi, console_port
                        call EVENT_OP
                .no_console:
                """)
                .replace(
                        "serve_request:\n",
                        "skips: dd 1 ; binding a port makes it pending\nbind_console: dw DOMU, 0\n dd 2\nconsole_port: dd 0\nserve_console:\n"
                                + serve + "\n ret\n" + MAPPING + "serve_request:\n");
    }

    /** struct gnttab_map_grant_ref and gnttab_unmap_grant_ref. */
    private static final String MAPPING = """
        mapping: dq PAGE
        map_flags: dd 2
        map_reference: dd 0
            dw DOMU
        map_status: dw 99
        map_handle: dd 0
            dq 0
        unmapping: dq PAGE, 0
        unmap_handle: dd 0
        unmap_status: dw 99, 0
        """;

    private static String map(int reference) {
        return "mov dword [map_reference], " + reference + """

                xor edi, edi
                mov esi, mapping
                mov edx, 1
                call GRANT_OP
            """;
    }

    private static final String UNMAP = """
            mov eax, [map_handle]
            mov [unmap_handle], eax
            mov edi, 1
            mov esi, unmapping
            mov edx, 1
            call GRANT_OP
        """;

    /** Domain 0 has the console's page, and prints what domain 1 has written. */
    private static final String CONSOLE = domain0(map(0), """
            xor edi, edi            ; CONSOLEIO_write
            mov esi, [PAGE + 0xC0C]
            sub esi, [PAGE + 0xC08]
            mov edx, PAGE + 0x400
            call CONSOLE_IO
            mov eax, [PAGE + 0xC0C]
            mov [PAGE + 0xC08], eax
        """);

    private static final String PRINT = """
            mov dword [parameter + 4], 18
            call_ 34, 1, parameter
            mov eax, [parameter + 8]
            mov [port], eax
            mov dword [parameter + 4], 17
            call_ 34, 1, parameter
            mov edi, [parameter + 8]
            shl edi, 12
            mov dword [edi + 0x400], 'ring'
            mov dword [edi + 0xC0C], 4
        """;

    private static final String KEEP = "mov eax, [0xFEFFFC08]\nmov [0x5000], eax\n";

    private static ServedGuest start(String body, String domain0) {
        return new ServedGuest(guest(32, START + body), domain0, Options.DEFAULT);
    }

    private static long at(ServedGuest machines, long address, int size) {
        return machines.monitor.machine().ram().read(address, size);
    }

    @Test
    void xensLeavesAreThereAndSoIsItsVersion() {
        var machines = start("""
                mov eax, 0x40000000
                cpuid
                mov [0x5000], ebx
                mov [0x5004], ecx
                mov [0x5008], edx
                call_ 17, 0, 0
                mov [0x500C], eax
                cli
                hlt
            """, model()).runToTheEnd();
        assertEquals("XenVMMXenVMM", new String(bytes(machines, 0x5000, 12)));
        assertEquals(4 << 16 | 20, at(machines, 0x500C, 4));
    }

    private static char[] bytes(ServedGuest machines, long address, int count) {
        char[] bytes = new char[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (char) at(machines, address + i, 1);
        }
        return bytes;
    }

    /** The ring is in the page that the toolstack has granted; 4 bytes go out by one event, and none by a port. */
    @ParameterizedTest
    @CsvSource({"VT_X, NESTED", "VT_X, SHADOW", "AMD_V, NESTED", "AMD_V, SHADOW"})
    void theConsolesRingHasItsOtherEndInDomain0(Virtualization hardware, Paging paging) {
        Options options = Options.DEFAULT.withVirtualization(hardware).withPaging(paging);
        var machines = new ServedGuest(guest(32, START + PRINT + ASK.replace("cli", KEEP + "cli")), CONSOLE, options)
                .runToTheEnd();
        assertEquals("ring", machines.serial());
        assertEquals(4, at(machines, 0x5000, 4), "domain 0 has taken them when the wait is over");
        assertEquals(
                0,
                machines.events.stream()
                        .filter(event -> event.kind().equals("ioreq"))
                        .count());
    }

    @Test
    void steppingBackFindsTheSameInBothDomains() {
        var image = ServedGuest.image(guest(32, START + PRINT + ASK), CONSOLE);
        var timeline = new Timeline(
                probe -> Modes.start("xen-hvm", image, Options.DEFAULT, probe).orElseThrow());
        var hash = new StateHash(timeline.monitor());
        List<Long> hashes = new ArrayList<>();
        List<Long> times = new ArrayList<>();
        while (timeline.ending().isEmpty()) {
            times.add(timeline.time());
            hashes.add(hash.now());
            timeline.forward();
        }
        for (int i = times.size() - 1; i > 0; i -= 7) {
            if (times.get(i - 1) < times.get(i)) {
                timeline.seek(times.get(i));
                assertEquals(hashes.get(i), hash.now(), "at " + times.get(i));
            }
        }
    }

    /** Entry 8 says that domain 0 may have page 6. */
    private static String grant(int flags) {
        return "call_ 12, 7, share_table\nmov dword [0x400044], 6\nmov dword [0x400040], " + flags
                + "\nmov dword [port], 2\n";
    }

    @Test
    void domain0MapsAPageThatTheGuestHasGranted() {
        var machines = start(
                "mov dword [0x6000], 1234\n" + grant(1) + ASK,
                domain0("", map(8) + "mov eax, [PAGE]\nmov [PAGE + 4], eax\n" + UNMAP));
        machines.runToTheEnd();
        assertEquals(0, machines.at0("map_status", 0, 2));
        assertEquals(0, machines.at0("unmap_status", 0, 2));
        assertEquals(1234, at(machines, 0x6004, 4));
        assertEquals(1, at(machines, grantTable(machines) + 64, 2), "nobody uses it any more");
    }

    @ParameterizedTest
    @CsvSource({
        "0, -1", // not permitted
        "5, -1", // for reading
        "0x10001, -1", // another domain
        "1, 0"
    })
    void anEntrySaysWhoMayDoWhat(String flags, int status) {
        var machines =
                start(grant(Integer.decode(flags)) + ASK, domain0("", map(8))).runToTheEnd();
        assertEquals(status, (short) machines.at0("map_status", 0, 2));
        int used = status == 0 ? 8 | 16 : 0;
        assertEquals(
                Integer.decode(flags) & 0xFFFF | used,
                at(machines, grantTable(machines) + 64, 2),
                "GTF_reading and GTF_writing while it is mapped");
    }

    @Test
    void entriesChangePlacesWhileNobodyUsesThem() {
        String swap = "call_ 20, 11, swap\nmov ax, [swapped]\nmov [0x5000 + %d], ax\n";
        String late = ASK.replace("    cli\n", swap.formatted(2) + "    cli\n");
        var machines = start(
                        grant(1) + "mov edx, 1\n" + swap.formatted(0) + late.replace("call_ 20", "mov edx, 1\ncall_ 20")
                                + "swap: dd 8, 9\nswapped: dd 99\n",
                        domain0("", map(9)))
                .runToTheEnd();
        assertEquals(0, at(machines, 0x5000, 2));
        assertEquals(0, machines.at0("map_status", 0, 2), "it is in the other's place");
        assertEquals(-12, (short) at(machines, 0x5002, 2), "GNTST_eagain while domain 0 maps it");
        assertEquals(6, at(machines, grantTable(machines) + 9 * 8 + 4, 4));
        assertEquals(0, at(machines, grantTable(machines) + 8 * 8, 8));
    }

    @Test
    void aPageThatLeadsNowhereCannotBeMapped() {
        var machines = start(grant(1).replace("44], 6", "44], 0xFFFFF") + ASK, domain0("", map(8)))
                .runToTheEnd();
        assertEquals(-9, (short) machines.at0("map_status", 0, 2));
    }

    /** What domain 0 still maps is not given to anybody else, though the guest has given it back. */
    @Test
    void aPageInUseStaysWhenItIsGivenBack() {
        String release = """
                call_ 12, 1, reservation
                mov [0x5000], eax
                call_ 12, 6, reservation
                mov [0x5004], eax
                cli
                hlt
            list: dd 6
            reservation: dd list, 1, 0, 0
                dw 0x7FF0, 0
            """;
        var machines = start(
                        grant(1) + ASK.replace("    cli\n    hlt\n", "") + release,
                        domain0("", map(8) + "mov dword [PAGE], 77\n"))
                .runToTheEnd();
        assertEquals(1, at(machines, 0x5000, 4), "one extent is given back");
        assertEquals(0, machines.at0("map_status", 0, 2));
        assertEquals(0, at(machines, 0x5004, 4), "and there is no frame to take for it");
        assertEquals(77, at(machines, 0x6000, 4));
        assertTrue((at(machines, grantTable(machines) + 64, 2) & 16) != 0);
    }

    /** XEN_DOMCTL_destroydomain: what is left of the domain is gone when nobody uses a page of it any more. */
    @Test
    void aDomainThatIsDestroyedIsThereWhileOneOfItsPagesIsMapped() {
        String control = """
                mov edi, %s
                call DOMCTL
                mov [%s], rax
            """;
        String data = """
            destroying: dd 2, 0x17
                dq DOMU
            about: dd 5, 0x17
                dq DOMU
                times 128 db 0
            destroyed: dq 99
            dying: dq 99
            read: dq 99
            gone: dq 99
            """;
        var machines = start(
                        "mov dword [0x6000], 1234\nmov dword [0x6004], 0\n" + grant(1) + ASK,
                        domain0(
                                "",
                                map(8)
                                        + control.formatted("destroying", "destroyed")
                                        + control.formatted("about", "dying")
                                        + "mov rax, [PAGE]\nmov [read], rax\n"
                                        + UNMAP
                                        + control.formatted("about", "gone")
                                        + " ret\n"
                                        + data))
                .runToTheEnd();
        assertEquals(Ending.Kind.SHUTDOWN, machines.end());
        assertEquals(0, machines.at0("destroyed", 0, 8));
        assertEquals(0, machines.at0("dying", 0, 8));
        assertEquals(1 | 1 << 1 | 1 << 2, machines.at0("about", 16 + 4, 4), "dying, on such hardware, shut down");
        assertEquals(1, machines.at0("about", 16 + 8, 8), "tot_pages: the one that is still mapped");
        assertEquals(1234, machines.at0("read", 0, 8), "which holds what it held");
        assertEquals(0, at(machines, 0x6000, 8), "until it comes back too, and is filled with zeros");
        assertEquals(0, at(machines, 0x1000, 8));
        assertEquals(0, machines.at0("unmap_status", 0, 2));
        assertEquals(-3, machines.at0("gone", 0, 8), "ESRCH");
    }

    private static long grantTable(ServedGuest machines) {
        int frames = machines.monitor.machine().config().allFrames() - (int) (XenHvm.MEMORY >>> 12);
        return (long) (frames + 1) << 12;
    }
}
