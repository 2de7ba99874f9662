package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import ringside.replay.Guests;

class PortDiffTest {
    private static PortTables.Table table(String guest, String... modes) {
        return new PortTables().of(guest, List.of(modes), MachineChoice.DEFAULT);
    }

    private static MachineChoice machine(String part, String value) {
        return MachineChoice.read(
                name -> name.equals(part) ? java.util.Optional.of(value) : java.util.Optional.empty());
    }

    /** What the machine is made of is what the command line says with the same option. */
    @Test
    void theMachineIsChosenAsOnTheCommandLine() {
        var tables = new PortTables();
        var modes = List.of("bare", "vt-x");
        long nested = exits(tables.of("paging", modes, MachineChoice.DEFAULT), 1);
        long shadow = exits(tables.of("paging", modes, machine("paging", "shadow")), 1);
        assertThat(shadow).isGreaterThan(nested);
        var file = new GuestFile(
                "paging.asm",
                SampleGuests.source("paging").orElseThrow().getBytes(java.nio.charset.StandardCharsets.UTF_8),
                SampleGuests::file);
        var said = new ModeComparison(file, RunOptions.of("bare").with("paging", "shadow"), modes)
                .run(500_000, () -> false);
        assertThat(said.sides().get(1).exits()).hasSize((int) shadow);
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> tables.of("paging", List.of("bare", "amd-v"), machine("generation", "1999")))
                .isInstanceOf(Refusal.class);
    }

    private static long exits(PortTables.Table table, int side) {
        return table.sides().get(side).moreExits();
    }

    @Test
    void upToFourModesAreComparedAtOnce() {
        var table = table("popf-hole", "bare", "trap-and-emulate", "vt-x", "xen-pv");
        assertThat(table.sides())
                .extracting(Alignment.Side::mode)
                .containsExactly("bare", "trap-and-emulate", "vt-x", "xen-pv");
        assertThat(table.diffs()).extracting(PortTables.Diff::second).containsExactly("xen-pv");
        assertThat(table.divergence()).isPresent();
    }

    @Test
    void linesThatStandInEachOthersPlaceStandSideBySide() {
        var first = Guests.source("bits 32", "nop", "jmp next", "next:", "cli", "sti", "hlt");
        var table = table("paging", "bare", "xen-pv");
        assertThat(PortDiff.of(first, first, Map.of(), Map.of()).hunks()).isEmpty();
        List<PortDiff.Hunk> hunks = table.diffs().get(0).lines().hunks();
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
        var table = tables.of("", List.of("nowhere", ""), MachineChoice.DEFAULT);
        assertThat(table.guest()).isEqualTo("two-plus-two");
        assertThat(table.segments()).isNotEmpty();
        assertThat(tables.of("", List.of("nowhere", ""), MachineChoice.DEFAULT)).isSameAs(table);
        assertThat(tables.of("linux-program", List.of("bare", "bare"), MachineChoice.DEFAULT)
                        .sides())
                .isEmpty();
    }

    /** A lines both ports have is told once, by number. */
    @Test
    void sharedLinesAreCounted() {
        var hunks = table("peldano", "bare", "xen-pv").diffs().get(0).lines().hunks();
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
                var port = (Port) Panel.named("port")
                        .orElseThrow()
                        .data(session.view().modes().get(0));
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
        var table = table("paging", "bare", "xen-pv");
        long told = table.diffs().get(0).lines().hunks().stream()
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
        assertThat(table.diffs().get(0).lines().hunks())
                .flatMap(PortDiff.Hunk::first)
                .allMatch(line -> line.calls().isEmpty());
    }
}
