package ringside.monitor.paravirtual;

import ringside.bus.Deadline;
import ringside.bus.Inputs;
import ringside.machine.Machine;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * The other end of a domain's console, in domain 0: it takes what the guest has put into one ring of the shared page and prints it, and puts
 * what is typed into the other (Xen's public header io/console.h; tools/console/daemon). Domain 0 itself is no guest here.
 *
 * <pre>
 *   0H  in[1024]    400H  out[2048]    C00H  in_cons  in_prod  out_cons  out_prod
 * </pre>
 *
 * Indexes run freely; each side changes its own, and then notifies the other by the event channel.
 */
final class ConsoleDaemon implements ConsoleEnd {
    /** The daemon's end of the event channel, in domain 0. */
    static final int PORT = 2;

    private static final int IN_SIZE = 1024;
    private static final int OUT = 0x400;
    private static final int OUT_SIZE = 2048;
    private static final int IN_CONS = 0xC00;
    private static final int IN_PROD = 0xC04;
    private static final int OUT_CONS = 0xC08;
    private static final int OUT_PROD = 0xC0C;

    private final Domain domain;
    private final Probe probe;
    private final Inputs inputs;
    private final Deadline arrival;
    private int next;

    ConsoleDaemon(Domain domain, Machine machine, Probe probe) {
        this.domain = domain;
        this.probe = probe;
        inputs = machine.inputs();
        arrival = machine.schedule().inputDeadline("typing at a domain's console", this::canWake, time -> type());
        machine.inputs().onChange(this::expect);
        domain.onNotification(port -> {
            if (port == PORT) {
                print();
                expect();
            }
        });
    }

    /** The guest's port; 0 where it has closed it. */
    private int guestPort() {
        int port = domain.vcpu().consolePort;
        Channel channel = domain.events().channel(port);
        return channel.equals(new Channel(Kind.INTERDOMAIN, 0, PORT)) ? port : 0;
    }

    @Override
    public boolean isDue(long now) {
        return arrival.time() <= now;
    }

    private boolean canWake() {
        int port = guestPort();
        return port != 0 && !domain.events().isMasked(port);
    }

    /** Machine address of the shared page; -1 where the guest has made something else of it. */
    private long page() {
        int frame = domain.vcpu().consoleFrame;
        boolean usable = domain.frames().isDomains(frame) && domain.frames().type(frame) == FrameType.WRITABLE;
        return usable ? (long) frame << 12 : -1;
    }

    private int index(long page, int offset) {
        return (int) domain.ram().read(page + offset, 4);
    }

    /** Whatever the guest's index says, no more is taken than the ring holds. */
    private void print() {
        long page = page();
        if (page == -1) {
            return;
        }
        int from = index(page, OUT_CONS);
        int to = index(page, OUT_PROD);
        int count = to - from;
        if (count <= 0 || count > OUT_SIZE) {
            return;
        }
        for (int i = from; i != to; i++) {
            domain.console().accept((int) domain.ram().read(page + OUT + (i & OUT_SIZE - 1), 1));
        }
        domain.work(count / 16);
        domain.ram().write(page + OUT_CONS, 4, to & 0xFFFF_FFFFL);
        probe.event(new Event.Exit("backend", "CONSOLE", PORT, count, page, "dom0", 0));
        domain.raise(guestPort());
    }

    /** The next byte that will be typed, or waits for room. */
    private void expect() {
        if (next < inputs.size()) {
            arrival.at(Math.max(inputs.time(next), domain.clock().now()));
        } else {
            arrival.cancel();
        }
    }

    private void type() {
        long page = page();
        if (page == -1 || guestPort() == 0) {
            return;
        }
        int to = index(page, IN_PROD);
        int from = index(page, IN_CONS);
        int count = 0;
        while (next < inputs.size() && inputs.time(next) <= domain.clock().now() && room(from, to)) {
            domain.ram().write(page + (to & IN_SIZE - 1), 1, inputs.value(next));
            next++;
            to++;
            count++;
        }
        if (count > 0) {
            domain.ram().write(page + IN_PROD, 4, to & 0xFFFF_FFFFL);
            probe.event(new Event.Exit("backend", "CONSOLE", PORT, count, page, "dom0", 0));
            domain.raise(guestPort());
        }
        if (room(from, to)) {
            expect();
        }
    }

    private static boolean room(int from, int to) {
        int used = to - from;
        return used >= 0 && used < IN_SIZE;
    }

    /** All typed bytes go to the guest's ring, and none to a reader here. */
    @Override
    public int read() {
        return -1;
    }

    @Override
    public State save() {
        return new State(next, next);
    }

    @Override
    public void restore(State state) {
        next = state.read();
        expect();
    }
}
