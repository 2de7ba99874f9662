package ringside.bus;

/**
 * What answers at a range of ports or addresses. A device knows only offsets within its range; where the range lies is
 * the business of whoever wires the machine.
 */
public interface Device {
    /**
     * The processor reads.
     *
     * @param offset bytes from the start of the device's range
     * @param size 1, 2 or 4 bytes, never more than {@link #width()}
     * @return the value, zero-extended; only its low {@code size} bytes count
     */
    int read(int offset, int size);

    /**
     * The processor writes.
     *
     * @param offset bytes from the start of the device's range
     * @param size 1, 2 or 4 bytes, never more than {@link #width()}
     * @param value only its low {@code size} bytes count
     */
    void write(int offset, int size, int value);

    /** The widest access in bytes that the device takes whole: 1 for the chips of the ISA bus. */
    default int width() {
        return 1;
    }
}
