package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;
import ringside.memory.Ram;
import ringside.monitor.paravirtual.VirtualCpu.Activity;

/** Waiting, ending, and the processor's timers: Xen's public headers sched.h and vcpu.h. */
final class SchedulingCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call( 6, "sched_op_compat", SchedulingCalls::oldOperation),
            call(15, "set_timer_op",    SchedulingCalls::setTimer),
            call(24, "vcpu_op",         SchedulingCalls::processorOperation),
            call(29, "sched_op",        SchedulingCalls::operation));
    // spotless:on

    private static final int SHUTDOWN_CRASH = 3;
    private static final int MOST_REASON = 5;
    private static final int MOST_POLLED = 128;
    private static final long SHORTEST_PERIOD = 1_000_000;
    private static final long LONGEST_PERIOD = 1L << 50;

    private SchedulingCalls() {}

    // sched_op.

    private static long oldOperation(XenDomain domain, long[] a) {
        switch ((int) a[0]) {
            case 0 -> domain.vcpu().yields = true;
            case 1 -> block(domain);
            case 2 -> shutdown(domain, (int) a[1]);
            default -> throw Errno.ENOSYS.failure();
        }
        return 0;
    }

    static long operation(XenDomain domain, long[] a) {
        switch ((int) a[0]) {
            case 0 -> domain.vcpu().yields = true;
            case 1 -> block(domain);
            case 2, 5 -> {
                int reason = (int) domain.memory().read(a[1], 4);
                if ((int) a[0] == 5) {
                    if (domain.shutdownCode() >= 0) {
                        throw Errno.EBUSY.failure();
                    }
                    domain.shutdownCode(reason);
                } else {
                    shutdown(domain, reason);
                }
            }
            case 3 -> poll(domain, a[1]);
            case 4 -> throw Errno.EPERM.failure();
            default -> throw Errno.ENOSYS.failure();
        }
        return 0;
    }

    /** Waits for an event; the mask is cleared in the same moment, so that none is missed. */
    private static void block(XenDomain domain) {
        domain.upcallMask(false);
        if (!domain.hasUpcall()) {
            domain.waitAs(Activity.BLOCKED);
        }
    }

    private static void shutdown(XenDomain domain, int given) {
        int reason = domain.shutdownCode() >= 0 ? domain.shutdownCode() : given;
        if (Integer.compareUnsigned(reason, MOST_REASON) > 0) {
            throw Errno.EINVAL.failure();
        }
        if (reason == SHUTDOWN_CRASH) {
            throw new DomainCrash(DomainCrash.Cause.BY_REQUEST);
        }
        domain.shutdown();
    }

    /** struct sched_poll: pointer to ports, their number, a time. */
    private static void poll(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        int word = domain.abi().word();
        long ports = memory.word(at);
        long count = memory.read(at + word, 4);
        long time = memory.read(at + 2L * word, 8);
        if (count > MOST_POLLED) {
            throw Errno.EINVAL.failure();
        }
        int[] polled = new int[(int) count];
        for (int i = 0; i < polled.length; i++) {
            polled[i] = (int) memory.read(ports + i * 4L, 4);
            if (!domain.events().exists(polled[i] & 0xFFFF_FFFFL)) {
                throw Errno.EINVAL.failure();
            }
        }
        domain.work(count);
        for (int port : polled) {
            if (domain.events().isPending(port)) {
                return;
            }
        }
        if (domain.hasUpcall() || time != 0 && time <= domain.clock().now()) {
            return;
        }
        domain.vcpu().polled = polled;
        domain.waitAs(Activity.POLLING);
        if (time > 0) {
            domain.timers().poll(time);
        }
    }

    // Timers.

    static long setTimer(XenDomain domain, long[] a) {
        long time = domain.abi().is64() ? a[0] : a[0] | a[1] << 32;
        if (time == 0) {
            domain.timers().cancelOnce();
        } else {
            // A time far away, or one that wrapped, comes soon: some guests pass what they had no time for.
            boolean strange = time < 0 || time - domain.clock().now() > LONGEST_PERIOD;
            domain.timers().once(strange ? domain.clock().now() + 100_000_000 : time);
        }
        return 0;
    }

    // vcpu_op.

    static long processorOperation(XenDomain domain, long[] a) {
        int command = (int) a[0];
        boolean self = (int) a[1] == 0;
        if (Integer.compareUnsigned((int) a[1], 32) >= 0 || !self) {
            throw Errno.ENOENT.failure();
        }
        GuestMemory memory = domain.memory();
        long at = a[2];
        switch (command) {
            case 0 -> throw Errno.EEXIST.failure();
            case 1 -> {}
            case 2 -> domain.shutdown(); // The last processor goes down.
            case 3 -> {
                return domain.vcpu().activity == Activity.DOWN ? 0 : 1;
            }
            case 4 -> writeRunstate(domain, at);
            case 5 -> {
                long copy = memory.read(at, 8);
                domain.vcpu().runstateCopy = copy;
                if (copy != 0) {
                    writeRunstate(domain, copy);
                }
            }
            case 6 -> setPeriodic(domain, memory.read(at, 8));
            case 7 -> domain.timers().period(0);
            case 8 -> domain.timers().once(memory.read(at, 8));
            case 9 -> domain.timers().cancelOnce();
            case 10 -> registerInfo(domain, memory.read(at, 8), memory.read(at + 8, 4));
            case 11 -> sendNonMaskable(domain, at);
            case 13 -> {
                domain.vcpu().timeCopy = domain.abi().truncate(memory.read(at, 8));
                domain.timers().updateTime();
            }
            default -> throw Errno.ENOSYS.failure();
        }
        return 0;
    }

    /** The only processor that it can be sent to is the one that asks. */
    private static void sendNonMaskable(XenDomain domain, long argument) {
        if (argument != 0) {
            throw Errno.EINVAL.failure();
        }
        domain.vcpu().nonMaskable = true;
    }

    private static void setPeriodic(XenDomain domain, long period) {
        if (period < SHORTEST_PERIOD || period > LONGEST_PERIOD) {
            throw Errno.EINVAL.failure();
        }
        domain.timers().period(period);
    }

    /** struct vcpu_runstate_info: state, time of entry, times in each state (running, runnable, blocked, offline). */
    private static void writeRunstate(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        VirtualCpu vcpu = domain.vcpu();
        int gap = domain.abi().is64() ? 8 : 4;
        long now = domain.clock().now();
        memory.write(at, 4, 0);
        memory.write(at + gap, 8, vcpu.waitsSince);
        memory.write(at + gap + 8, 8, now - vcpu.waited - vcpu.stolen);
        memory.write(at + gap + 16, 8, vcpu.stolen);
        memory.write(at + gap + 24, 8, vcpu.waited);
        memory.write(at + gap + 32, 8, 0);
    }

    /** vcpu_info may lie in a frame of the guest's own. */
    private static void registerInfo(XenDomain domain, long frame, long offset) {
        VirtualCpu vcpu = domain.vcpu();
        if (offset > Ram.FRAME_SIZE - Abi.VCPU_INFO || (offset & domain.abi().word() - 1) != 0) {
            throw Errno.ENXIO.failure();
        }
        if (vcpu.infoRegistered) {
            throw Errno.EINVAL.failure();
        }
        int pinned = domain.pinWritable(frame);
        if (pinned < 0) {
            throw Errno.EINVAL.failure();
        }
        long to = (long) pinned << 12 | offset;
        for (int i = 0; i < Abi.VCPU_INFO; i++) {
            domain.ram().write(to + i, 1, domain.ram().read(vcpu.info + i, 1));
        }
        vcpu.info = to;
        vcpu.infoRegistered = true;
        domain.events().tellAll(to);
    }
}
