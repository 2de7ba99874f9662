package ringside.device;

/**
 * One of the three counters of an 8254. It counts CLK pulses: {@link #advance} brings it to a pulse count, pulse by pulse
 * where something happens and in one leap where it merely counts.
 *
 * <p>A write lies between two pulses and takes effect at the next one (Operation Common to All Modes). Left open by the
 * data sheet and chosen here: before any control word OUT is high, as five of the six modes begin, so that programming one
 * makes no edge; after a control word the counting element stands still until a count is loaded; the
 * illegal count 1 of modes 2 and 3 leaves OUT high; BCD digits above 9 weigh what they are; a trigger before any count
 * was written is lost.
 *
 * <p>Source: Intel 8254 data sheet, Mode Definitions.
 */
public final class PitChannel {
    private static final int LOW_BYTE = 1;
    private static final int HIGH_BYTE = 2;
    private static final int BOTH_BYTES = 3;

    private long pulses;
    /** Bits 5 to 0 of the control word as written: read/write, mode, BCD. */
    private int control = BOTH_BYTES << 4;

    private boolean gate;
    private boolean out = true;
    /** The counting element: what is left, from the initial count down to 0, then again from the largest count. */
    private int count;
    /** The count register: 1 to 65536, in BCD to 10000. */
    private int initial = 1 << 16;
    /** What the counting element was loaded with last: the parity decides the shape of mode 3. */
    private int loaded = 1 << 16;

    private boolean armed;
    private boolean loadPending;
    private boolean running;
    private boolean strobeAhead;
    private boolean nullCount = true;
    private boolean waitsForHighByte;
    private int lowByte;
    private boolean readsHighByte;
    /** What was latched for the next reads, or -1. */
    private int latchedCount = -1;

    private int latchedStatus = -1;

    PitChannel(boolean gate) {
        this.gate = gate;
    }

    boolean out() {
        return out;
    }

    /** CLK pulses so far. */
    long pulses() {
        return pulses;
    }

    /** Control Word Format, for this counter. */
    void control(int word) {
        control = word & 0x3F;
        out = mode() != 0;
        armed = false;
        loadPending = false;
        running = false;
        strobeAhead = false;
        nullCount = true;
        waitsForHighByte = false;
        readsHighByte = false;
        latchedCount = -1;
        latchedStatus = -1;
    }

    /** Counter Latch Command: holds the count until it is read; a second latch before that is ignored. */
    void latchCount() {
        if (latchedCount < 0) {
            latchedCount = shownCount();
        }
    }

    /** Read-Back Command, status: OUT, null count, and the control word as it was written. */
    void latchStatus() {
        if (latchedStatus < 0) {
            latchedStatus = (out ? 0x80 : 0) | (nullCount ? 0x40 : 0) | control;
        }
    }

    /** A read of the counter's port: first a latched status, then a latched count, else the running count. */
    int read() {
        if (latchedStatus >= 0) {
            int status = latchedStatus;
            latchedStatus = -1;
            return status;
        }
        int value = latchedCount >= 0 ? latchedCount : shownCount();
        int access = control >> 4;
        boolean high = access == HIGH_BYTE || readsHighByte;
        if (access == BOTH_BYTES) {
            readsHighByte = !readsHighByte;
        }
        if (access != BOTH_BYTES || high) {
            latchedCount = -1;
        }
        return high ? value >> 8 : value & 0xFF;
    }

    /** A write to the counter's port: one byte of a count, or both in turn. */
    void write(int value) {
        int access = control >> 4;
        if (access == BOTH_BYTES && !waitsForHighByte) {
            waitsForHighByte = true;
            lowByte = value;
            if (mode() == 0) {
                out = false; // Mode 0: the first byte disables counting, and OUT is low immediately
                running = false;
                loadPending = false;
            }
            return;
        }
        waitsForHighByte = false;
        written(
                switch (access) {
                    case LOW_BYTE -> value;
                    case HIGH_BYTE -> value << 8;
                    default -> (value << 8) | lowByte;
                });
    }

    private void written(int value) {
        int number = bcd() ? fromDigits(value) : value;
        initial = number == 0 ? modulus() : number;
        nullCount = true;
        boolean first = !armed;
        armed = true;
        switch (mode()) {
            case 0 -> {
                out = false;
                loadPending = true;
            }
            case 1, 5 -> {} // waits for a trigger
            case 4 -> loadPending = true;
            default -> loadPending |= first; // modes 2 and 3: a later count waits for the end of the (half) period
        }
    }

    /** The GATE input. Gate Pin Operations Summary: a level in modes 0, 2, 3 and 4, a rise in modes 1, 2, 3 and 5. */
    void gate(boolean level) {
        boolean rise = level && !gate;
        gate = level;
        switch (mode()) {
            case 0, 4 -> {}
            case 1, 5 -> loadPending |= rise && armed;
            default -> {
                loadPending |= rise && armed;
                out |= !level;
            }
        }
    }

    /** Brings the counter to the given number of CLK pulses, not less than now. */
    void advance(long to) {
        while (pulses < to) {
            long leap = Math.min(quietPulses(), to - pulses);
            if (leap > 0) {
                leap(leap);
            } else {
                pulse();
                skipPeriods(to);
            }
        }
    }

