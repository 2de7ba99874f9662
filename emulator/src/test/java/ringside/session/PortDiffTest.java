package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.replay.Guests;

class PortDiffTest {
    @Test
    void linesThatStandInEachOthersPlaceStandSideBySide() {
        var first = Guests.source("bits 32", "nop", "jmp next", "next:", "cli", "sti", "hlt");
        var table = new PortTables().of("paging", "bare", "xen-pv");
        assertThat(PortDiff.of(first, first).hunks()).isEmpty();
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
}
