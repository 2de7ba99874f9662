package ringside.bus;

/**
 * What comes to the machine from outside, in order: bytes for its consoles, each with the guest time from which it can arrive. A
 * device that takes from it keeps the index of the next byte in its own state, so that going back in time needs nothing
 * else, and the same inputs give the same run.
 */
public interface Inputs {
    /** Nothing ever comes. */
    Inputs NONE = new Inputs() {
        @Override
        public int size() {
            return 0;
        }

        @Override
        public long time(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public int value(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public void onChange(Runnable listener) {}
    };

    /** How many bytes are known so far. */
    int size();

    /** The guest time of the byte at the index; never less than that of the byte before. */
    long time(int index);

    /** The byte at the index, 0 to 255. */
    int value(int index);

    /** Names a listener that is told when bytes were added or taken away. */
    void onChange(Runnable listener);
}
