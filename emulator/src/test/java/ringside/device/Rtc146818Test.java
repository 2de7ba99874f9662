package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.InterruptLine;
import ringside.bus.Schedule;

class Rtc146818Test {
    private static final long SECOND = 1_000_000_000;

    private final Clock clock = new Clock();
    private final Schedule schedule = new Schedule();
    private final List<Long> rises = new ArrayList<>();
    private boolean level;
    private final InterruptLine line = now -> {
        if (now && !level) {
            rises.add(clock.now());
        }
        level = now;
    };
    private final Rtc146818 rtc = new Rtc146818(clock, schedule, line, 64 << 20);

    private int get(int index) {
        rtc.write(0, 1, index);
        return rtc.read(1, 1);
    }

    private void set(int index, int value) {
        rtc.write(0, 1, index);
        rtc.write(1, 1, value);
    }

    private void runTo(long time) {
        while (schedule.next() <= time) {
            clock.skipTo(schedule.next());
            schedule.fire(clock.now());
        }
        clock.skipTo(time);
    }

    /** Year, month, day, weekday, hour, minute, second as the registers show them. */
    private String time() {
        return "%02x-%02x-%02x/%x %02x:%02x:%02x".formatted(get(9), get(8), get(7), get(6), get(4), get(2), get(0));
    }

    @Test
    void startsAtTheFirstOfJanuary2008() {
        assertEquals("08-01-01/3 00:00:00", time());
        assertEquals(0x20, get(0x32));
        assertEquals(0x80, get(13));
        assertEquals(0x26, get(10));
        assertEquals(0x02, get(11));
        assertEquals(0xFF, rtc.read(0, 1));
    }

    @Test
    void countsGuestTime() {
        clock.skipTo(SECOND - 1);
        assertEquals("08-01-01/3 00:00:00", time());
        clock.tick();
        assertEquals("08-01-01/3 00:00:01", time());
        clock.skipTo(59 * 86_400 * SECOND + 45_296 * SECOND);
        assertEquals("08-02-29/6 12:34:56", time());
    }

    @Test
    void anUpdateIsAnnounced() {
        clock.skipTo(SECOND - 2_228_001);
        assertEquals(0x26, get(10));
        clock.tick();
        assertEquals(0xA6, get(10));
        clock.skipTo(SECOND);
        assertEquals(0x26, get(10));
        assertEquals(0x10, get(12) & 0x10);
        assertEquals(0, get(12) & 0x10);
    }

    @ParameterizedTest
    @CsvSource({
        // register B, hours register before, after one hour
        "02, 23, 0",
        "02, 9, 10",
        "06, 16, 17",
        "00, 11, 92",
        "00, 12, 01",
        "00, 92, 81",
        "04, 8B, 0C",
        "04, 0B, 8C",
    })
    void hoursCountInEveryFormat(String format, String before, String after) {
        set(11, 0x80 | Integer.parseInt(format, 16));
        set(4, Integer.parseInt(before, 16));
        set(11, Integer.parseInt(format, 16));
        clock.skipTo(3600 * SECOND);
        assertEquals(Integer.parseInt(after, 16), get(4));
    }

    @Test
    void setStopsTheClockAndTheUpdateInterrupt() {
        set(11, 0x12);
        set(11, 0x92);
        assertEquals(0x82, get(11));
        clock.skipTo(5 * SECOND);
        assertEquals("08-01-01/3 00:00:00", time());
        set(9, 0x26);
        set(11, 0x02);
        clock.skipTo(6 * SECOND);
        assertEquals("26-01-01/3 00:00:01", time());
    }

    @Test
    void theFirstUpdateComesHalfASecondAfterTheDividerStarts() {
        clock.skipTo(300_000_000);
        set(10, 0x70);
        clock.skipTo(10 * SECOND);
        assertEquals("08-01-01/3 00:00:00", time());
        set(10, 0x26);
        clock.skipTo(10 * SECOND + 499_999_999);
        assertEquals(0, get(0));
        clock.tick();
        assertEquals(1, get(0));
    }

