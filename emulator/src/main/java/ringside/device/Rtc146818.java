package ringside.device;

import java.util.ArrayList;
import java.util.List;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.Device;
import ringside.bus.InterruptLine;
import ringside.bus.Schedule;

/**
 * The MC146818 real-time clock with 128 bytes of CMOS memory: offset 0 takes the index (port 70H; its bit 7, the NMI
 * mask of the board, is dropped and the port reads as all ones), offset 1 is the data (port 71H).
 *
 * <p>It starts at 2008-01-01 00:00:00 UTC, running, in BCD and 24-hour format, and counts guest time. An update ends with
 * the second; UIP rises 2,228 microseconds before (244 until the update begins, 1,984 for the update), and until its end
 * the old values can be read. Only the 32,768 Hz divider setting runs; daylight saving is stored and not followed.
 *
 * <p>Source: Motorola MC146818A data sheet; sections are cited by title.
 */
public final class Rtc146818 implements Device {
    private static final long SECOND = 1_000_000_000;
    private static final long UPDATE_WARNING = 2_228_000;

    private static final int SECONDS = 0;
    private static final int SECONDS_ALARM = 1;
    private static final int MINUTES = 2;
    private static final int MINUTES_ALARM = 3;
    private static final int HOURS = 4;
    private static final int HOURS_ALARM = 5;
    private static final int WEEKDAY = 6;
    private static final int DAY = 7;
    private static final int MONTH = 8;
    private static final int YEAR = 9;
    private static final int REGISTER_A = 10;
    private static final int REGISTER_B = 11;
    private static final int REGISTER_C = 12;
    private static final int REGISTER_D = 13;
    private static final int CENTURY = 0x32;

    private static final int A_UPDATE_IN_PROGRESS = 1 << 7;
    private static final int B_SET = 1 << 7;
    private static final int B_PERIODIC = 1 << 6;
    private static final int B_ALARM = 1 << 5;
    private static final int B_UPDATE = 1 << 4;
    private static final int B_BINARY = 1 << 2;
    private static final int B_24_HOURS = 1 << 1;
    private static final int C_REQUEST = 1 << 7;
    private static final int D_VALID = 1 << 7;
    private static final int AFTERNOON = 1 << 7;
    private static final int DONT_CARE = 0xC0;

    private final Clock clock;
    private final InterruptLine irq8;
    private final Deadline event;
    private final byte[] cells = new byte[128];
    private int index;
    /** Guest time at which a second began; the divider counts from here. */
    private long anchor;
    /** Until when the registers have been counted on. */
    private long counted;
    /** The flags of register C without the request bit. */
    private int flags;

    /**
     * @param memory bytes of RAM, as the machine's firmware would have noted them in the CMOS memory
     */
    public Rtc146818(Clock clock, Schedule schedule, InterruptLine irq8, long memory) {
        this.clock = clock;
        this.irq8 = irq8;
        event = schedule.deadline("RTC", this::canInterrupt, this::update);
        cells[REGISTER_A] = 0x26;
        cells[REGISTER_B] = B_24_HOURS;
        store(RtcCalendar.START);
        cells[CENTURY] = 0x20;
        noteMemory(memory);
    }

    /** The bytes by which programs of the AT's time learn the memory size, and the checksum over 10H to 2DH. */
    private void noteMemory(long memory) {
        long extended = Math.max(0, memory - (1 << 20)) >> 10;
        long above16 = Math.max(0, memory - (16 << 20)) >> 16;
        word(0x15, Math.min(640, memory >> 10));
        word(0x17, Math.min(0xFFFF, extended));
        word(0x30, Math.min(0xFFFF, extended));
        word(0x34, Math.min(0xFFFF, above16));
        int sum = 0;
        for (int i = 0x10; i <= 0x2D; i++) {
            sum += cells[i] & 0xFF;
        }
        cells[0x2E] = (byte) (sum >> 8);
        cells[0x2F] = (byte) sum;
    }

    private void word(int at, long value) {
        cells[at] = (byte) value;
        cells[at + 1] = (byte) (value >> 8);
    }

