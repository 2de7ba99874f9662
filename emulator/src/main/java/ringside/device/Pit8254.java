package ringside.device;

import java.util.List;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.Device;
import ringside.bus.InterruptLine;
import ringside.bus.Schedule;

/**
 * The 8254 programmable interval timer of a PC: ports 40H to 42H for the three counters, 43H for control words. All
 * counters share a CLK of 1,193,182 Hz of guest time. OUT of counter 0 is IRQ 0; the gates of counters 0 and 1 are tied
 * high; gate and OUT of counter 2 belong to port 61H.
 *
 * <p>Source: Intel 8254 data sheet.
 */
public final class Pit8254 implements Device {
    /** CLK pulses in a second of guest time. */
    public static final long FREQUENCY = 1_193_182;

    private static final long SECOND = 1_000_000_000;
    private static final int CONTROL_PORT = 3;
    private static final int READ_BACK = 3;

    private final Clock clock;
    private final InterruptLine irq0;
    private final Deadline edge;
    private final List<PitChannel> channels =
            List.of(new PitChannel(true), new PitChannel(true), new PitChannel(false));

    public Pit8254(Clock clock, Schedule schedule, InterruptLine irq0) {
        this.clock = clock;
        this.irq0 = irq0;
        edge = schedule.deadline("PIT counter 0", irq0::heard, time -> {
            showEdges(time);
            rearm();
        });
        irq0.set(true); // OUT of a counter that was never programmed
    }

    /** CLK pulses until the given guest time: floor(time x 1193182 / 10^9), exactly. */
    public static long pulses(long time) {
        return time / SECOND * FREQUENCY + time % SECOND * FREQUENCY / SECOND;
    }

    /** The first guest time at which that many CLK pulses have come. */
    public static long timeOf(long pulses) {
        return pulses / FREQUENCY * SECOND + Math.floorDiv(pulses % FREQUENCY * SECOND + FREQUENCY - 1, FREQUENCY);
    }

    @Override
    public int read(int offset, int size) {
        if (offset == CONTROL_PORT) {
            return 0xFF; // Read/Write Logic: a read of the control word address is no operation, the bus floats
        }
        return synced(offset).read();
    }

    @Override
    public void write(int offset, int size, int value) {
        if (offset != CONTROL_PORT) {
            synced(offset).write(value);
        } else if (value >> 6 == READ_BACK) {
            readBack(value);
        } else if ((value >> 4 & 3) == 0) {
            synced(value >> 6).latchCount();
        } else {
            synced(value >> 6).control(value);
        }
        rearm();
    }

    /** Read-Back Command: latches count (bit 5 clear) and status (bit 4 clear) of the counters that bits 3 to 1 select. */
    private void readBack(int value) {
        for (int i = 0; i < 3; i++) {
            if ((value & (2 << i)) != 0) {
                PitChannel channel = synced(i);
                if ((value & (1 << 5)) == 0) {
                    channel.latchCount();
                }
                if ((value & (1 << 4)) == 0) {
                    channel.latchStatus();
                }
            }
        }
    }

    /** GATE of counter 2. */
    void gate2(boolean level) {
        synced(2).gate(level);
    }

    /** OUT of counter 2. */
    boolean out2() {
        return synced(2).out();
    }

    /** A counter brought to the present. */
    private PitChannel synced(int index) {
        if (index == 0 && edge.time() <= clock.now()) {
            showEdges(clock.now());
        }
        PitChannel channel = channels.get(index);
        channel.advance(pulses(clock.now()));
        return channel;
    }

    /** Lets IRQ 0 see each change of OUT of counter 0 until the given guest time, even those that lie close together. */
    private void showEdges(long time) {
        PitChannel channel = channels.get(0);
        long end = pulses(time);
        for (long change = channel.nextChange(); change >= 0 && change <= end; change = channel.nextChange()) {
            channel.advance(change);
            irq0.set(channel.out());
        }
    }

    /** After counter 0 may have changed its ways: the wire shows OUT, and the deadline lies at the next change. */
    private void rearm() {
        PitChannel channel = channels.get(0);
        irq0.set(channel.out());
        long change = channel.nextChange();
        edge.at(change < 0 ? Deadline.NEVER : timeOf(change));
    }

    public State save() {
        return new State(channels.stream().map(PitChannel::save).toList());
    }

    /** Restores the counters; the schedule restores the deadline. */
    public void restore(State state) {
        for (int i = 0; i < channels.size(); i++) {
            channels.get(i).restore(state.channels.get(i));
        }
    }

    /** The three counters. */
    public record State(List<PitChannel.State> channels) {
        public State {
            channels = List.copyOf(channels);
        }
    }
}
