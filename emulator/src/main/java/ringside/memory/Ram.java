package ringside.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The memory chips: 4 KiB frames, allocated when first written.
 *
 * <p>Frames that hold decoded instructions are <em>watched</em>: every write to them is reported, so that stale steps can be dropped
 * exactly. Whoever keeps references to frames registers an {@link Observer} and drops them when told.
 */
public final class Ram {
    public static final int FRAME_SIZE = 4096;
    public static final int OFFSET = FRAME_SIZE - 1;

    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final byte[] ZEROS = new byte[FRAME_SIZE];

    private final byte[][] frames;
    private final boolean[] dirty;
    private final boolean[] watched;
    private final List<Observer> observers = new ArrayList<>();
    private byte[][] lastSnapshot;
    private int used;

    /** Told when references to frames must be dropped. */
    public interface Observer {
        /** References to frames kept for writing are void: the next write must come through {@link Ram} again. */
        void dropWritable();

        /** All references to frames are void. */
        void dropAll();

        /** A watched frame was written: {@code size} bytes from {@code offset}. */
        void written(int frame, int offset, int size);
    }

    /** @param frames number of 4 KiB frames, at least 1 */
    public Ram(int frames) {
        if (frames < 1) {
            throw new IllegalArgumentException("RAM needs at least one frame, not " + frames);
        }
        this.frames = new byte[frames][];
        this.dirty = new boolean[frames];
        this.watched = new boolean[frames];
        this.lastSnapshot = new byte[frames][];
    }

    public int frames() {
        return frames.length;
    }

    /** @return size in bytes */
    public long size() {
        return (long) frames.length * FRAME_SIZE;
    }

    /** Frames that take memory: written at least once. */
    public int usedFrames() {
        return used;
    }

    public void observe(Observer observer) {
        observers.add(observer);
    }

    /** The bytes of a frame, to be read only. Valid until an observer is told otherwise. */
    public byte[] readable(int frame) {
        byte[] bytes = frames[frame];
        return bytes == null ? ZEROS : bytes;
    }

    /** The bytes of a frame, to be written; the caller reports writes to watched frames by {@link #wrote}. */
    public byte[] writable(int frame) {
        dirty[frame] = true;
        byte[] bytes = frames[frame];
        if (bytes == null) {
            bytes = new byte[FRAME_SIZE];
            frames[frame] = bytes;
            used++;
            observers.forEach(Observer::dropAll);
        }
        return bytes;
    }

    public boolean isWatched(int frame) {
        return watched[frame];
    }

    /** From now on every write to the frame is reported. */
    public void watch(int frame) {
        if (!watched[frame]) {
            watched[frame] = true;
            observers.forEach(Observer::dropWritable);
        }
    }

    /** The steps kept for frames are gone: whoever runs from them must look again. */
    public void forgetCode() {
        observers.forEach(Observer::dropAll);
    }

    /** Reports a write that was made through {@link #writable}. */
    public void wrote(int frame, int offset, int size) {
        if (watched[frame]) {
            for (int i = 0; i < observers.size(); i++) {
                observers.get(i).written(frame, offset, size);
            }
        }
    }

    /**
     * Reads within one frame.
     *
     * @param address byte address, inside RAM
     * @param size 1, 2, 4 or 8 bytes, not crossing the frame
     * @return the value, zero-extended
     */
    public long read(long address, int size) {
        return get(readable((int) (address >>> 12)), (int) address & OFFSET, size);
    }

    /** Writes within one frame; see {@link #read}. */
    public void write(long address, int size, long value) {
        int frame = (int) (address >>> 12);
        int offset = (int) address & OFFSET;
        put(writable(frame), offset, size, value);
        wrote(frame, offset, size);
    }

    /** Copies bytes in, over as many frames as needed. */
    public void load(long address, byte[] bytes) {
        int done = 0;
        while (done < bytes.length) {
            int frame = (int) ((address + done) >>> 12);
            int offset = (int) (address + done) & OFFSET;
            int part = Math.min(bytes.length - done, FRAME_SIZE - offset);
            System.arraycopy(bytes, done, writable(frame), offset, part);
            wrote(frame, offset, part);
            done += part;
        }
    }

    /** A little-endian value out of a frame's bytes, zero-extended. */
    public static long get(byte[] bytes, int offset, int size) {
        return switch (size) {
            case 1 -> bytes[offset] & 0xFFL;
            case 2 -> (short) SHORT.get(bytes, offset) & 0xFFFFL;
            case 4 -> (int) INT.get(bytes, offset) & 0xFFFF_FFFFL;
            case 8 -> (long) LONG.get(bytes, offset);
            default -> throw new IllegalArgumentException("size " + size);
        };
    }

    /** A little-endian value into a frame's bytes. */
    public static void put(byte[] bytes, int offset, int size, long value) {
        switch (size) {
            case 1 -> bytes[offset] = (byte) value;
            case 2 -> SHORT.set(bytes, offset, (short) value);
            case 4 -> INT.set(bytes, offset, (int) value);
            case 8 -> LONG.set(bytes, offset, value);
            default -> throw new IllegalArgumentException("size " + size);
        }
    }

    /** Content of all frames; null frames are zero. Frames unchanged since the previous snapshot are shared with it. */
    public static final class State {
        private final byte[][] frames;

        private State(byte[][] frames) {
            this.frames = frames;
        }

        @Override
        public boolean equals(Object other) {
            if (!(other instanceof State that) || frames.length != that.frames.length) {
                return false;
            }
            for (int i = 0; i < frames.length; i++) {
                if (frames[i] != that.frames[i] && !Arrays.equals(orZeros(frames[i]), orZeros(that.frames[i]))) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int hashCode() {
            int hash = 1;
            for (byte[] frame : frames) {
                hash = 31 * hash + Arrays.hashCode(orZeros(frame));
            }
            return hash;
        }

        /** The bytes of one frame; not to be changed. */
        public byte[] frame(int frame) {
            return orZeros(frames[frame]);
        }

        public int frames() {
            return frames.length;
        }

        /** How many frames this state holds that the other does not share, in frames. */
        public int framesNotSharedWith(State other) {
            int count = 0;
            for (int i = 0; i < frames.length; i++) {
                if (frames[i] != null && (i >= other.frames.length || frames[i] != other.frames[i])) {
                    count++;
                }
            }
            return count;
        }

        private static byte[] orZeros(byte[] frame) {
            return frame == null ? ZEROS : frame;
        }
    }

    public State save() {
        byte[][] copy = lastSnapshot.clone();
        for (int i = 0; i < frames.length; i++) {
            if (dirty[i]) {
                byte[] frame = frames[i];
                copy[i] = frame == null ? null : frame.clone();
                dirty[i] = false;
            }
        }
        lastSnapshot = copy;
        observers.forEach(Observer::dropWritable);
        return new State(copy);
    }

    public void restore(State state) {
        for (int i = 0; i < frames.length; i++) {
            byte[] wanted = state.frames[i];
            if (!dirty[i] && lastSnapshot[i] == wanted) {
                continue;
            }
            used += (wanted == null ? 0 : 1) - (frames[i] == null ? 0 : 1);
            frames[i] = wanted == null ? null : wanted.clone();
            dirty[i] = false;
            wrote(i, 0, FRAME_SIZE);
        }
        lastSnapshot = state.frames.clone();
        observers.forEach(Observer::dropAll);
    }
}