    @Override
    public int read(int offset, int size) {
        if (offset == 0) {
            return 0xFF;
        }
        count(clock.now());
        int value = switch (index) {
            case REGISTER_A -> cell(REGISTER_A) | (updateInProgress() ? A_UPDATE_IN_PROGRESS : 0);
            case REGISTER_C -> flags | (requested() ? C_REQUEST : 0);
            case REGISTER_D -> D_VALID;
            default -> cell(index);
        };
        if (index == REGISTER_C) {
            flags = 0;
        }
        update(clock.now());
        return value;
    }

    @Override
    public void write(int offset, int size, int value) {
        if (offset == 0) {
            index = value & 0x7F;
            return;
        }
        count(clock.now());
        switch (index) {
            case REGISTER_A -> control(value & 0x7F);
            case REGISTER_B -> enable(value);
            case REGISTER_C, REGISTER_D -> {}
            default -> cells[index] = (byte) value;
        }
        update(clock.now());
    }

    /** Register A: after the divider leaves reset, the first update comes half a second later. */
    private void control(int value) {
        boolean wasRunning = dividerRuns();
        cells[REGISTER_A] = (byte) value;
        if (dividerRuns() && !wasRunning) {
            anchor = clock.now() - SECOND / 2;
        }
    }

    /** Register B: SET stops the updates, and its rise switches the update-ended interrupt off. */
    private void enable(int value) {
        boolean rise = (value & ~cell(REGISTER_B) & B_SET) != 0;
        cells[REGISTER_B] = (byte) (rise ? value & ~B_UPDATE : value);
    }

    private int cell(int at) {
        return cells[at] & 0xFF;
    }

    private boolean enabled(int bit) {
        return (cell(REGISTER_B) & bit) != 0;
    }

    /** Divider control bits DV2 to DV0: 010 is the 32,768 Hz crystal of every PC. */
    private boolean dividerRuns() {
        return (cell(REGISTER_A) >> 4 & 7) == 0b010;
    }

    private boolean updates() {
        return dividerRuns() && !enabled(B_SET);
    }

    private boolean updateInProgress() {
        return updates() && Math.floorMod(clock.now() - anchor, SECOND) >= SECOND - UPDATE_WARNING;
    }

    private boolean requested() {
        return (flags & cell(REGISTER_B) & (B_PERIODIC | B_ALARM | B_UPDATE)) != 0;
    }

    /** Counts the registers on to the given guest time and raises the flags of what has happened on the way. */
    private void count(long now) {
        if (dividerRuns()) {
            if (periodicEvents(now) > periodicEvents(counted)) {
                flags |= B_PERIODIC;
            }
            long seconds = secondsUntil(now) - secondsUntil(counted);
            if (seconds > 0 && updates()) {
                flags |= B_UPDATE;
                if (secondsToAlarm() <= seconds) {
                    flags |= B_ALARM;
                }
                store(calendar().plus(seconds));
            }
        }
        counted = now;
    }

    private long secondsUntil(long time) {
        return Math.floorDiv(time - anchor, SECOND);
    }

    /** Periodic Interrupt Selection, for the 32,768 Hz time base: the rate in Hz, or 0 for none. */
    private int periodicRate() {
        int select = cell(REGISTER_A) & 15;
        return select == 0 ? 0 : select <= 2 ? 512 >> select : 65_536 >> select;
    }

    private long periodicEvents(long time) {
        long since = time - anchor;
        return Math.floorDiv(since, SECOND) * periodicRate() + Math.floorMod(since, SECOND) * periodicRate() / SECOND;
    }

    private long nextPeriodicEvent(long now) {
        long since = now - anchor;
        int rate = periodicRate();
        long next = Math.floorMod(since, SECOND) * rate / SECOND + 1;
        return anchor + Math.floorDiv(since, SECOND) * SECOND + (next * SECOND + rate - 1) / rate;
    }

    /** Brings the request line and the deadline up to date. A flag that interrupts waits for register C to be read. */
    private void update(long now) {
        count(now);
        irq8.set(requested());
        event.at(requested() ? Deadline.NEVER : nextInterrupt(now));
    }

