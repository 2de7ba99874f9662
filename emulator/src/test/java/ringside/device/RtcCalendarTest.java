package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.LocalDateTime;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RtcCalendarTest {
    private static RtcCalendar of(LocalDateTime time) {
        return new RtcCalendar(
                time.getSecond(),
                time.getMinute(),
                time.getHour(),
                time.getDayOfWeek().getValue() % 7 + 1,
                time.getDayOfMonth(),
                time.getMonthValue(),
                time.getYear() - 2000);
    }

    @Test
    void startsOnATuesday() {
        assertEquals(of(LocalDateTime.of(2008, 1, 1, 0, 0, 0)), RtcCalendar.START);
    }

    @Test
    void agreesWithTheCalendarOfThisCentury() {
        var random = new Random(3);
        var first = LocalDateTime.of(2000, 1, 1, 0, 0, 0);
        for (int i = 0; i < 20_000; i++) {
            long start = (long) (random.nextDouble() * 36_525 * 86_400);
            long more = (long) (random.nextDouble() * (36_525L * 86_400 - start));
            assertEquals(
                    of(first.plusSeconds(start + more)),
                    of(first.plusSeconds(start)).plus(more));
        }
    }

    @Test
    void everyDayOfTheCenturyFollowsTheDayBefore() {
        var day = LocalDateTime.of(2000, 1, 1, 23, 59, 59);
        var calendar = of(day);
        while (day.getYear() < 2099 || day.getDayOfYear() < 365) {
            day = day.plusDays(1);
            calendar = calendar.plus(86_400);
            assertEquals(of(day), calendar);
        }
        assertEquals(new RtcCalendar(0, 0, 0, calendar.weekday() % 7 + 1, 1, 1, 0), calendar.plus(1));
    }

    @Test
    void nonsenseIsBroughtIntoRange() {
        assertEquals(new RtcCalendar(59, 59, 23, 7, 29, 2, 4), RtcCalendar.clamped(99, 77, 45, 9, 31, 2, 4));
        assertEquals(new RtcCalendar(0, 0, 0, 1, 1, 1, 99), RtcCalendar.clamped(0, 0, 0, 0, 0, 0, 165));
    }
}
