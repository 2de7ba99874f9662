package ringside.memory;

/**
 * What a processor's physical addresses reach. A bare machine sees its RAM chips; under nested paging the same address goes
 * through one more set of tables first.
 */
public interface PhysicalMemory {
    /** Why a physical address is used; nested paging judges and reports by it. */
    enum Use {
        READ,
        WRITE,
        FETCH,
        /** The processor reads the page-directory pointers of PAE paging into its registers: no linear address belongs to that. */
        POINTERS,
        /** The processor reads a paging structure. */
        WALK_READ,
        /** The processor sets an accessed or dirty flag. */
        WALK_WRITE
    }

    /** No RAM is there. */
    int NONE = -1;

    Ram ram();

    /**
     * The RAM frame behind a physical address.
     *
     * @param physical physical address
     * @param use what for
     * @param linear the linear address that led here; for reports only
     * @return frame number, or {@link #NONE}
     */
    int frame(long physical, Use use, long linear);

    /**
     * Reads where no RAM is; an open bus answers with ones.
     *
     * @param size 1 to 8 bytes, within one page
     */
    default long readOutside(long physical, int size) {
        return ones(size);
    }

    /** Writes where no RAM is; an open bus takes no notice. See {@link #readOutside}. */
    default void writeOutside(long physical, int size, long value) {}

    /** As many bytes of ones: what an open bus answers. */
    static long ones(int size) {
        return size == 8 ? -1L : (1L << size * 8) - 1;
    }

    /** RAM from address 0 up to a limit, nothing above. */
    static PhysicalMemory direct(Ram ram, int frames) {
        return new PhysicalMemory() {
            @Override
            public Ram ram() {
                return ram;
            }

            @Override
            public int frame(long physical, Use use, long linear) {
                long frame = physical >>> 12;
                return frame < frames ? (int) frame : NONE;
            }
        };
    }
}
