package ringside.monitor.hvm;

import ringside.memory.Ram;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * The page that Xen and a device model share, {@code struct shared_iopage}: one request for each virtual processor (Xen, public header
 * hvm/ioreq.h). It is memory of the domain's, and taken out of the guest's addresses while a device model uses it.
 *
 * <pre>
 *   0 addr   8 data   16 count   20 size   24 vp_eport   30 state 3:0, data_is_ptr 4, dir 5, df 6   31 type
 * </pre>
 */
final class IoRequestPage {
    /** The port of the domain's that is bound to the device model; 1 and 2 are the store's and the console's. */
    static final int EVENT_PORT = 3;

    private static final int DATA = 8;
    private static final int COUNT = 16;
    private static final int SIZE = 20;
    private static final int VP_EPORT = 24;
    private static final int FLAGS = 30;
    private static final int TYPE = 31;

    private static final int STATE = 0xF;
    private static final int DATA_IS_POINTER = 1 << 4;
    private static final int READ = 1 << 5;
    private static final int DESCENDING = 1 << 6;

    private final Ram ram;
    private final long address;
    private final Probe probe;

    /** @param frame of the machine's memory */
    IoRequestPage(Ram ram, int frame, Probe probe) {
        this.ram = ram;
        this.address = (long) frame << 12;
        this.probe = probe;
    }

    /** Xen fills the request in, its state last. */
    void post(IoRequest request) {
        ram.write(address, 8, request.address());
        data(request.data());
        count(request.count());
        ram.write(address + SIZE, 4, request.size());
        ram.write(address + VP_EPORT, 4, request.eventPort());
        ram.write(address + TYPE, 1, request.type().number());
        int flags = (request.isPointer() ? DATA_IS_POINTER : 0)
                | (request.read() ? READ : 0)
                | (request.descending() ? DESCENDING : 0);
        ram.write(address + FLAGS, 1, flags);
        state(request.state(), "xen");
    }

    /** What stands there. */
    IoRequest request() {
        int flags = (int) ram.read(address + FLAGS, 1);
        return new IoRequest(
                IoRequest.Type.values()[(int) ram.read(address + TYPE, 1)],
                IoRequest.State.values()[flags & STATE],
                ram.read(address, 8),
                data(),
                (int) ram.read(address + COUNT, 4),
                (int) ram.read(address + SIZE, 4),
                (int) ram.read(address + VP_EPORT, 4),
                (flags & DATA_IS_POINTER) != 0,
                (flags & READ) != 0,
                (flags & DESCENDING) != 0);
    }

    /** The number of the state, whatever anybody has written there. */
    int stateNumber() {
        return (int) ram.read(address + FLAGS, 1) & STATE;
    }

    /** The port that stands there. */
    int eventPort() {
        return (int) ram.read(address + VP_EPORT, 4);
    }

    long data() {
        return ram.read(address + DATA, 8);
    }

    void data(long value) {
        ram.write(address + DATA, 8, value);
    }

    void count(int elements) {
        ram.write(address + COUNT, 4, elements);
    }

    private static Deed step(IoRequest.State state) {
        return switch (state) {
            case IOREQ_READY -> Deed.POST_REQUEST;
            case IOREQ_INPROCESS -> Deed.TAKE_REQUEST;
            case IORESP_READY -> Deed.RESPOND;
            case IOREQ_NONE -> Deed.TAKE_RESPONSE;
        };
    }

    /** One side changes the state, and sends the other an event where that has to do something. */
    void state(IoRequest.State state, String who) {
        long flags = ram.read(address + FLAGS, 1);
        ram.write(address + FLAGS, 1, flags & ~STATE | state.ordinal());
        tell(state, who);
    }

    /** Whoever watches is told of a state that stands there. */
    void tell(IoRequest.State state, String who) {
        long concerned = ram.read(address, 8);
        probe.step(step(state), who, concerned);
        probe.event(new Event.Step("ioreq", "STATE_" + state.name(), state.ordinal(), data(), concerned, who));
    }
}
