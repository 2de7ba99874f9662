package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import ringside.replay.Guests;

class PortDiffTest {
    @Test
    void linesThatStandInEachOthersPlaceStandSideBySide() {
        var first = Guests.source("bits 32", "nop", "jmp next", "next:", "cli", "sti", "hlt");
        var table = new PortTables().of("paging", "bare", "xen-pv");
        assertThat(PortDiff.of(first, first, Map.of(), Map.of()).hunks()).isEmpty();
        List<PortDiff.Hunk> hunks = table.diff().hunks();
        assertThat(hunks).isNotEmpty();
        assertThat(texts(hunks, true))
                .anyMatch(text -> text.contains("cr3"))
                .noneMatch(text -> text.contains("HYPERVISOR"));
        String source = SampleGuests.source("paging").orElseThrow();
        assertThat(source.lines().toList()).containsAll(texts(hunks, true)).containsAll(texts(hunks, false));
        assertThat(texts(hunks, false))
                .doesNotContainAnyElementsOf(texts(hunks, true).stream()
                        .filter(text -> text.contains("mov cr"))
                        .toList());
    }

    private static List<String> texts(List<PortDiff.Hunk> hunks, boolean first) {
        return hunks.stream()
                .flatMap(hunk -> (first ? hunk.first() : hunk.second()).stream())
                .map(PortDiff.Line::text)
                .toList();
    }

    /** What is asked for and is not there is something else; never an error. */
    @Test
    void whoeverAsksForNothingIsShownSomething() {
        var tables = new PortTables();
        var table = tables.of("", "nowhere", "");
        assertThat(table.guest()).isEqualTo("two-plus-two");
        assertThat(table.segments()).isNotEmpty();
        assertThat(tables.of("", "nowhere", "")).isSameAs(table);
        assertThat(tables.of("linux-program", "bare", "bare").sides()).isEmpty();
    }

    /** A lines both ports have is told once, by number. */
    @Test
    void sharedLinesAreCounted() {
        var hunks = new PortTables().of("peldano", "bare", "xen-pv").diff().hunks();
        assertThat(hunks.stream().mapToInt(PortDiff.Hunk::shared).sum()).isPositive();
    }

    /** What a line asks for is what was seen while it ran: the lab stands at that very call there. */
    @Test
    void aPortedLineLeadsToTheHypercallsThatItMade() {
        var runners = java.util.concurrent.Executors.newSingleThreadExecutor();
        try {
            for (String guest : List.of("popf-hole", "paging", "system-calls")) {
                var session = new Session(
                        "test",
                        new Recipe(
                                new GuestChoice.Sample(guest),
                                List.of("xen-pv"),
                                MachineChoice.DEFAULT,
                                Typing.NONE,
                                0,
                                OpenViews.read("port")),
                        new ringside.session.Guests(),
                        runners);
                var port = (Port) Panel.named("port").orElseThrow().data(session.view().modes().get(0));
                var lines = port.diff().hunks().stream()
                        .flatMap(hunk -> hunk.second().stream())
                        .filter(line -> !line.calls().isEmpty())
                        .toList();
                assertThat(lines).as(guest).hasSizeGreaterThan(1);
                for (PortDiff.Line line : lines) {
                    PortDiff.Call call = line.calls().get(0);
                    session.perform(new Command.Seek(call.time()));
                    session.perform(new Command.Step());
                    assertThat(session.view().modes().get(0).exits().get(0))
                            .as("%s, line %d: %s", guest, line.number(), line.text())
                            .satisfies(left -> assertThat(left.time()).isEqualTo(call.time()))
                            .satisfies(left -> assertThat(left.reason()).isEqualTo(call.name()))
                            .satisfies(left -> assertThat(left.reasonNumber()).isEqualTo(call.number()));
                }
            }
        } finally {
            runners.shutdownNow();
        }
    }

    @Test
    void everyHypercallOfARunBelongsToALineAndNoUnportedLineHasOne() {
        var table = new PortTables().of("paging", "bare", "xen-pv");
        long told = table.diff().hunks().stream()
                .flatMap(hunk -> hunk.second().stream())
                .flatMap(line -> line.calls().stream())
                .mapToLong(PortDiff.Call::count)
                .sum();
        long made = table.segments().stream()
                .flatMap(segment -> segment.parts().get(1).exits().stream())
                .filter(exit -> exit.kind().equals("hypercall"))
                .mapToLong(Summary.Exits::count)
                .sum();
        assertThat(told).isEqualTo(made).isPositive();
        assertThat(table.diff().hunks()).flatMap(PortDiff.Hunk::first).allMatch(line -> line.calls()
                .isEmpty());
    }
}
