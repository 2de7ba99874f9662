package ringside.bus;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The I/O address space: 65,536 byte-wide ports. An access wider than its device, or one that leaves the device's range,
 * is split into bytes, lowest port first, as the ISA bus does. Nobody answers at an unclaimed port: its data lines float
 * high, so it reads as all ones, and writes are lost. The bytes of an access at FFFFH that lie beyond the last port are
 * unclaimed too: they do not wrap to port 0 (SDM 1, I/O Port Addressing, leaves this to the platform).
 */
public final class PortBus {
    /** Ports of the I/O address space. */
    public static final int PORTS = 1 << 16;

    private record Range(int first, int count, Device device) {
        boolean holds(int port) {
            return port >= first && port < first + count;
        }
    }

    private final List<Range> ranges = new ArrayList<>();

    /**
     * Gives a range of ports to a device.
     *
     * @param firstPort 0 to FFFFH
     * @param count ports, at least one; the range must lie within the port space and touch no other range
     */
    public void attach(int firstPort, int count, Device device) {
        if (firstPort < 0 || count < 1 || firstPort > PORTS - count) {
            throw new IllegalStateException(
                    "no such range of ports: " + count + " from " + Integer.toHexString(firstPort));
        }
        for (Range range : ranges) {
            if (firstPort < range.first + range.count && range.first < firstPort + count) {
                throw new IllegalStateException(
                        "two devices claim port " + Integer.toHexString(Math.max(firstPort, range.first)));
            }
        }
        ranges.add(new Range(firstPort, count, device));
        ranges.sort(Comparator.comparingInt(Range::first));
    }

    /** Whether a device answers at this port. */
    public boolean claims(int port) {
        return find(port) >= 0;
    }

    /**
     * IN, as the bus sees it.
     *
     * @param port 0 to FFFFH
     * @param size 1, 2 or 4 bytes
     * @return the value, zero-extended
     */
    public int read(int port, int size) {
        int index = find(port);
        if (index >= 0) {
            Range range = ranges.get(index);
            if (takesWhole(range, port, size)) {
                return range.device.read(port - range.first, size) & mask(size);
            }
        }
        if (size == 1) {
            return 0xFF;
        }
        int value = 0;
        for (int i = 0; i < size; i++) {
            value |= read(port + i, 1) << (8 * i);
        }
        return value;
    }

    /**
     * OUT, as the bus sees it.
     *
     * @param port 0 to FFFFH
     * @param size 1, 2 or 4 bytes
     * @param value only its low {@code size} bytes count
     */
    public void write(int port, int size, int value) {
        int index = find(port);
        if (index >= 0) {
            Range range = ranges.get(index);
            if (takesWhole(range, port, size)) {
                range.device.write(port - range.first, size, value & mask(size));
                return;
            }
        }
        if (size > 1) {
            for (int i = 0; i < size; i++) {
                write(port + i, 1, value >>> (8 * i));
            }
        }
    }

    private static boolean takesWhole(Range range, int port, int size) {
        return size <= range.device.width() && range.holds(port + size - 1);
    }

    private static int mask(int size) {
        return size == 4 ? -1 : (1 << (8 * size)) - 1;
    }

    /** The index of the range that holds the port, or a negative number: a binary search, since IN and OUT may be frequent. */
    private int find(int port) {
        int low = 0;
        int high = ranges.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Range range = ranges.get(middle);
            if (range.holds(port)) {
                return middle;
            }
            if (port < range.first) {
                high = middle - 1;
            } else {
                low = middle + 1;
            }
        }
        return -1;
    }
}
