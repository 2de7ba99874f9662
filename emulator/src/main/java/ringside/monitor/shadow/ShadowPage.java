package ringside.monitor.shadow;

/**
 * A page of 512 shadow entries.
 *
 * @param frame where they are
 * @param snapshot frame with the guest's entries as they were when the shadow entries were made from them; 0 where there is no guest table
 */
record ShadowPage(Key key, int frame, int snapshot) {
    long entryAddress(int index) {
        return ((long) frame << 12) + index * 8L;
    }

    /** The part of a linear address that chooses an entry. */
    static int index(long linear, int level) {
        return (int) (linear >>> 3 + 9 * level) & 0x1FF;
    }

    int index(long linear) {
        return index(linear, key.level());
    }

    /** How many 4 KiB pages an entry maps. */
    long framesOfEntry() {
        return 1L << 9 * (key.level() - 1);
    }
}
