package ringside.machine;

/**
 * What a machine is made of.
 *
 * @param memory guest RAM in bytes: a multiple of 4 KiB from 1 MiB to 1 GiB
 * @param neighbourMemory RAM of guests beside it, behind its own; bytes, a multiple of 4 KiB
 * @param monitorMemory RAM that only a monitor uses, above the guests'; bytes, a multiple of 4 KiB
 */
public record MachineConfig(long memory, long neighbourMemory, long monitorMemory) {
    public static final long LEAST_MEMORY = 1L << 20;
    public static final long MOST_MEMORY = 1L << 30;
    public static final long DEFAULT_MEMORY = 64L << 20;

    public MachineConfig {
        if (memory < LEAST_MEMORY || memory > MOST_MEMORY || memory % 4096 != 0) {
            throw new IllegalArgumentException(
                    "a guest has 1M to 1G of memory, in units of 4K; not " + memory + " bytes");
        }
    }

    /** A machine with one guest. */
    public MachineConfig(long memory, long monitorMemory) {
        this(memory, 0, monitorMemory);
    }

    /** Frames of the guest that the machine is for. */
    public int frames() {
        return (int) (memory >>> 12);
    }

    /** Frames of all guests. */
    public int guestFrames() {
        return (int) (memory + neighbourMemory >>> 12);
    }

    public int allFrames() {
        return (int) (memory + neighbourMemory + monitorMemory >>> 12);
    }
}
