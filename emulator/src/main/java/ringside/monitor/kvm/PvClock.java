package ringside.monitor.kvm;

import ringside.bus.Clock;
import ringside.bus.DirectMemory;

/**
 * The clock that KVM shares with its guest: structures in the guest's memory from which it reads the time with RDTSC and a multiplication,
 * without leaving (Linux, msr.rst: struct pvclock_vcpu_time_info, struct pvclock_wall_clock).
 *
 * <p>A reader takes the version before and after: while it is odd, the structure is being written.
 */
final class PvClock {
    /** When the guest's real-time clock started: 2008-01-01 00:00:00 UTC, in seconds of Unix. */
    private static final long START = 1_199_145_600;

    private static final long SECOND = 1_000_000_000;

    // struct pvclock_vcpu_time_info.
    private static final int TIME_STAMP = 8;
    private static final int SYSTEM_TIME = 16;
    private static final int MULTIPLIER = 24;
    private static final int SHIFT_AND_FLAGS = 28;
    private static final int TIME_LENGTH = 32;

    /** A time stamp is a nanosecond: ((stamps << 1) * 2^31) >> 32, as arch/x86/kvm/x86.c, kvm_get_time_scale, finds for 1 GHz. */
    private static final long HALF = 1L << 31;

    private static final int SHIFT = 1;
    private static final int STABLE = 1 << 8;

    // struct pvclock_wall_clock.
    private static final int SECONDS = 4;
    private static final int NANOSECONDS = 8;
    private static final int WALL_LENGTH = 12;

    // struct kvm_clock_pairing.
    private static final int PAIRED_NANOSECONDS = 8;
    private static final int PAIRED_STAMP = 16;
    private static final int PAIRED_FLAGS = 24;
    private static final int PAIRING_LENGTH = 64;

    private final Clock clock;
    private final DirectMemory memory;

    PvClock(Clock clock, DirectMemory memory) {
        this.clock = clock;
        this.memory = memory;
    }

    private boolean isPlace(long address, int length) {
        return (address & 3) == 0 && memory.holds(address, length);
    }

    /** The time since the machine was made, and the guest's time stamp that belongs to it. */
    void writeTime(long address, long stamp) {
        if (!isPlace(address, TIME_LENGTH)) {
            return;
        }
        long version = memory.read(address, 4) | 1;
        memory.write(address, 4, version);
        writeLong(address + TIME_STAMP, stamp);
        writeLong(address + SYSTEM_TIME, clock.now());
        memory.write(address + MULTIPLIER, 4, HALF);
        memory.write(address + SHIFT_AND_FLAGS, 4, SHIFT | STABLE);
        memory.write(address, 4, version + 1);
    }

    /** The wall clock at the moment that system time counts from. */
    void writeWallClock(long address) {
        if (!isPlace(address, WALL_LENGTH)) {
            return;
        }
        long version = memory.read(address, 4) | 1;
        memory.write(address, 4, version);
        memory.write(address + SECONDS, 4, START);
        memory.write(address + NANOSECONDS, 4, 0);
        memory.write(address, 4, version + 1);
    }

    /** The wall clock now, and the time stamp that belongs to it. @return false where that is no RAM of the guest's */
    boolean pair(long address, long stamp) {
        if (!isPlace(address, PAIRING_LENGTH)) {
            return false;
        }
        memory.load(address, new byte[PAIRING_LENGTH]);
        writeLong(address, START + clock.now() / SECOND);
        writeLong(address + PAIRED_NANOSECONDS, clock.now() % SECOND);
        writeLong(address + PAIRED_STAMP, stamp);
        memory.write(address + PAIRED_FLAGS, 4, 0);
        return true;
    }

    private void writeLong(long address, long value) {
        memory.write(address, 4, value & 0xFFFF_FFFFL);
        memory.write(address + 4, 4, value >>> 32);
    }
}