    @Test
    void theUpdateInterruptWaitsUntilRegisterCIsRead() {
        set(11, 0x12);
        runTo(3 * SECOND + 5);
        assertEquals(List.of(SECOND), rises);
        assertEquals(Deadline.NEVER, schedule.next());
        assertEquals(0x90, get(12) & 0x90);
        assertFalse(level);
        runTo(5 * SECOND);
        assertEquals(List.of(SECOND, 4 * SECOND), rises);
    }

    @ParameterizedTest
    @CsvSource({"1, 256", "2, 128", "3, 8192", "6, 1024", "10, 64", "15, 2"})
    void periodicInterruptsComeAtTheSelectedRate(int select, int rate) {
        set(10, 0x20 | select);
        set(11, 0x42);
        int seen = 0;
        while (schedule.next() <= SECOND) {
            long next = schedule.next();
            assertEquals((++seen * SECOND + rate - 1) / rate, next);
            clock.skipTo(next);
            schedule.fire(next);
            assertEquals(0xC0, get(12) & 0xC0);
        }
        assertEquals(rate, seen);
    }

    @ParameterizedTest
    @CsvSource({
        // alarm hour, minute, second (hexadecimal), seconds until it rings; -1 for never
        "00, 00, 05, 5",
        "00, 02, 00, 120",
        "01, 00, 00, 3600",
        "00, 00, 00, 86400",
        "C0, FF, 07, 7",
        "FF, 01, FF, 60",
        "FF, FF, FF, 1",
        "0A, 00, FF, 36000",
        "13, 59, 59, 50399",
        "12, 34, 61, -1",
        "23, 59, 59, 86399",
    })
    void theAlarmRingsWhenAllThreeMatch(String hour, String minute, String second, long seconds) {
        long ringing = hour.equals("0A") ? -1 : hour.equals("13") ? 13 * 3600 + 59 * 60 + 59 : seconds;
        set(5, Integer.parseInt(hour, 16));
        set(3, Integer.parseInt(minute, 16));
        set(1, Integer.parseInt(second, 16));
        set(11, 0x22);
        assertEquals(ringing < 0 ? Deadline.NEVER : ringing * SECOND, schedule.next());
        runTo(2 * 86_400 * SECOND);
        assertEquals(ringing < 0 ? List.of() : List.of(ringing * SECOND), rises);
        assertEquals(ringing < 0 ? 0 : 0xA0, get(12) & 0xA0);
    }

    @Test
    void flagsRiseWithoutTheirInterrupts() {
        clock.skipTo(2 * SECOND);
        assertEquals(0x50, get(12));
        assertTrue(rises.isEmpty());
        assertEquals(Deadline.NEVER, schedule.next());
    }

    @Test
    void theCmosMemoryHoldsTheMemorySizeAndItsChecksum() {
        assertEquals(640, get(0x15) | (get(0x16) << 8));
        assertEquals(63 * 1024, get(0x17) | (get(0x18) << 8));
        assertEquals(48 * 16, get(0x34) | (get(0x35) << 8));
        int sum = 0;
        for (int i = 0x10; i <= 0x2D; i++) {
            sum += get(i);
        }
        assertEquals(sum, (get(0x2E) << 8) | get(0x2F));
        set(0x5A, 0xA5);
        assertEquals(0xA5, get(0x5A));
        assertEquals(0xA5, get(0x5A | 0x80), "bit 7 of the index masks NMI and does not count");
    }

    @Test
    void aSnapshotContinuesExactly() {
        set(10, 0x2A);
        set(11, 0x52);
        runTo(1_234_567_890);
        var saved = rtc.save();
        var deadlines = schedule.save();
        var time = clock.save();
        get(12);
        runTo(4 * SECOND);
        var shown = time();
        var end = rtc.save();
        rtc.restore(saved);
        schedule.restore(deadlines);
        clock.restore(time);
        assertEquals(saved, rtc.save());
        get(12);
        runTo(4 * SECOND);
        assertEquals(shown, time());
        assertEquals(end, rtc.save());
    }
}
