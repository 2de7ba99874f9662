package ringside.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.probe.Event;

class TraceLogTest {
    private static void add(TraceLog log, long time) {
        log.add(time, 0x1000, new Event.Delivery("fault", "DEBUG", 1, -1));
    }

    private static List<Long> times(TraceLog log) {
        return log.entries().stream().map(TraceLog.Entry::time).toList();
    }

    @Test
    void aFullLogForgetsTheOldestAndCountsThem() {
        var log = new TraceLog(3);
        for (int time = 0; time < 5; time++) {
            add(log, time);
        }
        assertEquals(List.of(2L, 3L, 4L), times(log));
        assertEquals(2, log.forgotten());
    }

    @Test
    void aLogGoesBackToWhereItWas() {
        var log = new TraceLog(3);
        add(log, 1);
        var saved = log.save();
        add(log, 2);
        log.restore(saved);
        assertEquals(List.of(1L), times(log));
        assertEquals(0, log.forgotten());
    }

    @Test
    void exitsAreCountedByReasonAndByWhoAnsweredInTheOrderOfTheirFirst() {
        var counts = new ExitCounts();
        counts.add(new Event.Exit("vm-exit", "HLT", 12, 0, 0, "kvm-user", 0), 100);
        counts.add(new Event.Exit("vm-exit", "CPUID", 10, 0, 0, "kvm-kernel", 0), 10);
        counts.add(new Event.Exit("vm-exit", "HLT", 12, 0, 0, "kvm-user", 0), 100);
        counts.add(new Event.Delivery("interrupt", "EXTERNAL_INTERRUPT", 32, -1), 1);
        assertEquals(
                List.of(
                        new ExitCounts.Count("vm-exit", "HLT", 12, "kvm-user", 2),
                        new ExitCounts.Count("vm-exit", "CPUID", 10, "kvm-kernel", 1)),
                counts.counts());
        assertEquals(211, counts.cycles());
    }
}
