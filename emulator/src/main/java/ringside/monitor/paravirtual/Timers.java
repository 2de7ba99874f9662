package ringside.monitor.paravirtual;

import ringside.bus.Deadline;
import ringside.bus.Schedule;
import ringside.monitor.paravirtual.EventChannels.Kind;

/**
 * A domain's time: the virtual timer interrupt, once or periodic, and the clock that the guest reads without asking (Xen's public headers
 * xen.h, struct vcpu_time_info, and vcpu.h).
 */
final class Timers {
    /** VIRQ_TIMER. */
    static final int TIMER = 0;

    /** What a domain has until it says otherwise: 100 Hz. */
    static final long FIRST_PERIOD = 10_000_000;

    /** Nanoseconds from 1970 to guest time 0: 2008-01-01 00:00:00 UTC, as the machine's real-time clock has it. */
    private static final long START_SECONDS = 1_199_145_600L;

    /** The TSC counts one a nanosecond: (tsc << 1) * 2^31 >> 32. */
    private static final long MULTIPLIER = 0x8000_0000L;

    private static final int SHIFT = 1;

    private final XenDomain domain;
    private final Deadline once;
    private final Deadline periodic;
    private final Deadline poll;

    Timers(XenDomain domain, Schedule schedule) {
        this.domain = domain;
        once = schedule.deadline("Xen's one-shot timer", this::canWake, time -> fire());
        periodic = schedule.deadline("Xen's periodic timer", this::canWake, time -> {
            fire();
            again(time);
        });
        poll = schedule.deadline("time-out of SCHEDOP_poll", () -> domain.vcpu().pauses == 0, time -> {
            if (domain.vcpu().activity == VirtualCpu.Activity.POLLING) {
                domain.run();
            }
        });
    }

    /** Is a timer set that can end a wait? */
    boolean endWait() {
        return once.canInterrupt(true) || periodic.canInterrupt(true) || poll.canInterrupt(true);
    }

    /** Can the timer end a wait? */
    private boolean canWake() {
        int port = domain.events().portOf(TIMER);
        return port != 0
                && domain.vcpu().pauses == 0
                && switch (domain.vcpu().activity) {
                    case BLOCKED, HALTED, RUNNING ->
                        domain.hearsEvents() && !domain.events().isMasked(port);
                    case POLLING -> true;
                    case IN_XEN, DOWN -> false;
                };
    }

    /** Is anything of these due? Other deadlines of the machine are no business of the guest's. */
    boolean isDue(long now) {
        return once.time() <= now || periodic.time() <= now || poll.time() <= now;
    }

    private void fire() {
        updateTime();
        int port = domain.events().portOf(TIMER);
        if (port != 0 && domain.events().channel(port).kind() == Kind.VIRQ) {
            domain.raise(port);
        }
    }

    private void again(long time) {
        if (domain.vcpu().period != 0) {
            periodic.at(time + domain.vcpu().period);
        }
    }

    /** @param period in nanoseconds; 0 stops it */
    void period(long period) {
        domain.vcpu().period = period;
        if (period == 0) {
            periodic.cancel();
        } else {
            periodic.at(domain.clock().now() + period);
        }
    }

    /** @param time system time in nanoseconds */
    void once(long time) {
        once.at(Math.max(time, domain.clock().now()));
    }

    void cancelOnce() {
        once.cancel();
    }

    void poll(long time) {
        poll.at(Math.max(time, domain.clock().now()));
    }

    void cancelPoll() {
        poll.cancel();
    }

    /** vcpu_time_info is brought up to date: its version is odd while it changes. */
    void updateTime() {
        VirtualCpu vcpu = domain.vcpu();
        vcpu.timeVersion += 2;
        long now = domain.clock().now();
        write(vcpu.info + Abi.VCPU_TIME, now, vcpu.timeVersion);
        // The copy is at an address of the domain's own: it is brought up to date when the domain has the processor.
        if (vcpu.timeCopy != 0 && domain.isCurrent()) {
            try {
                byte[] copy = new byte[32];
                for (int i = 0; i < copy.length; i++) {
                    copy[i] = (byte) domain.ram().read(vcpu.info + Abi.VCPU_TIME + i, 1);
                }
                domain.memory().bytes(vcpu.timeCopy, copy);
            } catch (Errno.Failure unreachable) {
                // The guest has unmapped it: Xen tries again next time.
                return;
            }
        }
    }

    private void write(long address, long now, int version) {
        var ram = domain.ram();
        ram.write(address, 4, version & 0xFFFF_FFFFL);
        ram.write(address + 8, 8, domain.timeStamp());
        ram.write(address + 16, 8, now);
        ram.write(address + 24, 4, MULTIPLIER);
        ram.write(address + 28, 1, SHIFT);
        ram.write(address + 29, 1, 0);
    }

    /** The time of day when the machine started. */
    void writeWallClock() {
        long address = domain.sharedInfo() + domain.events().wallClock();
        domain.ram().write(address, 4, 2);
        domain.ram().write(address + 4, 4, START_SECONDS & 0xFFFF_FFFFL);
        domain.ram().write(address + 8, 4, 0);
    }
}
