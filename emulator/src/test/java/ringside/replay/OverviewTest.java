package ringside.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OverviewTest {
    private static int sum(Overview overview, String by) {
        return IntStream.of(overview.exits().getOrDefault(by, new int[0])).sum();
    }

    /** A run of a hundred million units takes no more room than one of ten, and no exit is lost on the way. */
    @Test
    void columnsBecomeWiderAndKeepTheirCounts() {
        var overview = new Overview();
        for (long time = 0; time < 100_000_000; time += 100_000) {
            overview.exit(time, "monitor");
            overview.reached(time + 1, false);
        }
        assertEquals(1000, sum(overview, "monitor"));
        assertEquals(1 << 19, overview.width());
        assertEquals(Overview.COLUMNS, Objects.requireNonNull(overview.exits().get("monitor")).length);
        assertEquals(99_900_001, overview.known());
    }

    @Test
    void whatIsPlayedAgainIsCountedOnce() {
        var overview = new Overview();
        overview.exit(3, "xen");
        overview.reached(4, false);
        overview.exit(3, "xen");
        overview.exit(4, "xen");
        overview.reached(4, true);
        overview.exit(4, "xen");
        assertEquals(2, sum(overview, "xen"));
        assertTrue(overview.ended());
    }

    @Test
    void anotherFutureForgetsTheOldOne() {
        var overview = new Overview();
        overview.exit(3, "xen");
        overview.exit(9, "dom0");
        overview.reached(10, true);
        overview.forgetAfter(5);
        assertEquals(5, overview.known());
        assertFalse(overview.ended());
        assertEquals(1, sum(overview, "xen"));
        assertEquals(0, sum(overview, "dom0"));
        assertEquals(Map.of("dom0", 0, "xen", 1).keySet(), overview.exits().keySet());
    }
}
