package ringside.monitor.hardware;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Options;
import ringside.monitor.Options.Generation;
import ringside.monitor.Options.Paging;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.trace.ExitCounts;

/**
 * What leaves a sample guest whose memory is shadowed, reasoned as its README does for the default. {@code EXCEPTION_OR_NMI} and
 * {@code EXCP14} are page faults but for one case that is named.
 *
 * <ul>
 *   <li>two-plus-two: page 1000H at its first use; two OUTs. Under VT-x real mode is virtual-8086 mode, where HLT is a #GP (SDM 3B,
 *       Privileged Instructions in Virtual-8086 Mode), and leaves as that; the I/O map of the TSS allows the ports, so OUT leaves by the
 *       I/O bitmap. AMD-V runs real mode with paging (APM 2, Paged Real Mode).
 *   <li>popf-hole: pages 1000H and 7000H; five OUTs, HLT.
 *   <li>rings: pages 1000H and 7000H; 23 OUTs, HLT. #GP is not intercepted.
 *   <li>timer: pages 1000H, 6F000H (the gate's code descriptor) and 7000H (the frame), the last two while the first interrupt is being
 *       delivered; all else as with nested paging.
 *   <li>paging: without paging 1000H, 20000H, 21000H, 10000H, 11000H (5); under the guest's tables 1000H (1), the window (1), its entry
 *       written, whose page is write-protected (1), the window by the stale translation, which no table says any more (1), after INVLPG (1),
 *       its entry cleared (1), the true page fault (1), 6F000H and 7000H while it is delivered (2), its entry repaired (1), the repeated read
 *       (1). MOV to CR3 and the MOV to CR0 that sets PG leave, and INVLPG twice. Under AMD-V CR0 differs from the processor's,
 *       which has PG and WP: reading it leaves too, and writing it by the plain intercept, which comes before the selective one.
 * </ul>
 */
class ShadowExitsTest {
    private static final Path SAMPLES = Path.of("..", "sample-guests");

    // spotless:off
    @ParameterizedTest(name = "{0} in {1}")
    @CsvSource(delimiter = '|', textBlock = """
            two-plus-two | vt-x  | EXCEPTION_OR_NMI 0 x 2, IO_INSTRUCTION 30 x 2
            two-plus-two | kvm   | EXCEPTION_OR_NMI 0 x 2, IO_INSTRUCTION 30 x 2
            two-plus-two | amd-v | EXCP14 78 x 1, HLT 120 x 1, IOIO 123 x 2
            popf-hole    | vt-x  | EXCEPTION_OR_NMI 0 x 2, HLT 12 x 1, IO_INSTRUCTION 30 x 5
            popf-hole    | kvm   | EXCEPTION_OR_NMI 0 x 2, HLT 12 x 1, IO_INSTRUCTION 30 x 5
            popf-hole    | amd-v | EXCP14 78 x 2, HLT 120 x 1, IOIO 123 x 5
            rings        | vt-x  | EXCEPTION_OR_NMI 0 x 2, HLT 12 x 1, IO_INSTRUCTION 30 x 23
            rings        | kvm   | EXCEPTION_OR_NMI 0 x 2, HLT 12 x 1, IO_INSTRUCTION 30 x 23
            rings        | amd-v | EXCP14 78 x 2, HLT 120 x 1, IOIO 123 x 23
            timer        | vt-x  | EXCEPTION_OR_NMI 0 x 3, HLT 12 x 11, IO_INSTRUCTION 30 x 29
            timer        | kvm   | EXCEPTION_OR_NMI 0 x 3, HLT 12 x 11, IO_INSTRUCTION 30 x 29
            timer        | amd-v | EXCP14 78 x 3, HLT 120 x 11, IOIO 123 x 29
            paging       | vt-x  | CR_ACCESS 28 x 2, EXCEPTION_OR_NMI 0 x 16, HLT 12 x 1, INVLPG 14 x 2, IO_INSTRUCTION 30 x 6
            paging       | kvm   | CR_ACCESS 28 x 2, EXCEPTION_OR_NMI 0 x 16, HLT 12 x 1, INVLPG 14 x 2, IO_INSTRUCTION 30 x 6
            paging       | amd-v | CR0_READ 0 x 1, CR0_WRITE 16 x 1, CR3_WRITE 19 x 1, EXCP14 78 x 16, HLT 120 x 1, INVLPG 121 x 2, IOIO 123 x 6
            """)
    // spotless:on
    void leavesAsReasoned(String guest, String mode, String expected) throws IOException {
        assertEquals(expected, leaving(guest, mode, Options.DEFAULT.withPaging(Paging.SHADOW)));
        assertEquals(expected, leaving(guest, mode, Options.DEFAULT.withGeneration(Generation.YEAR_2005)));
    }

    /**
     * EPT of 2008: real mode is virtual-8086 mode, where HLT is a #GP; while the guest has no paging, CR3 is the identity map's, so that MOV to
     * CR3 leaves, and so does the MOV to CR0 that sets PG. From then on its tables and page faults are its own.
     */
    // spotless:off
    @ParameterizedTest(name = "{0} in {1}")
    @CsvSource(delimiter = '|', textBlock = """
            two-plus-two | vt-x | EXCEPTION_OR_NMI 0 x 1, IO_INSTRUCTION 30 x 2
            two-plus-two | kvm  | EPT_VIOLATION 48 x 1, EXCEPTION_OR_NMI 0 x 1, IO_INSTRUCTION 30 x 2
            rings        | vt-x | HLT 12 x 1, IO_INSTRUCTION 30 x 23
            paging       | vt-x | CR_ACCESS 28 x 2, HLT 12 x 1, IO_INSTRUCTION 30 x 6
            paging       | kvm  | CR_ACCESS 28 x 2, EPT_VIOLATION 48 x 7, HLT 12 x 1, IO_INSTRUCTION 30 x 6
            """)
    // spotless:on
    void leavesAsReasonedWhereNoGuestIsUnrestricted(String guest, String mode, String expected) throws IOException {
        assertEquals(expected, leaving(guest, mode, Options.DEFAULT.withGeneration(Generation.YEAR_2008)));
    }

    private static String leaving(String guest, String mode, Options options) throws IOException {
        var image = Images.recognize(
                Files.readAllBytes(SAMPLES.resolve(guest).resolve("guest.asm")), "guest.asm", ImageOptions.DEFAULT);
        ExitCounts counts = new ExitCounts();
        var monitor = Modes.start(mode, image, options, (Event event) -> counts.add(event, 0))
                .orElseThrow();
        monitor.run(1_000_000_000);
        Map<String, Long> sums = new TreeMap<>();
        counts.counts().forEach(one -> sums.merge(one.reason() + " " + one.number(), one.count(), Long::sum));
        return String.join(
                ", ",
                sums.entrySet().stream()
                        .map(sum -> sum.getKey() + " x " + sum.getValue())
                        .toList());
    }
}
