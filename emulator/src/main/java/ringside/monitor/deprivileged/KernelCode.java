package ringside.monitor.deprivileged;

/** From where the code of a 32-bit guest's kernel is run, and what its monitor has in the guest's address space for that. */
public interface KernelCode {
    /** Nothing may be run from this page yet. */
    int NOWHERE = -1;

    /** From the guest's own pages. */
    KernelCode AS_IT_IS = new KernelCode() {
        @Override
        public int frame(long linear, int frame) {
            return frame;
        }

        @Override
        public int source(int frame) {
            return frame;
        }

        @Override
        public long base() {
            return 0;
        }

        @Override
        public int frames() {
            return 0;
        }

        @Override
        public int dataFrames() {
            return 0;
        }

        @Override
        public int ownFrame(int i) {
            throw new IllegalStateException("there is no frame " + i);
        }
    };

    /**
     * The frame that appears at a page of the kernel.
     *
     * @param linear an address in the page
     * @param frame that the guest's tables have there
     * @return this frame, or another one that is not writable, or {@link #NOWHERE}: this frame, but not for execution
     */
    int frame(long linear, int frame);

    /** The guest's frame that a frame stands for. */
    int source(int frame);

    /** Linear address of the monitor's own pages in the guest's space. */
    long base();

    /** How many there are. */
    int frames();

    /** How many of them, from the first one on, hold data: they can be written and not run. The others can be run and not written. */
    int dataFrames();

    /** The frame behind one of them. */
    int ownFrame(int i);

    /** Does an address lie in them? */
    default boolean contains(long linear) {
        return linear >= base() && linear < base() + frames() * 4096L;
    }
}