    /** The pulse count at which OUT changes next if nothing is written until then, or -1 for never. */
    long nextChange() {
        PitChannel future = new PitChannel(gate);
        future.restore(save());
        // Between now and a change lie at most a load, the end of a period of an illegal count, and plain counting.
        for (int special = 0; special < 4; special++) {
            long quiet = future.quietPulses();
            if (quiet == Long.MAX_VALUE) {
                return -1;
            }
            future.advance(future.pulses + quiet);
            future.pulse();
            if (future.out != out) {
                return future.pulses;
            }
        }
        throw new IllegalStateException("an 8254 counter that neither changes nor rests: " + save());
    }

    /** How many of the next pulses only count down, or do nothing; the largest long if all of them. */
    private long quietPulses() {
        if (loadPending) {
            return 0;
        }
        int mode = mode();
        if (mode >= 4 && !out) {
            return 0;
        }
        if (!counts()) {
            return Long.MAX_VALUE;
        }
        return switch (mode) {
            case 0, 1 -> out ? Long.MAX_VALUE : count - 1;
            case 2 -> loaded == 1 && initial == 1 ? Long.MAX_VALUE : Math.max(0, count - 2);
            case 3 -> loaded == 1 && initial == 1 ? Long.MAX_VALUE : (count - lastOfHalfPeriod()) / 2;
            default -> strobeAhead ? count - 1 : Long.MAX_VALUE;
        };
    }

    private void leap(long quiet) {
        pulses += quiet;
        if (counts() && !(loaded == 1 && periodic())) {
            long left = count - quiet * (mode() == 3 ? 2 : 1);
            count = (int) (left >= 0 ? left : Math.floorMod(left, (long) modulus()));
        }
    }

    /** One CLK pulse. */
    private void pulse() {
        pulses++;
        int mode = mode();
        if (mode >= 4) {
            out = true; // a strobe lasts one pulse
        }
        if (loadPending) {
            loadPending = false;
            running = true;
            strobeAhead = true;
            load();
            out = switch (mode) {
                case 0, 1 -> false;
                default -> true;
            };
        } else if (counts()) {
            count(mode);
        }
    }

    private void count(int mode) {
        if ((mode == 2 && count == 1) || (mode == 3 && (loaded == 1 || count == lastOfHalfPeriod()))) {
            boolean next = mode == 2 || loaded == 1 || !out;
            load();
            out = next || initial == 1;
            return;
        }
        count = count == 0 ? modulus() - 1 : count - (mode == 3 ? 2 : 1);
        if (mode == 2) {
            out = count != 1;
        } else if (mode <= 1 && count == 0) {
            out = true;
        } else if (mode >= 4 && count == 0 && strobeAhead) {
            out = false;
            strobeAhead = false;
        }
    }

    /** The count register goes to the counting element; in mode 3 without its lowest bit. */
    private void load() {
        loaded = initial;
        nullCount = false;
        count = mode() == 3 ? initial & ~1 : initial;
    }

    /** In modes 2 and 3 whole periods that lie ahead change nothing: at the start of one, the clock may jump over them. */
    private void skipPeriods(long to) {
        if (periodic()
                && counts()
                && !loadPending
                && loaded == initial
                && initial > 1
                && out
                && count == (mode() == 3 ? initial & ~1 : initial)) {
            pulses += (to - pulses) / initial * initial;
        }
    }

    /** Mode 3: with an odd count the high half lasts one pulse longer, down to 0. */
    private int lastOfHalfPeriod() {
        return out && (loaded & 1) != 0 ? 0 : 2;
    }

    private boolean counts() {
        return running && (gate || mode() == 1 || mode() == 5);
    }

    private boolean periodic() {
        return mode() == 2 || mode() == 3;
    }

    private int mode() {
        int mode = (control >> 1) & 7;
        return mode > 5 ? mode - 4 : mode; // M2 is a don't-care bit of modes 2 and 3
    }

    private boolean bcd() {
        return (control & 1) != 0;
    }

    private int modulus() {
        return bcd() ? 10_000 : 1 << 16;
    }

    /** The counting element as a program reads it: 16 bits, or four decimal digits. */
    private int shownCount() {
        int value = count % modulus();
        return bcd()
                ? ((value / 1000) << 12) | ((value / 100 % 10) << 8) | ((value / 10 % 10) << 4) | (value % 10)
                : value;
    }

    private static int fromDigits(int value) {
        return (value >> 12) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
    }

    State save() {
        return new State(
                pulses,
                control,
                gate,
                out,
                count,
                initial,
                loaded,
                armed,
                loadPending,
                running,
                strobeAhead,
                nullCount,
                waitsForHighByte,
                lowByte,
                readsHighByte,
                latchedCount,
                latchedStatus);
    }

    void restore(State state) {
        pulses = state.pulses;
        control = state.control;
        gate = state.gate;
        out = state.out;
        count = state.count;
        initial = state.initial;
        loaded = state.loaded;
        armed = state.armed;
        loadPending = state.loadPending;
        running = state.running;
        strobeAhead = state.strobeAhead;
        nullCount = state.nullCount;
        waitsForHighByte = state.waitsForHighByte;
        lowByte = state.lowByte;
        readsHighByte = state.readsHighByte;
        latchedCount = state.latchedCount;
        latchedStatus = state.latchedStatus;
    }

    /** Every register and flip-flop of a counter. */
    public record State(
            long pulses,
            int control,
            boolean gate,
            boolean out,
            int count,
            int initial,
            int loaded,
            boolean armed,
            boolean loadPending,
            boolean running,
            boolean strobeAhead,
            boolean nullCount,
            boolean waitsForHighByte,
            int lowByte,
            boolean readsHighByte,
            int latchedCount,
            int latchedStatus) {}
}
