package ringside.session;

import java.lang.management.ManagementFactory;
import ringside.monitor.Monitor;
import ringside.probe.Probe;

/**
 * What a run cost this thread.
 *
 * @param steps completed instructions and iterations
 * @param cpuNanos CPU time of the thread that ran the guest; what the JVM's compiler does in other threads is not in it
 */
public record Measurement(long steps, long cpuNanos) {
    /** Runs a guest to its end on a bare machine. */
    public static Measurement of(GuestFile guest) {
        return of(guest, Long.MAX_VALUE);
    }

    /** Runs a guest on a bare machine until its end, or until that guest time. */
    public static Measurement of(GuestFile guest, long until) {
        var threads = ManagementFactory.getThreadMXBean();
        Monitor monitor = GuestStart.start(guest, RunOptions.of("bare"), Probe.NONE);
        long before = threads.getCurrentThreadCpuTime();
        monitor.run(until);
        return new Measurement(monitor.machine().clock().steps(), threads.getCurrentThreadCpuTime() - before);
    }
}
