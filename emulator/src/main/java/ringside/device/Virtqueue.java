package ringside.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.bus.DirectMemory;

/**
 * A split virtqueue: a table of descriptors and two rings in the guest's memory, through which a driver offers buffers to its device and
 * gets them back (Virtual I/O Device specification 1.2, Split Virtqueues).
 *
 * <p>All three lie where the driver says, and hold what the driver writes: a queue that is not as the specification demands is broken, and
 * stays so until its device is reset.
 */
public final class Virtqueue {
    /** Descriptors at most. */
    static final int MOST = 64;

    /** Bytes of a buffer at most, over all its descriptors. */
    static final int MOST_BYTES = 1 << 17;

    private static final int DESCRIPTOR = 16;
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;

    /** The Virtqueue Available Ring: the driver does not want to be interrupted. */
    private static final int NO_INTERRUPT = 1;

    private final DirectMemory memory;
    private int size = MOST;
    private boolean ready;
    private boolean broken;
    private long descriptors;
    private long available;
    private long used;
    private int taken;
    private int given;

    Virtqueue(DirectMemory memory) {
        this.memory = memory;
    }

    /**
     * A buffer: a chain of descriptors.
     *
     * @param head index of its first descriptor
     * @param readable what the driver sends, in order
     * @param writable where the device may answer, behind all of that
     */
    record Buffer(int head, List<Part> readable, List<Part> writable) {
        static int bytes(List<Part> parts) {
            return parts.stream().mapToInt(Part::length).sum();
        }
    }

    /** A contiguous part of a buffer, inside the guest's RAM. */
    record Part(long address, int length) {}

    int size() {
        return size;
    }

    boolean isReady() {
        return ready;
    }

    boolean isBroken() {
        return broken;
    }

    /** QueueNum; counts at the next {@link #start}. */
    void size(int value) {
        if (!ready) {
            size = value;
        }
    }

    /** Half of one of the three addresses. */
    void address(Area area, boolean high, int value) {
        if (ready) {
            return;
        }
        switch (area) {
            case DESCRIPTORS -> descriptors = half(descriptors, high, value);
            case DRIVER -> available = half(available, high, value);
            case DEVICE -> used = half(used, high, value);
        }
    }

    private static long half(long old, boolean high, int value) {
        return high ? old & 0xFFFF_FFFFL | (long) value << 32 : old & 0xFFFF_FFFF_0000_0000L | value & 0xFFFF_FFFFL;
    }

    /** What lies in memory: Descriptor Area, Driver Area (available ring), Device Area (used ring). */
    enum Area {
        DESCRIPTORS,
        DRIVER,
        DEVICE
    }

    /** QueueReady: from now on the device looks at the queue. Virtqueues, Split Virtqueues: size, alignment. */
    void start() {
        if (ready) {
            return;
        }
        ready = true;
        boolean sized = size > 0 && size <= MOST && Integer.bitCount(size) == 1;
        broken = !sized
                || !isPlace(descriptors, 16, DESCRIPTOR * size)
                || !isPlace(available, 2, 6 + 2 * size)
                || !isPlace(used, 4, 6 + 8 * size);
    }

    private boolean isPlace(long address, int alignment, int length) {
        return (address & alignment - 1) == 0 && memory.holds(address, length);
    }

    void reset() {
        restore(new State(MOST, false, false, 0, 0, 0, 0, 0));
    }

    private boolean isUsable() {
        return ready && !broken;
    }

    private int availableIndex() {
        return (int) memory.read(available + 2, 2);
    }

    /** Has the driver offered a buffer that is not taken yet? */
    boolean hasBuffer() {
        return isUsable() && availableIndex() != taken;
    }

    boolean wantsInterrupts() {
        return isUsable() && (memory.read(available, 2) & NO_INTERRUPT) == 0;
    }

    /** Takes the next buffer; empty where there is none, or the queue is broken by what stands there. */
    Optional<Buffer> take() {
        if (!hasBuffer()) {
            return Optional.empty();
        }
        if ((availableIndex() - taken & 0xFFFF) > size) {
            broken = true;
            return Optional.empty();
        }
        int head = (int) memory.read(available + 4 + 2L * (taken & size - 1), 2);
        Optional<Buffer> buffer = chain(head);
        if (buffer.isEmpty()) {
            broken = true;
        } else {
            taken = taken + 1 & 0xFFFF;
        }
        return buffer;
    }

    /** The Virtqueue Descriptor Table: a chain visits no more descriptors than there are, and what the device may write comes last. */
    private Optional<Buffer> chain(int head) {
        List<Part> readable = new ArrayList<>();
        List<Part> writable = new ArrayList<>();
        long bytes = 0;
        int index = head;
        for (int i = 0; i < size && index < size; i++) {
            long at = descriptors + (long) DESCRIPTOR * index;
            long address = memory.read(at, 8);
            long length = memory.read(at + 8, 4);
            int flags = (int) memory.read(at + 12, 2);
            boolean write = (flags & WRITE) != 0;
            bytes += length;
            boolean ordered = write || writable.isEmpty();
            if (!ordered || (flags & INDIRECT) != 0 || bytes > MOST_BYTES || !memory.holds(address, length)) {
                return Optional.empty();
            }
            (write ? writable : readable).add(new Part(address, (int) length));
            if ((flags & NEXT) == 0) {
                return Optional.of(new Buffer(head, readable, writable));
            }
            index = (int) memory.read(at + 14, 2);
        }
        return Optional.empty();
    }

    /** Everything that the driver sends in a buffer. */
    byte[] read(Buffer buffer) {
        byte[] all = new byte[Buffer.bytes(buffer.readable)];
        int done = 0;
        for (Part part : buffer.readable) {
            System.arraycopy(memory.bytes(part.address, part.length), 0, all, done, part.length);
            done += part.length;
        }
        return all;
    }

    /** Answers into the parts that the device may write, from their start; what does not fit is lost. @return bytes written */
    int write(Buffer buffer, byte[] answer) {
        int done = 0;
        for (Part part : buffer.writable) {
            int length = Math.min(part.length, answer.length - done);
            memory.load(part.address, java.util.Arrays.copyOfRange(answer, done, done + length));
            done += length;
        }
        return done;
    }

    /** Answers into the very last byte of a buffer. */
    void writeLast(Buffer buffer, int value) {
        Part last = buffer.writable.get(buffer.writable.size() - 1);
        memory.load(last.address + last.length - 1, new byte[] {(byte) value});
    }

    /** What the driver has sent in a buffer is no request: the queue is broken. */
    void refuse() {
        broken = true;
    }

    /** Gives a buffer back. @param written bytes that the device has written into it */
    void give(Buffer buffer, int written) {
        long at = used + 4 + 8L * (given & size - 1);
        memory.write(at, 4, buffer.head);
        memory.write(at + 4, 4, written);
        given = given + 1 & 0xFFFF;
        memory.write(used + 2, 2, given);
    }

    /**
     * What the device knows of the queue.
     *
     * @param taken index of the next buffer in the available ring
     * @param given index of the next place in the used ring
     */
    public record State(
            int size,
            boolean ready,
            boolean broken,
            long descriptors,
            long available,
            long used,
            int taken,
            int given) {}

    State save() {
        return new State(size, ready, broken, descriptors, available, used, taken, given);
    }

    void restore(State state) {
        size = state.size;
        ready = state.ready;
        broken = state.broken;
        descriptors = state.descriptors;
        available = state.available;
        used = state.used;
        taken = state.taken;
        given = state.given;
    }
}
