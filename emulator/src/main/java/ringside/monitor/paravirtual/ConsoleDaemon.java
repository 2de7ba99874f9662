package ringside.monitor.paravirtual;

import ringside.bus.Deadline;
import ringside.bus.Inputs;
import ringside.machine.Machine;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * The other end of a domain's console, in domain 0: it takes what the guest has put into one ring of the shared page and prints it, and puts
 * what is typed into the other (tools/console/daemon). It stands in for domain 0 where that is no guest beside the domain.
 */
final class ConsoleDaemon implements ConsoleEnd {
    /** The daemon's end of the event channel, in domain 0. */
    static final int PORT = 2;

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
    public boolean endsWait() {
        return arrival.canInterrupt(true);
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

    /** Whatever the guest's index says, no more is taken than the ring holds. */
    private void print() {
        long page = page();
        byte[] written = page == -1 ? new byte[0] : new ConsoleRing(domain.ram(), page).written();
        if (written.length == 0) {
            return;
        }
        for (byte one : written) {
            domain.console().accept(one & 0xFF);
        }
        domain.work(written.length / 16);
        moved(written.length, page);
    }

    private void moved(int count, long page) {
        probe.step(Deed.SERVE_RING, "dom0", page);
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
        var ring = new ConsoleRing(domain.ram(), page);
        int count = 0;
        boolean full = false;
        while (!full
                && next < inputs.size()
                && inputs.time(next) <= domain.clock().now()) {
            full = !ring.type(inputs.value(next));
            if (!full) {
                next++;
                count++;
            }
        }
        if (count > 0) {
            moved(count, page);
        }
        if (!full) {
            expect();
        }
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
