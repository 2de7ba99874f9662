package ringside.monitor.hvm;

/**
 * What Xen asks a device model for: {@code struct ioreq} (Xen, public header hvm/ioreq.h).
 *
 * @param address the port, or the guest-physical address
 * @param data what is written or was read, in the low {@code size} bytes; or the guest-physical address of the first element
 * @param count elements, more than one for a string instruction only
 * @param size bytes of an element: 1, 2, 4 or 8
 * @param eventPort the channel by which either side tells the other that the state has changed (vp_eport)
 * @param isPointer whether {@code data} is an address
 * @param read whether the guest reads
 * @param descending whether the elements' addresses fall (RFLAGS.DF)
 */
record IoRequest(
        Type type,
        State state,
        long address,
        long data,
        int count,
        int size,
        int eventPort,
        boolean isPointer,
        boolean read,
        boolean descending) {
    /** Where it is between the two: STATE_*, in the order of their numbers. */
    enum State {
        IOREQ_NONE,
        IOREQ_READY,
        IOREQ_INPROCESS,
        IORESP_READY
    }

    /** IOREQ_TYPE_*. */
    enum Type {
        /** Ports. */
        PIO(0),
        /** Memory that is none: the name is from when a request was to copy. */
        COPY(1);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    /** A single element, by value. */
    static IoRequest of(Type type, long address, int size, boolean read, long data) {
        return new IoRequest(
                type, State.IOREQ_READY, address, data, 1, size, IoRequestPage.EVENT_PORT, false, read, false);
    }

    /** The same request by another event channel. */
    IoRequest by(int port) {
        return new IoRequest(type, state, address, data, count, size, port, isPointer, read, descending);
    }

    /** Elements of a string at a guest-physical address. */
    static IoRequest ofString(int port, int size, boolean read, long first, int count, boolean descending) {
        return new IoRequest(
                Type.PIO,
                State.IOREQ_READY,
                port,
                first,
                count,
                size,
                IoRequestPage.EVENT_PORT,
                true,
                read,
                descending);
    }

    /** Where an element lies, where {@code data} is an address. */
    long place(int element) {
        long distance = (long) element * size;
        return descending ? data - distance : data + distance;
    }
}
