package ringside.cpu;

/**
 * Addresses of instructions that somebody outside of the machine wants to be told of; the guest sees nothing of it. They cost something
 * only where code runs from a page that one of them lies in.
 */
public final class CodeMarks {
    /** Nobody wants to know of anything. */
    public static final CodeMarks NONE = new CodeMarks(new long[0], time -> {});

    /** Is told. */
    public interface Listener {
        /** @param time guest time at which the instruction is fetched, to be performed next, or looked at */
        void fetched(long time);
    }

    private final long[] addresses;
    private final Listener listener;

    /** @param addresses linear */
    public CodeMarks(long[] addresses, Listener listener) {
        this.addresses = addresses.clone();
        this.listener = listener;
    }

    /** Does one of them lie in the page of a linear address? */
    boolean areOnPageOf(long linear) {
        for (long address : addresses) {
            if (address >>> 12 == linear >>> 12) {
                return true;
            }
        }
        return false;
    }

    /** The processor fetches from this linear address. An instruction that repeats is told of once. */
    void fetched(Cpu cpu, long linear) {
        for (long address : addresses) {
            if (address == linear && !cpu.isBetweenIterations()) {
                listener.fetched(cpu.clock.now());
            }
        }
    }
}
