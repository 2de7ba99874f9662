package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.InterruptLine;
import ringside.bus.Schedule;

class Pit8254Test {
    private final Clock clock = new Clock();
    private final Schedule schedule = new Schedule();
    private final List<Long> rises = new ArrayList<>();
    private boolean level = true; // OUT is high before it is programmed
    private final InterruptLine line = new InterruptLine() {
        @Override
        public void set(boolean now) {
            if (now && !level) {
                rises.add(clock.now());
            }
            level = now;
        }

        @Override
        public boolean heard(boolean maskable) {
            return true;
        }
    };
    private final Pit8254 pit = new Pit8254(clock, schedule, line);

    private void program(int control, int count) {
        pit.write(3, 1, control);
        pit.write(control >> 6, 1, count & 0xFF);
        pit.write(control >> 6, 1, count >> 8);
    }

    private void runTo(long time) {
        while (schedule.next() <= time) {
            clock.skipTo(schedule.next());
            schedule.fire(clock.now());
        }
        clock.skipTo(time);
    }

    @Test
    void pulsesAreExactForEveryGuestTime() {
        var random = new Random(1);
        var second = BigInteger.valueOf(1_000_000_000);
        var frequency = BigInteger.valueOf(1_193_182);
        for (int i = 0; i < 10_000; i++) {
            long time = random.nextLong() >>> (1 + random.nextInt(62));
            long pulses =
                    BigInteger.valueOf(time).multiply(frequency).divide(second).longValueExact();
            assertEquals(pulses, Pit8254.pulses(time));
            long first = Pit8254.timeOf(pulses);
            assertEquals(pulses, Pit8254.pulses(first));
            assertTrue(first == 0 || Pit8254.pulses(first - 1) == pulses - 1);
        }
    }

    @Test
    void mode2InterruptsOncePerPeriodAtTheExactNanosecond() {
        program(0x34, 11932); // 100 Hz, as an operating system programs it
        runTo(50_000_000);
        var expected = new ArrayList<Long>();
        for (int k = 1; k <= 4; k++) {
            expected.add(Pit8254.timeOf(1 + 11932L * k));
        }
        assertEquals(expected, rises);
    }

    @Test
    void mode3RisesOncePerPeriodToo() {
        program(0x36, 1001);
        runTo(3_000_000);
        assertEquals(List.of(Pit8254.timeOf(1002), Pit8254.timeOf(2003), Pit8254.timeOf(3004)), rises);
    }

    @Test
    void mode0InterruptsOnceAndThenNothingLiesAhead() {
        program(0x30, 1000);
        assertTrue(schedule.canInterrupt(true));
        runTo(10_000_000);
        assertEquals(List.of(Pit8254.timeOf(1001)), rises);
        assertEquals(Deadline.NEVER, schedule.next());
        assertFalse(schedule.canInterrupt(true));
    }

    @Test
    void edgesThatLieBeforeAnAccessAreStillSeen() {
        program(0x34, 100);
        clock.skipTo(Pit8254.timeOf(350));
        pit.read(0, 1);
        assertEquals(3, rises.size());
    }

    @Test
    void readBackLatchesCountAndStatusOfSeveralCounters() {
        program(0x34, 0x1234);
        program(0x76, 0x5678);
        clock.skipTo(Pit8254.timeOf(1));
        pit.write(3, 1, 0xC0 | 2 | 4); // both, counters 0 and 1
        clock.skipTo(1_000_000);
        assertEquals(List.of(0xB4, 0x34, 0x12), List.of(pit.read(0, 1), pit.read(0, 1), pit.read(0, 1)));
        assertEquals(List.of(0xB6, 0x78, 0x56), List.of(pit.read(1, 1), pit.read(1, 1), pit.read(1, 1)));
        assertEquals(0xFF, pit.read(3, 1));
    }

    @Test
    void counter2IsGatedAndSeenThroughPort61() {
        var port = new SystemControlPortB(clock, pit);
        program(0xB0, 100); // mode 0
        clock.skipTo(Pit8254.timeOf(500));
        assertEquals(0, port.read(0, 1) & 0x20);
        port.write(0, 1, 0xFD);
        assertEquals(0x0D, port.read(0, 1) & 0x0F);
        clock.skipTo(Pit8254.timeOf(600));
        assertEquals(0x20, port.read(0, 1) & 0x20);
        var saved = port.save();
        port.write(0, 1, 0);
        port.restore(saved);
        assertEquals(saved, port.save());
    }

    @Test
    void theRefreshBitTogglesEvery18Pulses() {
        var port = new SystemControlPortB(clock, pit);
        var seen = new StringBuilder();
        for (int pulse = 0; pulse < 72; pulse += 9) {
            clock.skipTo(Pit8254.timeOf(pulse));
            seen.append(port.read(0, 1) >> 4 & 1);
        }
        assertEquals("00110011", seen.toString());
    }

    @Test
    void aSnapshotContinuesExactly() {
        program(0x36, 777);
        program(0x74, 50);
        runTo(1_234_567);
        var savedPit = pit.save();
        var savedSchedule = schedule.save();
        var savedClock = clock.save();
        boolean savedLevel = level;
        rises.clear();
        runTo(5_000_000);
        var firstRun = List.copyOf(rises);
        var end = pit.save();
        pit.restore(savedPit);
        schedule.restore(savedSchedule);
        clock.restore(savedClock);
        level = savedLevel;
        assertEquals(savedPit, pit.save());
        rises.clear();
        runTo(5_000_000);
        assertEquals(firstRun, rises);
        assertEquals(end, pit.save());
    }
}
