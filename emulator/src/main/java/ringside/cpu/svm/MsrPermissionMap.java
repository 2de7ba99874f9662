package ringside.cpu.svm;

/** How the MSR permission map is laid out: two bits a register, for reads and for writes (APM 2, MSR Intercepts). */
public final class MsrPermissionMap {
    /** Bytes that the processor looks at. */
    public static final int SIZE = 0x2000;

    private static final int RANGE_BYTES = 0x800;

    private MsrPermissionMap() {}

    /**
     * Where a register's two bits are: that for reads, with that for writes behind it.
     *
     * @return number of the bit in the map, or -1 for registers outside the three ranges, which are always intercepted
     */
    public static long bitOf(int number) {
        long range = switch (number & ~0x1FFF) {
            case 0 -> 0;
            case 0xC000_0000 -> 1;
            case 0xC001_0000 -> 2;
            default -> -1;
        };
        return range < 0 ? -1 : range * RANGE_BYTES * 8 + (number & 0x1FFF) * 2L;
    }
}
