package ringside.device;

import java.util.function.BooleanSupplier;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.Schedule;

/**
 * The timer of a local APIC: a counter that counts down once in so many units of guest time as the divide configuration says (its undivided
 * frequency is 1 GHz), or a deadline of the time-stamp counter.
 *
 * <p>Source: SDM 3A, APIC Timer, and its subsection TSC-Deadline Mode.
 */
final class ApicTimer {
    /** The timer mode field of the LVT timer register. */
    enum Mode {
        ONE_SHOT,
        PERIODIC,
        TSC_DEADLINE
    }

    private final Clock clock;
    private final Deadline alarm;
    private final Runnable expired;

    private Mode mode = Mode.ONE_SHOT;
    private boolean masked = true;
    private long initial;
    private int divideConfiguration;

    /** The count at a moment from which on nothing but time has changed it. */
    private long countThen;

    private long then;

    /** IA32_TSC_DEADLINE; 0 is disarmed. */
    private long target;

    /** Time-stamp counter less guest time. */
    private long adjust;

    /**
     * @param canInterrupt whether an expiry now would interrupt the processor
     * @param expired what an expiry does
     */
    ApicTimer(Clock clock, Schedule schedule, BooleanSupplier canInterrupt, Runnable expired) {
        this.clock = clock;
        this.expired = expired;
        alarm = schedule.deadline("local APIC timer", canInterrupt, this::expire);
    }

    private void expire(long time) {
        switch (mode) {
            case ONE_SHOT -> hold(0, time);
            case PERIODIC -> hold(initial, time);
            case TSC_DEADLINE -> target = 0;
        }
        arm();
        expired.run();
    }

    /** The present count, from the moment on at which the counter came to it. */
    private void holdHere() {
        long since = (clock.now() - then) % divisor();
        hold(count(), clock.now() - since);
    }

    private void hold(long count, long time) {
        countThen = count;
        then = time;
    }

    /** What the LVT timer register says; a change to or from TSC-deadline mode disarms. */
    void configure(Mode newMode, boolean newMasked) {
        holdHere();
        if ((newMode == Mode.TSC_DEADLINE) != (mode == Mode.TSC_DEADLINE)) {
            initial = 0;
            hold(0, clock.now());
            target = 0;
        }
        settleTarget();
        mode = newMode;
        masked = newMasked;
        arm();
    }

    /** A write to the initial count starts the counter; 0 stops it. TSC-deadline mode takes no notice. */
    void initialCount(int count) {
        if (mode != Mode.TSC_DEADLINE) {
            initial = count & 0xFFFF_FFFFL;
            hold(initial, clock.now());
            arm();
        }
    }

    int initialCount() {
        return (int) initial;
    }

    int currentCount() {
        return (int) count();
    }

    private long count() {
        if (mode == Mode.TSC_DEADLINE) {
            return 0;
        }
        long counted = (clock.now() - then) / divisor();
        if (counted < countThen) {
            return countThen - counted;
        }
        boolean again = mode == Mode.PERIODIC && countThen != 0 && initial != 0;
        return again ? initial - (counted - countThen) % initial : 0;
    }

    /** The counter goes on from where it is. */
    void divideConfiguration(int value) {
        holdHere();
        divideConfiguration = value & 0b1011;
        arm();
    }

    int divideConfiguration() {
        return divideConfiguration;
    }

    /** Bits 3, 1 and 0: 000 is 2, 001 is 4 and so on to 128; 111 is 1. */
    private int divisor() {
        int code = divideConfiguration >>> 1 & 0b100 | divideConfiguration & 0b11;
        return code == 0b111 ? 1 : 2 << code;
    }

    /** WRMSR of IA32_TSC_DEADLINE; 0 disarms. Other modes take no notice. */
    void deadline(long timeStamp) {
        if (mode == Mode.TSC_DEADLINE) {
            target = timeStamp;
            arm();
        }
    }

    /** IA32_TSC_DEADLINE: 0 once it has passed. */
    long deadline() {
        settleTarget();
        return target;
    }

    /** One that has passed while it was masked is gone. */
    private void settleTarget() {
        if (masked && Long.compareUnsigned(target, clock.now() + adjust) <= 0) {
            target = 0;
        }
    }

    void timeStampAdjusted(long newAdjust) {
        settleTarget();
        adjust = newAdjust;
        arm();
    }

    /** Guest time of the next expiry that somebody hears of, or {@link Deadline#NEVER}. */
    long alarm() {
        return alarm.time();
    }

    private void arm() {
        alarm.at(masked ? Deadline.NEVER : expiry());
    }

    private long expiry() {
        if (mode == Mode.TSC_DEADLINE) {
            if (target == 0) {
                return Deadline.NEVER;
            }
            long now = clock.now();
            long wait = target - (now + adjust);
            if (Long.compareUnsigned(target, now + adjust) <= 0) {
                return now;
            }
            return wait < 0 || now + wait < 0 ? Deadline.NEVER : now + wait;
        }
        if (initial == 0 || countThen == 0) {
            return Deadline.NEVER;
        }
        long zero = then + countThen * divisor();
        return zero < 0 ? Deadline.NEVER : zero;
    }

    /** SDM 3A, Local APIC State After Power-Up or Reset. The time-stamp counter goes on. */
    void reset() {
        mode = Mode.ONE_SHOT;
        masked = true;
        initial = 0;
        divideConfiguration = 0;
        hold(0, 0);
        target = 0;
        arm();
    }

    /** Every register; the schedule restores the deadline. */
    public record State(
            Mode mode,
            boolean masked,
            long initial,
            int divideConfiguration,
            long countThen,
            long then,
            long target,
            long adjust) {}

    State save() {
        return new State(mode, masked, initial, divideConfiguration, countThen, then, target, adjust);
    }

    void restore(State state) {
        mode = state.mode;
        masked = state.masked;
        initial = state.initial;
        divideConfiguration = state.divideConfiguration;
        countThen = state.countThen;
        then = state.then;
        target = state.target;
        adjust = state.adjust;
    }
}
