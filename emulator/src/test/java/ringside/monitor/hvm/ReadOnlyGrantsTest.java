package ringside.monitor.hvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.Options.Paging;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.replay.StateHash;
import ringside.replay.Timeline;

/** A guest maps a page that was granted to it for reading only (here by itself), at a guest-physical page where nothing was. */
class ReadOnlyGrantsTest {
    private static final int MAPPED = 0x500000;

    /** Entry 8 of the grant table permits domain 1 to read page 6; the vectors' handlers keep EIP and error code, and skip the instruction. */
    private static final String START = """
            org 0x1000
            bits 32
            mov esp, 0x9000
            mov ecx, 0x40000000
            mov eax, 0x3000
            xor edx, edx
            wrmsr
            lidt [idtr]
            mov word [0x4000 + 13 * 8], general_protection
            mov word [0x4002 + 13 * 8], 8
            mov word [0x4004 + 13 * 8], 0x8E00
            call_ 12, 7, share_table
            mov dword [0x400044], 6
            mov dword [0x400040], 0x10000 + ENTRY_FLAGS
            mov dword [0x6000], 1234
            xor ebx, ebx
            mov ecx, mapping
            mov edx, 1
            call 0x3000 + 20 * 32
            jmp begin
        idtr: dw 0x7FF
            dd 0x4000
        share_table: dw 0x7FF0, 0
            dd 1, 0, 0x400
        mapping: dd 0x500000, 0, MAP_FLAGS, 8
            dw 1
        status: dw 99
        handle: dd 0, 0, 0
        unmapping: dd 0x500000, 0, 0, 0
        unmap_handle: dd 0
        unmap_status: dw 99, 0
        general_protection:
            pop dword [0x5010]
            pop dword [0x5014]
            mov eax, [0x5018]
            inc dword [0x5018]
            push dword after
            iret
        begin:
            mov ax, [status]
            mov [0x5000], ax
        """;

    private static final String UNMAP = """
            mov eax, [handle]
            mov [unmap_handle], eax
            mov ebx, 1
            mov ecx, unmapping
            mov edx, 1
            call 0x3000 + 20 * 32
        """;

    private final List<Event> events = new ArrayList<>();

    private static String source(int entry, int flags, String body) {
        String call = "%macro call_ 3\nmov ebx, %2\nmov ecx, %3\ncall 0x3000 + %1 * 32\n%endmacro\n";
        return "ENTRY_FLAGS equ " + entry + "\nMAP_FLAGS equ " + flags + "\n" + call + START + body
                + "after:\nmov eax, [0x500000]\nmov [0x5008], eax\ncli\nhlt\n";
    }

    private static ringside.image.GuestImage image(String source) {
        return Images.recognize(
                source.getBytes(StandardCharsets.UTF_8), "guest.asm", ImageOptions.DEFAULT.withMemory(4 << 20));
    }

    private Monitor run(Virtualization hardware, Paging paging, String source) {
        Options options = Options.DEFAULT.withVirtualization(hardware).withPaging(paging);
        Monitor monitor =
                Modes.start("xen-hvm", image(source), options, events::add).orElseThrow();
        monitor.run(100_000);
        return monitor;
    }

    private static long at(Monitor monitor, long address) {
        return monitor.machine().ram().read(address, 4);
    }

    private static final String WRITE = "mov edi, 0x500000\nwriting: mov dword [edi], 77\n";

    /** Xen 4.20, arch/x86/hvm/hvm.c, hvm_hap_nested_page_fault: "trying to write to read-only grant mapping", #GP(0). */
    @ParameterizedTest
    @CsvSource({"VT_X, EPT_VIOLATION", "AMD_V, NPF"})
    void aWriteLeavesByTheNestedTablesAndIsAGeneralProtectionFault(Virtualization hardware, String reason) {
        String body = WRITE;
        var monitor = run(hardware, Paging.NESTED, source(5, 2 | 4, body));
        assertEquals(0, at(monitor, 0x5000), "GNTST_okay");
        assertEquals(0, at(monitor, 0x5010), "the error code");
        assertEquals(
                image(source(5, 2 | 4, body)).symbol("writing").orElseThrow(), at(monitor, 0x5014), "the instruction");
        assertEquals(1, at(monitor, 0x5018));
        assertEquals(1234, at(monitor, 0x6000), "what the owner has there is as it was");
        assertEquals(1234, at(monitor, 0x5008), "and can be read");
        assertEquals(
                1,
                events.stream().filter(event -> event.reason().equals(reason)).count());
    }

    /** Over shadow tables: arch/x86/mm/shadow/multi.c, "Ignore attempts to write to read-only memory". */
    @ParameterizedTest
    @CsvSource({"VT_X", "AMD_V"})
    void overShadowTablesAWriteIsLost(Virtualization hardware) {
        var monitor = run(hardware, Paging.SHADOW, source(5, 2 | 4, WRITE));
        assertEquals(0, at(monitor, 0x5018));
        assertEquals(1234, at(monitor, 0x6000));
        assertEquals(1234, at(monitor, 0x5008));
    }

    /** GNTST_general_error where more is asked for than was granted. */
    @ParameterizedTest
    @CsvSource({"5, 2, -1", "1, 2, 0", "1, 6, 0"})
    void whatIsAskedForMustBeGranted(int entry, int flags, short status) {
        var monitor = run(Virtualization.VT_X, Paging.NESTED, source(entry, flags, ""));
        assertEquals(status, (short) at(monitor, 0x5000));
    }

    @ParameterizedTest
    @CsvSource({"VT_X, NESTED", "VT_X, SHADOW", "AMD_V, NESTED", "AMD_V, SHADOW"})
    void theSamePageCanBeWrittenWhenItIsMappedAgainForThat(Virtualization hardware, Paging paging) {
        String again = UNMAP + """
                mov dword [mapping + 8], 2
                xor ebx, ebx
                mov ecx, mapping
                mov edx, 1
                call 0x3000 + 20 * 32
            """ + WRITE;
        var monitor = run(hardware, paging, source(1, 6, again));
        assertEquals(0, at(monitor, 0x5018));
        assertEquals(77, at(monitor, 0x6000));
        assertEquals(1 | 8 | 16, at(monitor, grantTable(monitor) + 64) & 0xFFFF, "GTF_reading, GTF_writing");
    }

    @Test
    void theEntrySaysThatItIsOnlyRead() {
        var monitor = run(Virtualization.VT_X, Paging.NESTED, source(1, 6, ""));
        assertEquals(1 | 8, at(monitor, grantTable(monitor) + 64) & 0xFFFF, "GTF_reading");
    }

    private static long grantTable(Monitor monitor) {
        int frames = monitor.machine().config().allFrames() - (int) (XenHvm.MEMORY >>> 12);
        return (long) (frames + 1) << 12;
    }

    @Test
    void steppingBackFindsTheSame() {
        var image = image(source(5, 6, WRITE));
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
        for (int i = times.size() - 1; i > 0; i--) {
            if (times.get(i - 1) < times.get(i)) {
                timeline.seek(times.get(i));
                assertEquals(hashes.get(i), hash.now(), "at " + times.get(i));
            }
        }
    }
}
