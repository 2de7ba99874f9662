package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sample guests split-driver and device-model as traces tell of them: two domains, and the ways of a block and of an OUT between them. */
class TwoDomainsTest {
    private static List<TraceLine> trace() {
        return trace("split-driver", "xen-pv");
    }

    private static List<TraceLine> trace(String guest, String mode) {
        byte[] source = SampleGuests.source(guest).orElseThrow().getBytes(StandardCharsets.UTF_8);
        var run = new BatchRun(new GuestFile("guest.asm", source), RunOptions.of(mode));
        List<TraceLine> lines = new ArrayList<>();
        run.run(1_000_000, () -> false, lines::add);
        return lines;
    }

    private static String told(TraceLine.Happened event) {
        String command =
                event.decoded().isEmpty() ? "" : " " + event.decoded().get(0).meaning();
        return event.domain() + " " + event.reason() + command;
    }

    @Test
    void everyInstructionIsOneDomains() {
        List<TraceLine> lines = trace();
        assertThat(lines.get(0).domain()).isEqualTo("dom0");
        assertThat(lines).extracting(TraceLine::domain).containsOnly("dom0", "domU");
        assertThat(lines)
                .as("what lies below 1 MiB is domain 1's, above it domain 0's")
                .allMatch(line -> line.domain().equals(line.rip() < 0x10_0000 ? "domU" : "dom0"));
    }

    @ParameterizedTest
    @CsvSource({"split-driver, xen-pv, 8000", "device-model, xen-hvm, 332"})
    void theGuestsMemoryIsShownAlsoWhereDomain0RunsFirst(String guest, String name, long later) {
        byte[] source = SampleGuests.source(guest).orElseThrow().getBytes(StandardCharsets.UTF_8);
        var options = RunOptions.of(name);
        for (long time : new long[] {0, later}) {
            var mode = new Showing(new GuestFile("guest.asm", source), options, new byte[0], time)
                    .mode(java.util.Optional.empty());
            var first = mode.memory().rows().get(0);
            assertThat(Long.parseLong(first.address(), 16)).isLessThan(0x10_0000);
            assertThat(first.bytes()).extracting(Views.Byte::value).doesNotContain("--");
        }
    }

    @Test
    void whereA32BitGuestRunsTheCodeOfDomain0IsStillShownAs64BitCode() {
        byte[] source = SampleGuests.source("device-model").orElseThrow().getBytes(StandardCharsets.UTF_8);
        var mode = new Showing(new GuestFile("guest.asm", source), RunOptions.of("xen-hvm"), new byte[0], 332)
                .mode(java.util.Optional.empty());
        assertThat(mode.bits()).isEqualTo(32);
        assertThat(mode.exits())
                .filteredOn(left -> left.reason().equals("sched_op"))
                .isNotEmpty()
                .extracting(Views.Left::text)
                .containsOnly("syscall");
    }

    /** README.md of the guest has these times. */
    @Test
    void anOutBeginsInOneDomainIsDoneInTheOtherAndEndsInTheFirst() {
        List<TraceLine> lines = trace("device-model", "xen-hvm");
        List<TraceLine> way = lines.stream()
                .filter(line -> line.time() >= 332 && line.time() <= 472)
                .toList();
        assertThat(way.get(0).domain()).isEqualTo("domU");
        assertThat(way.get(0).events())
                .extracting(TraceLine.Happened::reason)
                .containsExactly("IO_INSTRUCTION", "STATE_IOREQ_READY", "CONTEXT_SWITCH", "EVENT_UPCALL");
        assertThat(way.subList(1, way.size() - 1)).extracting(TraceLine::domain).containsOnly("dom0");
        assertThat(way.stream().filter(line -> line.text().equals("mov [0x10401e],al")))
                .extracting(TraceLine::time)
                .as("in process, and ready")
                .containsExactly(375L, 447L);
        TraceLine last = way.get(way.size() - 1);
        assertThat(last.text()).isEqualTo("out dx,al");
        assertThat(last.events())
                .extracting(TraceLine.Happened::reason)
                .containsExactly("STATE_IORESP_READY", "STATE_IOREQ_NONE");
    }

    /** README.md of the guest: ring, event, upcall, grant, copy, response, event. */
    @Test
    void aBlockGoesToDomain0AndBack() {
        List<String> events = new ArrayList<>();
        trace().forEach(line -> line.events().forEach(event -> events.add(told(event))));
        assertThat(events)
                .containsSubsequence(
                        "domU event_channel_op send",
                        "domU sched_op block",
                        "domU CONTEXT_SWITCH",
                        "dom0 EVENT_UPCALL",
                        "dom0 iret",
                        "dom0 grant_table_op map_grant_ref",
                        "dom0 grant_table_op unmap_grant_ref",
                        "dom0 event_channel_op send",
                        "dom0 sched_op block",
                        "dom0 CONTEXT_SWITCH",
                        "domU EVENT_UPCALL",
                        "domU iret");
        assertThat(events.stream().filter("dom0 grant_table_op unmap_grant_ref"::equals))
                .as("the sector's page twice, the ring's once")
                .hasSize(3);
    }
}
