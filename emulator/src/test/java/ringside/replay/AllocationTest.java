package ringside.replay;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.monitor.Monitor;
import ringside.probe.Probe;

/** Running allocates nothing for an instruction, whatever it is: measured in the JVM, over a run that is long enough to see a byte each. */
class AllocationTest {
    private static final long WARM = 3_000_000;
    private static final long MEASURED = 3_000_000;

    /** What a run may allocate as a whole: nothing that grows with it. */
    private static final long BOUND = 64 << 10;

    private static final String ENDLESS_32 = """
            bits 32
            mov edi, 0x100000
            mov esp, 0x8000
            again: add eax, ebx
            adc dword [0x200000], 3
            push eax
            pop ebx
            call routine
            mov [edi+0x10000], al
            add edi, 4096+8
            and edi, 0x1fffff
            or edi, 0x100000
            mul ebx
            bswap edx
            shld eax, edx, 7
            cmp byte [edi], 5
            setc cl
            cmovz esi, ebx
            mov byte [data], cl
            jmp again
            routine: ret
            data: dd 0
            """;

    private static final String STACK_IN_CODE_16 = """
            bits 16
            org 0x1000
            again: inc byte [number]
            mov al, 1
            push ax
            pop bx
            mov cx, 8
            mov si, again
            mov di, 0x3000
            rep movsb
            jmp again
            number: db 0
            """;

    private static final String PAGED_32 = """
            bits 32
            mov dword [0x10000], 0x83
            mov eax, cr4
            or eax, 0x10
            mov cr4, eax
            mov eax, 0x10000
            mov cr3, eax
            mov eax, cr0
            or eax, 0x80000000
            mov cr0, eax
            again: mov esi, 0x100000
            page: inc dword [esi]
            add esi, 0x1000
            cmp esi, 0x300000
            jb page
            invlpg [0x100000]
            jmp again
            """;

    static Stream<Arguments> runs() {
        return Stream.of("bare", "emulation")
                .flatMap(mode ->
                        Stream.of(ENDLESS_32, STACK_IN_CODE_16, PAGED_32).map(source -> Arguments.of(mode, source)));
    }

    @ParameterizedTest
    @MethodSource("runs")
    void runningAllocatesNothingForAnInstruction(String mode, String source) {
        Monitor monitor = Guests.start(Guests.source(source), mode).apply(Probe.NONE);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        monitor.run(WARM);
        long before = threads.getThreadAllocatedBytes(self);
        monitor.run(WARM + MEASURED);
        long allocated = threads.getThreadAllocatedBytes(self) - before;
        assertTrue(monitor.ending().isEmpty(), "it ended");
        assertTrue(allocated < BOUND, allocated + " bytes for " + MEASURED + " steps");
    }
}
