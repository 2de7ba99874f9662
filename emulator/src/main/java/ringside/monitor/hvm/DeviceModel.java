package ringside.monitor.hvm;

/**
 * Whom Xen asks for the devices that it has not itself. The virtual processor makes one request at a time, and waits for it (Xen,
 * common/ioreq.c; arch/x86/hvm/emulate.c, hvmemul_do_io).
 */
interface DeviceModel {
    /** A domain has none: there nobody answers. */
    DeviceModel NONE = new DeviceModel() {
        @Override
        public boolean serves(IoRequest.Type type, long address, int size) {
            return false;
        }

        @Override
        public void send(IoRequest request) {
            throw new IllegalStateException("there is nobody to ask");
        }

        @Override
        public boolean isAnswered() {
            return false;
        }

        @Override
        public boolean isWhole() {
            return false;
        }

        @Override
        public long element(int index) {
            throw new IllegalStateException("nobody was asked");
        }

        @Override
        public void finish(int done) {}

        @Override
        public State save() {
            return NOTHING;
        }

        @Override
        public void restore(State state) {}
    };

    /** Where there is nothing to save. */
    State NOTHING = new State() {};

    /** Does it serve all of these ports or addresses? */
    boolean serves(IoRequest.Type type, long address, int size);

    /** Asks for something that it serves. */
    void send(IoRequest request);

    /** Is the answer to the last request there? Until then the virtual processor does not go on. */
    boolean isAnswered();

    /** Are all elements of an answered request done already, so that nothing may come between them? */
    boolean isWhole();

    /**
     * An element of the request that was answered.
     *
     * @param index from 0, one after the other
     * @return what the guest reads, or 0
     */
    long element(int index);

    /** The request is over. @param done how many of its elements the guest has had */
    void finish(int done);

    State save();

    void restore(State state);

    /** What it has been asked; each kind of device model has its own. */
    interface State {}
}
