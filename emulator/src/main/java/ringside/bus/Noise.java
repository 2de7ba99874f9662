package ringside.bus;

/**
 * The machine's source of random numbers, as its recorded inputs have it: a number for each guest time, so that the same run has the same
 * ones in every mode, forwards and back. No two instructions share a guest time.
 */
public final class Noise {
    private static final long STEP = 0x9E37_79B9_7F4A_7C15L;

    private Noise() {}

    /** The generator SplitMix64 at its step of this number. @param time guest time */
    public static long at(long time) {
        long z = (time + 1) * STEP;
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }
}
