package ringside.machine;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import ringside.device.SerialSink;

/** What a guest has sent to a port that people read: the bytes in order, up to a bound; more are counted, not kept. */
public final class SerialLog implements SerialSink {
    /** In bytes. */
    public static final int CAPACITY = 1 << 20;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<SerialSink> listeners = new ArrayList<>();
    private long dropped;

    /** Whoever wants each byte as it comes. */
    public void listen(SerialSink listener) {
        listeners.add(listener);
    }

    @Override
    public void accept(int value) {
        if (bytes.size() < CAPACITY) {
            bytes.write(value);
        } else {
            dropped++;
        }
        for (SerialSink listener : listeners) {
            listener.accept(value);
        }
    }

    public byte[] bytes() {
        return bytes.toByteArray();
    }

    public int size() {
        return bytes.size();
    }

    /** Bytes that came after the log was full. */
    public long dropped() {
        return dropped;
    }

    public State save() {
        return new State(bytes.toByteArray(), dropped);
    }

    public void restore(State state) {
        bytes.reset();
        bytes.writeBytes(state.bytes);
        dropped = state.dropped;
    }

    /** The bytes kept and the number of those that were not. */
    public static final class State {
        private final byte[] bytes;
        private final long dropped;

        State(byte[] bytes, long dropped) {
            this.bytes = bytes;
            this.dropped = dropped;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof State that && dropped == that.dropped && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(bytes) + Long.hashCode(dropped);
        }
    }
}
