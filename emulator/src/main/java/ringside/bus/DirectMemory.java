package ringside.bus;

import ringside.memory.Ram;

/**
 * The guest's RAM as a device reaches it that is master of the bus (direct memory access): by addresses that the guest has given it, so that
 * every one is checked before it is used.
 */
public final class DirectMemory {
    private final Ram ram;
    private final long limit;

    /** @param limit guest RAM in bytes */
    public DirectMemory(Ram ram, long limit) {
        this.ram = ram;
        this.limit = limit;
    }

    /** Whether all these bytes are RAM of the guest's. */
    public boolean holds(long address, long length) {
        return address >= 0 && length >= 0 && length <= limit && address <= limit - length;
    }

    /** @param size 2, 4 or 8 bytes, aligned; {@link #holds} them */
    public long read(long address, int size) {
        return ram.read(address, size);
    }

    /** See {@link #read(long, int)}. */
    public void write(long address, int size, long value) {
        ram.write(address, size, value);
    }

    /** Bytes anywhere in RAM; {@link #holds} them. */
    public byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            int offset = (int) (address + done) & Ram.OFFSET;
            int part = Math.min(length - done, Ram.FRAME_SIZE - offset);
            System.arraycopy(ram.readable((int) (address + done >>> 12)), offset, bytes, done, part);
            done += part;
        }
        return bytes;
    }

    /** See {@link #bytes}. */
    public void load(long address, byte[] bytes) {
        ram.load(address, bytes);
    }
}