    private long nextInterrupt(long now) {
        if (!dividerRuns()) {
            return Deadline.NEVER;
        }
        long next = Deadline.NEVER;
        if (enabled(B_PERIODIC) && periodicRate() > 0) {
            next = nextPeriodicEvent(now);
        }
        if (updates()) {
            long second = anchor + secondsUntil(now) * SECOND;
            if (enabled(B_UPDATE)) {
                next = Math.min(next, second + SECOND);
            }
            if (enabled(B_ALARM)) {
                long seconds = secondsToAlarm();
                next = seconds == Deadline.NEVER ? next : Math.min(next, second + seconds * SECOND);
            }
        }
        return next;
    }

    private boolean canInterrupt(boolean maskable) {
        return irq8.heard(maskable);
    }

    /**
     * Alarm: the seconds, at least one, until hours, minutes and seconds all match, where C0H to FFH matches anything;
     * {@link Deadline#NEVER} if no time of a day does.
     */
    private long secondsToAlarm() {
        int start = calendar().secondOfDay();
        int ahead = 1;
        while (ahead <= 86_400) {
            int time = (start + ahead) % 86_400;
            if (!matches(HOURS_ALARM, encodeHour(time / 3600))) {
                ahead += 3600 - time % 3600;
            } else if (!matches(MINUTES_ALARM, encode(time / 60 % 60))) {
                ahead += 60 - time % 60;
            } else if (!matches(SECONDS_ALARM, encode(time % 60))) {
                ahead++;
            } else {
                return ahead;
            }
        }
        return Deadline.NEVER;
    }

    private boolean matches(int alarm, int value) {
        return cell(alarm) >= DONT_CARE || cell(alarm) == value;
    }

    private RtcCalendar calendar() {
        return RtcCalendar.clamped(
                decode(cell(SECONDS)),
                decode(cell(MINUTES)),
                decodeHour(cell(HOURS)),
                decode(cell(WEEKDAY)),
                decode(cell(DAY)),
                decode(cell(MONTH)),
                decode(cell(YEAR)));
    }

    private void store(RtcCalendar calendar) {
        cells[SECONDS] = (byte) encode(calendar.second());
        cells[MINUTES] = (byte) encode(calendar.minute());
        cells[HOURS] = (byte) encodeHour(calendar.hour());
        cells[WEEKDAY] = (byte) encode(calendar.weekday());
        cells[DAY] = (byte) encode(calendar.day());
        cells[MONTH] = (byte) encode(calendar.month());
        cells[YEAR] = (byte) encode(calendar.year());
    }

    private int encode(int value) {
        return enabled(B_BINARY) ? value : ((value / 10) << 4) | (value % 10);
    }

    private int decode(int value) {
        return enabled(B_BINARY) ? value : (value >> 4) * 10 + (value & 15);
    }

    private int encodeHour(int hour) {
        if (enabled(B_24_HOURS)) {
            return encode(hour);
        }
        return encode(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? AFTERNOON : 0);
    }

    private int decodeHour(int value) {
        if (enabled(B_24_HOURS)) {
            return decode(value);
        }
        return decode(value & 0x7F) % 12 + ((value & AFTERNOON) != 0 ? 12 : 0);
    }

    public State save() {
        List<Byte> copy = new ArrayList<>(cells.length);
        for (byte cell : cells) {
            copy.add(cell);
        }
        return new State(copy, index, anchor, counted, flags);
    }

    /** Restores the registers; the schedule restores the deadline, the interrupt controller its input. */
    public void restore(State state) {
        for (int i = 0; i < cells.length; i++) {
            cells[i] = state.cells.get(i);
        }
        index = state.index;
        anchor = state.anchor;
        counted = state.counted;
        flags = state.flags;
    }

    /**
     * The whole chip.
     *
     * @param cells registers and CMOS memory, as of {@code counted}
     * @param anchor guest time at which a second began
     * @param counted guest time until which the registers have been counted on
     */
    public record State(List<Byte> cells, int index, long anchor, long counted, int flags) {
        public State {
            cells = List.copyOf(cells);
        }
    }
}
