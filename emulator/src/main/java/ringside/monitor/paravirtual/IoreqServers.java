package ringside.monitor.paravirtual;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import ringside.memory.Ram;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;

/**
 * The ioreq servers of a domain: device models in domain 0, each with the ports and addresses that it serves, a page for requests that it shares with
 * Xen, and an event channel whose end in this domain is Xen's (Xen, common/ioreq.c; public header hvm/dm_op.h).
 */
public final class IoreqServers {
    /** MAX_NR_IOREQ_SERVERS. */
    private static final int MOST = 8;

    /** Where the port of a request is in its page: vp_eport (public header hvm/ioreq.h). */
    private static final int EVENT_PORT = 24;

    /** HVM_IOREQSRV_BUFIOREQ_OFF, _ATOMIC. */
    private static final int UNBUFFERED = 0;

    private static final int LAST_BUFFERING = 2;

    /** XENMEM_resource_ioreq_server_frame_bufioreq, _ioreq(0). */
    private static final int BUFFERED_FRAME = 0;

    private static final int SYNCHRONOUS_FRAME = 1;

    /** What a range is of: XEN_DMOP_IO_RANGE_*, in the order of their numbers. */
    public enum Space {
        PORT,
        MEMORY,
        /** Configuration space; no domain here has a PCI bus. */
        PCI
    }

    /**
     * @param port Xen's end of the event channel
     * @param bufferedPort the same of the one for buffered requests; 0 where they are not wanted
     * @param mapped whether it has asked for its pages
     * @param ranges what it serves of each space
     */
    record Server(int port, int bufferedPort, boolean mapped, boolean enabled, List<RangeSet> ranges) {
        Server map() {
            return new Server(port, bufferedPort, true, enabled, ranges);
        }

        Server enable(boolean on) {
            return new Server(port, bufferedPort, mapped, on, ranges);
        }

        Server with(Space space, RangeSet set) {
            List<RangeSet> changed = new ArrayList<>(ranges);
            changed.set(space.ordinal(), set);
            return new Server(port, bufferedPort, mapped, enabled, List.copyOf(changed));
        }

        RangeSet of(Space space) {
            return ranges.get(space.ordinal());
        }

        boolean serves(Space space, long first, long last) {
            return enabled && mapped && of(space).contains(first, last);
        }
    }

    private final HardwareDomain domain;
    private final int firstFrame;
    private Map<Integer, Server> servers = Map.of();

    /** Frames for the pages of all servers: two each. */
    public static int frames() {
        return 2 * MOST;
    }

    IoreqServers(HardwareDomain domain, int firstFrame) {
        this.domain = domain;
        this.firstFrame = firstFrame;
        for (int frame = firstFrame; frame < firstFrame + frames(); frame++) {
            domain.own().share(frame);
        }
    }

    // What Xen asks.

    /** The server that all of a range is asked of: of several the one made last. */
    public Optional<Integer> serving(Space space, long first, long last) {
        Optional<Integer> found = Optional.empty();
        for (Map.Entry<Integer, Server> each : servers.entrySet()) {
            if (each.getValue().serves(space, first, last)) {
                found = Optional.of(each.getKey());
            }
        }
        return found;
    }

    /** Frame of the page where a server's requests are. */
    public int page(int id) {
        return firstFrame + 2 * id;
    }

    /** Xen's end of a server's event channel; 0 where there is no such server any more. */
    public int port(int id) {
        return Optional.ofNullable(servers.get(id)).map(Server::port).orElse(0);
    }

    /** An event tells domain 0 that a request is there, where it listens. */
    public void tell(int id) {
        Channel channel = domain.events().channel(port(id));
        if (channel.kind() == Kind.INTERDOMAIN) {
            domain.find(channel.domain()).ifPresent(other -> other.raise(channel.number()));
        }
    }

    // What domain 0 asks.

    private Server server(long id) {
        return Optional.ofNullable(servers.get((int) id)).orElseThrow(Errno.ENOENT::failure);
    }

    private void change(long id, UnaryOperator<Server> change) {
        Map<Integer, Server> changed = new TreeMap<>(servers);
        changed.put((int) id, change.apply(server(id)));
        servers = changed;
    }

    private int port() {
        return domain.events().bind(Channel.ofXen(Domain.ZERO));
    }

    /** Makes one. @param buffering HVM_IOREQSRV_BUFIOREQ_* @return its number */
    int create(int buffering) {
        if (buffering > LAST_BUFFERING) {
            throw Errno.EINVAL.failure();
        }
        int id = 0;
        while (servers.containsKey(id)) {
            id++;
        }
        if (id == MOST) {
            throw Errno.ENOSPC.failure();
        }
        List<RangeSet> ranges = Collections.nCopies(Space.values().length, RangeSet.EMPTY);
        Map<Integer, Server> changed = new TreeMap<>(servers);
        changed.put(id, new Server(port(), buffering == UNBUFFERED ? 0 : port(), false, false, ranges));
        servers = changed;
        return id;
    }

    void destroy(long id) {
        Server gone = server(id);
        EventCalls.free(domain, gone.port);
        if (gone.bufferedPort != 0) {
            EventCalls.free(domain, gone.bufferedPort);
        }
        Map<Integer, Server> changed = new TreeMap<>(servers);
        changed.remove((int) id);
        servers = changed;
    }

    /** Its port for buffered requests; 0 where it has none. */
    int bufferedPort(long id) {
        return server(id).bufferedPort;
    }

    /** A frame of its pages, which is clear when it is asked for first. @param index XENMEM_resource_ioreq_server_frame_* */
    int frame(long id, long index) {
        Server server = server(id);
        if (!server.mapped) {
            clear(page((int) id));
            clear(page((int) id) + 1);
            change(id, Server::map);
        }
        if (index == BUFFERED_FRAME) {
            if (server.bufferedPort == 0) {
                throw Errno.ENOENT.failure();
            }
            return page((int) id) + 1;
        }
        if (index != SYNCHRONOUS_FRAME) {
            throw Errno.EINVAL.failure();
        }
        return page((int) id);
    }

    private void clear(int frame) {
        domain.ram().load((long) frame << 12, new byte[Ram.FRAME_SIZE]);
    }

    /** An enabled one finds in its page which port to listen to. */
    void enable(long id, boolean on) {
        Server server = server(id);
        if (on && !server.enabled && server.mapped) {
            domain.ram().write(((long) page((int) id) << 12) + EVENT_PORT, 4, server.port);
        }
        change(id, old -> old.enable(on));
    }

    /** @param last included */
    void map(long id, long type, long first, long last) {
        Space space = space(id, type, first, last);
        RangeSet set = server(id).of(space);
        if (set.overlaps(first, last)) {
            throw Errno.EEXIST.failure();
        }
        change(id, server -> server.with(space, set.add(first, last)));
    }

    void unmap(long id, long type, long first, long last) {
        Space space = space(id, type, first, last);
        RangeSet set = server(id).of(space);
        if (!set.contains(first, last)) {
            throw Errno.ENOENT.failure();
        }
        change(id, server -> server.with(space, set.remove(first, last)));
    }

    private Space space(long id, long type, long first, long last) {
        if (Long.compareUnsigned(first, last) > 0) {
            throw Errno.EINVAL.failure();
        }
        server(id);
        if (type < 0 || type >= Space.values().length) {
            throw Errno.EINVAL.failure();
        }
        return Space.values()[(int) type];
    }

    /** All servers, by their numbers. */
    record State(Map<Integer, Server> servers) {}

    State save() {
        return new State(servers);
    }

    void restore(State state) {
        servers = state.servers;
    }
}
