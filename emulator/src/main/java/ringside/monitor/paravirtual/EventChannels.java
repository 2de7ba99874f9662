package ringside.monitor.paravirtual;

import java.util.Arrays;
import ringside.memory.Ram;

/**
 * The event channels of a domain: what its virtual interrupt lines, its ports, are bound to, and the two levels of bits by which it is told
 * (Xen, common/event_channel.c and event_2l.c; public header event_channel.h).
 *
 * <pre>
 * shared_info.evtchn_pending   one bit a port          vcpu_info.evtchn_pending_sel   one bit a word of those
 * shared_info.evtchn_mask      one bit a port          vcpu_info.evtchn_upcall_pending
 * </pre>
 *
 * An event whose port is masked leaves its bit and nothing else: whoever clears the mask must look.
 */
final class EventChannels {
    /** What a port may be, with the numbers of EVTCHNOP_status. */
    enum Kind {
        CLOSED,
        UNBOUND,
        INTERDOMAIN,
        PIRQ,
        VIRQ,
        IPI
    }

    /**
     * A port.
     *
     * @param domain the other end's domain; of {@link Kind#UNBOUND}, who may bind it
     * @param number the other end's port, or which virtual interrupt
     * @param isXens whether this end is Xen's, which waits in the domain, and not its guest's (alloc_unbound_xen_event_channel)
     */
    record Channel(Kind kind, int domain, int number, boolean isXens) {
        static final Channel FREE = new Channel(Kind.CLOSED, 0, 0);

        /** Xen's own end of a channel to another domain: the guest can do nothing with it. */
        static final Channel XENS = new Channel(Kind.CLOSED, 0, 1, true);

        Channel(Kind kind, int domain, int number) {
            this(kind, domain, number, false);
        }

        /** An end of Xen's that a domain may bind. */
        static Channel ofXen(int domain) {
            return new Channel(Kind.UNBOUND, domain, 0, true);
        }

        /** The same end, bound. */
        Channel bound(int other, int port) {
            return new Channel(Kind.INTERDOMAIN, other, port, isXens);
        }

        /** The same end, which waits for a domain again. */
        Channel unbound(int other) {
            return new Channel(Kind.UNBOUND, other, 0, isXens);
        }
    }

    private final Ram ram;
    private Abi abi;
    private final long sharedInfo;
    private final Channel[] channels;
    private Channel[] saved;
    private boolean dirty;
    private Runnable onUpcall = () -> {};

    /** @param sharedInfo machine address of the domain's shared_info */
    EventChannels(Ram ram, Abi abi, long sharedInfo) {
        this.ram = ram;
        this.abi = abi;
        this.sharedInfo = sharedInfo;
        channels = new Channel[Abi.X86_64.ports()];
        Arrays.fill(channels, Channel.FREE);
        saved = channels.clone();
    }

    /** From now on the domain shares the structures of an interface; an HVM domain may make its calls by the other one. */
    void layout(Abi shared) {
        abi = shared;
    }

    /** Names the one who is told when evtchn_upcall_pending was clear, and is set. */
    void onUpcall(Runnable listener) {
        onUpcall = listener;
    }

    /** Offset of wc_version in shared_info. */
    int wallClock() {
        return abi.wallClock();
    }

    // Ports.

    /** How many there are; 0 is none. */
    int ports() {
        return abi.ports();
    }

    boolean exists(long port) {
        return port >= 0 && port < ports();
    }

    /** What a port is; any number may be asked for. */
    Channel channel(long port) {
        return exists(port) ? channels[(int) port] : Channel.FREE;
    }

    /**
     * Takes the lowest free port; 0 is none.
     *
     * @throws Errno.Failure ENOSPC
     */
    int bind(Channel channel) {
        for (int port = 1; port < ports(); port++) {
            if (channels[port].equals(Channel.FREE)) {
                set(port, channel);
                return port;
            }
        }
        throw Errno.ENOSPC.failure();
    }

    void set(int port, Channel channel) {
        channels[port] = channel;
        dirty = true;
    }

    void close(int port) {
        set(port, Channel.FREE);
        setBit(Abi.EVENTS_PENDING, port, false);
    }

    /** The port of a virtual interrupt; 0 where it is not bound. */
    int portOf(int virtualInterrupt) {
        for (int port = 1; port < ports(); port++) {
            if (channels[port].kind() == Kind.VIRQ && channels[port].number() == virtualInterrupt) {
                return port;
            }
        }
        return 0;
    }

    // Bits.

    private long wordOf(int table, int port) {
        return sharedInfo + table + (long) (port / abi.bits()) * abi.word();
    }

    private boolean bit(int table, int port) {
        return (ram.read(wordOf(table, port), abi.word()) >>> port % abi.bits() & 1) != 0;
    }

    private void setBit(int table, int port, boolean value) {
        long address = wordOf(table, port);
        long bit = 1L << port % abi.bits();
        long word = ram.read(address, abi.word());
        ram.write(address, abi.word(), value ? word | bit : word & ~bit);
    }

    boolean isPending(int port) {
        return bit(Abi.EVENTS_PENDING, port);
    }

    boolean isMasked(int port) {
        return bit(abi.eventsMask(), port);
    }

    /** An event comes. @param info machine address of vcpu_info */
    void raise(int port, long info) {
        if (exists(port) && !isPending(port)) {
            setBit(Abi.EVENTS_PENDING, port, true);
            if (!isMasked(port)) {
                tell(port, info);
            }
        }
    }

    /** Clears a mask; an event that has come in the meantime is told now. */
    void unmask(int port, long info) {
        boolean wasMasked = isMasked(port);
        setBit(abi.eventsMask(), port, false);
        if (wasMasked && isPending(port)) {
            tell(port, info);
        }
    }

    private void tell(int port, long info) {
        long selector = info + abi.pendingSelector();
        long bit = 1L << port / abi.bits();
        long word = ram.read(selector, abi.word());
        if ((word & bit) == 0) {
            ram.write(selector, abi.word(), word | bit);
            upcall(info);
        }
    }

    private void upcall(long info) {
        boolean was = ram.read(info + Abi.UPCALL_PENDING, 1) != 0;
        ram.write(info + Abi.UPCALL_PENDING, 1, 1);
        if (!was) {
            onUpcall.run();
        }
    }

    /** Everything may have happened: vcpu_info lies elsewhere now. */
    void tellAll(long info) {
        ram.write(info + abi.pendingSelector(), abi.word(), -1);
        upcall(info);
    }

    /** What all ports are bound to, and how they are told of. */
    static final class State {
        private final Abi abi;
        private final Channel[] channels;

        private State(Abi abi, Channel[] channels) {
            this.abi = abi;
            this.channels = channels;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof State that && abi == that.abi && Arrays.equals(channels, that.channels);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(channels);
        }
    }

    State save() {
        if (dirty) {
            saved = channels.clone();
            dirty = false;
        }
        return new State(abi, saved);
    }

    void restore(State state) {
        abi = state.abi;
        System.arraycopy(state.channels, 0, channels, 0, channels.length);
        saved = state.channels;
        dirty = false;
    }
}
