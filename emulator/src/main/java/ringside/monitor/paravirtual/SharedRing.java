package ringside.monitor.paravirtual;

import ringside.memory.Ram;

/**
 * Bytes on their way between two domains, in a page that both see: the writer counts what it has written, the reader what it has read, both
 * with 32 bits that overflow (Xen's public header io/console.h). Whoever is on the other side may write anything into the
 * page at any time, so nothing is believed that does not fit.
 */
final class SharedRing {
    private final Ram ram;
    private final long data;
    private final int size;
    private final long consumer;
    private final long producer;

    /**
     * @param data machine address of the bytes
     * @param size how many there is room for, a power of two
     * @param consumer machine address of the count of bytes read
     * @param producer machine address of the count of bytes written
     */
    SharedRing(Ram ram, long data, int size, long consumer, long producer) {
        this.ram = ram;
        this.data = data;
        this.size = size;
        this.consumer = consumer;
        this.producer = producer;
    }

    private int read(long counter) {
        return (int) ram.read(counter, 4);
    }

    private int filled() {
        return read(producer) - read(consumer);
    }

    /** Count of bytes written, which overflows. */
    long produced() {
        return read(producer) & 0xFFFF_FFFFL;
    }

    /** Count of bytes read, which overflows. */
    long consumed() {
        return read(consumer) & 0xFFFF_FFFFL;
    }

    /** Do the counts contradict each other? Then nothing can be read or written. */
    boolean isBroken() {
        return Integer.compareUnsigned(filled(), size) > 0;
    }

    /** Bytes that can be read. */
    int available() {
        return isBroken() ? 0 : filled();
    }

    /** Bytes that there is room for. */
    int room() {
        return isBroken() ? 0 : size - filled();
    }

    /** One of the bytes that can be read, counted from the next; it stays. */
    int peek(int index) {
        if (index >= available()) {
            throw new IllegalArgumentException("byte " + index + " of " + available());
        }
        return (int) ram.read(place(read(consumer) + index), 1);
    }

    private long place(int count) {
        return data + (count & size - 1);
    }

    /** Takes at most so many bytes. */
    byte[] take(int most) {
        byte[] bytes = new byte[Math.min(most, available())];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) peek(i);
        }
        ram.write(consumer, 4, read(consumer) + bytes.length);
        return bytes;
    }

    /** Writes as many of these bytes as there is room for, and returns how many. */
    int put(byte[] bytes) {
        int count = Math.min(bytes.length, room());
        int at = read(producer);
        for (int i = 0; i < count; i++) {
            ram.write(place(at + i), 1, bytes[i]);
        }
        ram.write(producer, 4, at + count);
        return count;
    }
}
