package ringside.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ClockTest {
    private final Clock clock = new Clock();

    @Test
    void startsAtZeroAndCountsUnits() {
        assertEquals(0, clock.now());
        clock.tick();
        clock.tickDelivery();
        clock.skipTo(25);
        assertEquals(25, clock.now());
        assertEquals(1, clock.steps());
    }

    @Test
    void neverRunsBackwards() {
        clock.skipTo(10);
        assertThrows(IllegalStateException.class, () -> clock.skipTo(9));
        assertEquals(10, clock.now());
    }

    @Test
    void comesBackFromASnapshot() {
        clock.skipTo(7);
        var saved = clock.save();
        clock.tick();
        clock.restore(saved);
        assertEquals(7, clock.now());
        assertEquals(saved, clock.save());
    }
}
