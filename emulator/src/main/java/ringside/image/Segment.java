package ringside.image;

import java.util.Arrays;

/** Bytes that are in the guest's memory before its first instruction. Nobody can change them. */
public final class Segment {
    private final long address;
    private final byte[] bytes;

    /**
     * @param address physical address of the first byte
     */
    public Segment(long address, byte[] bytes) {
        this.address = address;
        this.bytes = bytes.clone();
    }

    /** Physical address of the first byte. */
    public long address() {
        return address;
    }

    /** How many bytes there are. */
    public int size() {
        return bytes.length;
    }

    /** One byte, 0 to 255. */
    public int at(int index) {
        return bytes[index] & 0xFF;
    }

    /** A copy of all bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Segment that && address == that.address && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(address) * 31 + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "%d bytes at 0x%x".formatted(bytes.length, address);
    }
}
