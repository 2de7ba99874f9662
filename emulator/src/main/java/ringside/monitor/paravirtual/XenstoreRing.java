package ringside.monitor.paravirtual;

import java.util.Arrays;
import java.util.Optional;
import ringside.memory.Ram;

/** The page by which a domain asks the store, as the store sees it: Xen's public header io/xs_wire.h. */
final class XenstoreRing {
    private static final int SIZE = 1024;
    private static final int REQUESTS = 0;
    private static final int ANSWERS = 0x400;
    private static final int REQUEST_CONSUMER = 0x800;
    private static final int REQUEST_PRODUCER = 0x804;
    private static final int ANSWER_CONSUMER = 0x808;
    private static final int ANSWER_PRODUCER = 0x80C;
    private static final int ERROR = 0x818;
    private static final int LENGTH = 12;

    /** What is wrong with the connection, in the page's field "error". */
    private static final int WRONG_INDEX = 2;

    private static final int WRONG_LENGTH = 3;

    private final Ram ram;
    private final long page;
    private final SharedRing requests;
    private final SharedRing answers;

    /** Of a request that is longer than the ring, what has come; of an answer, what has not gone. */
    private byte[] coming = new byte[0];

    private byte[] going = new byte[0];

    /** @param page machine address of the page that the domain has granted */
    XenstoreRing(Ram ram, long page) {
        this.ram = ram;
        this.page = page;
        requests = new SharedRing(ram, page + REQUESTS, SIZE, page + REQUEST_CONSUMER, page + REQUEST_PRODUCER);
        answers = new SharedRing(ram, page + ANSWERS, SIZE, page + ANSWER_CONSUMER, page + ANSWER_PRODUCER);
    }

    /**
     * The next request, if all of it has come. A domain that breaks the rules is told so in the page, and asks in vain from then on.
     */
    Optional<XenstoreMessage> request() {
        if (isDead()) {
            return Optional.empty();
        }
        if (requests.isBroken() || answers.isBroken()) {
            dies(WRONG_INDEX);
            return Optional.empty();
        }
        fill(XenstoreMessage.HEADER);
        if (coming.length < XenstoreMessage.HEADER) {
            return Optional.empty();
        }
        int length = length();
        if (length < 0 || length > XenstoreMessage.MOST) {
            dies(WRONG_LENGTH);
            return Optional.empty();
        }
        fill(XenstoreMessage.HEADER + length);
        if (coming.length < XenstoreMessage.HEADER + length) {
            return Optional.empty();
        }
        var message = XenstoreMessage.read(coming);
        coming = new byte[0];
        return Optional.of(message);
    }

    private int length() {
        int length = 0;
        for (int i = 3; i >= 0; i--) {
            length = length << 8 | coming[LENGTH + i] & 0xFF;
        }
        return length;
    }

    private void fill(int wanted) {
        if (coming.length < wanted) {
            coming = joined(coming, requests.take(wanted - coming.length));
        }
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = new byte[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private boolean isDead() {
        return ram.read(page + ERROR, 4) != 0;
    }

    private void dies(int error) {
        ram.write(page + ERROR, 4, error);
    }

    /** Answers; what there is no room for goes later. False where so much waits already that nothing more can. */
    boolean answer(XenstoreMessage message) {
        flush();
        if (going.length > XenstoreMessage.MOST) {
            return false;
        }
        going = joined(going, message.bytes());
        flush();
        return true;
    }

    /** Writes what there is room for now. */
    void flush() {
        int gone = answers.put(going);
        byte[] left = new byte[going.length - gone];
        System.arraycopy(going, gone, left, 0, left.length);
        going = left;
    }

    /** What is on the way and not in the page. */
    static final class State {
        private final byte[] coming;
        private final byte[] going;

        private State(byte[] coming, byte[] going) {
            this.coming = coming;
            this.going = going;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof State that
                    && Arrays.equals(coming, that.coming)
                    && Arrays.equals(going, that.going);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(coming) + Arrays.hashCode(going);
        }
    }

    /** Arrays are replaced and never changed, so a state may share them. */
    State save() {
        return new State(coming, going);
    }

    void restore(State state) {
        coming = state.coming;
        going = state.going;
    }
}
