package ringside.bus;

import java.util.ArrayList;
import java.util.List;

/**
 * Physical addresses where no RAM is: devices whose registers look like memory. An access goes to its device in aligned pieces of at most
 * the device's width. Nobody answers at an unclaimed address: its data lines float high, so it reads as all ones, and writes are lost.
 */
public final class MemoryBus {
    /** A place that no address reaches. */
    public static final long NOWHERE = -1L << 52;

    /** Where a range begins, for devices whose place software may change. */
    @FunctionalInterface
    public interface Place {
        /** @return the first physical address, or {@link #NOWHERE} */
        long first();
    }

    private record Range(Place place, int size, Device device) {
        boolean holds(long address) {
            return Long.compareUnsigned(address - place.first(), size) < 0;
        }

        int offset(long address) {
            return (int) (address - place.first());
        }
    }

    private final List<Range> ranges = new ArrayList<>();

    /** Gives a range of addresses to a device for good. */
    public void attach(long first, int size, Device device) {
        for (Range range : ranges) {
            long other = range.place.first();
            if (other < first + size && first < other + range.size) {
                throw new IllegalStateException(
                        "two devices claim address " + Long.toHexString(Math.max(first, other)));
            }
        }
        attach(() -> first, size, device);
    }

    /** Gives a range that may move; where two meet, the one attached first answers. */
    public void attach(Place place, int size, Device device) {
        ranges.add(new Range(place, size, device));
    }

    /** Whether a device answers at this physical address. */
    public boolean claims(long address) {
        return find(address) >= 0;
    }

    /**
     * A load.
     *
     * @param size 1 to 8 bytes
     * @return the value, zero-extended
     */
    public long read(long address, int size) {
        long value = 0;
        int done = 0;
        while (done < size) {
            int piece = piece(address + done, size - done);
            value |= readPiece(address + done, piece) << 8 * done;
            done += piece;
        }
        return value;
    }

    /** A store; see {@link #read}. */
    public void write(long address, int size, long value) {
        int done = 0;
        while (done < size) {
            int piece = piece(address + done, size - done);
            int index = find(address + done);
            if (index >= 0) {
                Range range = ranges.get(index);
                range.device.write(range.offset(address + done), piece, (int) (value >>> 8 * done & mask(piece)));
            }
            done += piece;
        }
    }

    private long readPiece(long address, int size) {
        int index = find(address);
        if (index < 0) {
            return mask(size);
        }
        Range range = ranges.get(index);
        return range.device.read(range.offset(address), size) & mask(size);
    }

    /** How many bytes go at once: aligned, and what the device takes whole. */
    private int piece(long address, int size) {
        int index = find(address);
        int piece = index < 0 ? 4 : Math.min(4, ranges.get(index).device.width());
        while (piece > size || (address & piece - 1) != 0) {
            piece >>= 1;
        }
        return piece;
    }

    private static long mask(int size) {
        return (1L << 8 * size) - 1;
    }

    /** The index of the range that holds the address, or -1. There are few, and none is asked often. */
    private int find(long address) {
        for (int i = 0; i < ranges.size(); i++) {
            if (ranges.get(i).holds(address)) {
                return i;
            }
        }
        return -1;
    }
}
