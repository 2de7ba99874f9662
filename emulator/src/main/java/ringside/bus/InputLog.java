package ringside.bus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Inputs that grow while the machine runs. The log is bounded: what does not fit is refused. */
public final class InputLog implements Inputs {
    /** The most bytes that one log holds: 64 KiB of typing. */
    public static final int CAPACITY = 1 << 16;

    private long[] times = new long[16];
    private byte[] values = new byte[16];
    private int size;
    private final List<Runnable> listeners = new ArrayList<>();

    /**
     * Adds a byte.
     *
     * @param time guest time from which it can arrive, not before that of the last byte
     * @param value 0 to 255
     * @return false if the log is full: the byte was not added
     */
    public boolean append(long time, int value) {
        if (time < 0 || (size > 0 && time < times[size - 1])) {
            throw new IllegalStateException("input at " + time + " comes before the one already logged");
        }
        if (size == CAPACITY) {
            return false;
        }
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            values = Arrays.copyOf(values, 2 * size);
        }
        times[size] = time;
        values[size] = (byte) value;
        size++;
        listeners.forEach(Runnable::run);
        return true;
    }

    /** Forgets every byte whose time is later than the given one: a machine that went back starts another future there. */
    public void forgetAfter(long time) {
        int kept = size;
        while (kept > 0 && times[kept - 1] > time) {
            kept--;
        }
        if (kept < size) {
            size = kept;
            listeners.forEach(Runnable::run);
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public long time(int index) {
        return times[checked(index)];
    }

    @Override
    public int value(int index) {
        return values[checked(index)] & 0xFF;
    }

    @Override
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    private int checked(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException(index);
        }
        return index;
    }
}
