package ringside.monitor.hvm;

import java.util.Arrays;
import java.util.Optional;
import ringside.bus.DirectMemory;
import ringside.machine.Machine;
import ringside.memory.Ram;
import ringside.monitor.paravirtual.Breach;
import ringside.monitor.paravirtual.HardwareDomain;
import ringside.monitor.paravirtual.IoreqServers;
import ringside.probe.Probe;

/**
 * Device models that are code of a guest, in domain 0: a request goes into the page that Xen shares with the server of its port or address, an event tells
 * domain 0, and what comes back is believed only as far as Xen can check it (Xen, common/ioreq.c: ioreq_send, wait_for_io).
 */
final class GuestDeviceModel implements DeviceModel {
    private final HardwareDomain domain;
    private final Ram ram;
    private final DirectMemory memory;
    private final Probe probe;

    /** The request under way; empty where there is none. */
    private Optional<Asked> asked = Optional.empty();

    /**
     * @param server the number of the one that was asked
     * @param seen the highest state that Xen has met since
     * @param answer what the page's data was when the answer was there
     */
    private record Asked(int server, IoRequest request, IoRequest.State seen, Optional<Long> answer) {
        Asked met(IoRequest.State state) {
            return new Asked(server, request, state, answer);
        }

        Asked answered(long data) {
            return new Asked(server, request, seen, Optional.of(data));
        }
    }

    GuestDeviceModel(HardwareDomain domain, Machine machine, Probe probe) {
        this.domain = domain;
        ram = machine.ram();
        memory = new DirectMemory(ram, machine.config().memory());
        this.probe = probe;
    }

    private IoRequestPage page(int server) {
        return new IoRequestPage(ram, domain.servers().page(server), probe);
    }

    private Optional<Integer> server(IoRequest.Type type, long address, int size) {
        IoreqServers.Space space = switch (type) {
            case PIO -> IoreqServers.Space.PORT;
            case COPY -> IoreqServers.Space.MEMORY;
        };
        return domain.servers().serving(space, address, address + size - 1);
    }

    @Override
    public boolean serves(IoRequest.Type type, long address, int size) {
        return server(type, address, size).isPresent();
    }

    @Override
    public void send(IoRequest request) {
        int server = server(request.type(), request.address(), request.size()).orElseThrow();
        IoRequestPage page = page(server);
        int port = domain.servers().port(server);
        if (page.stateNumber() != IoRequest.State.IOREQ_NONE.ordinal()) {
            throw domain.crash(Breach.REQUEST_BUSY);
        }
        if (page.eventPort() != port) {
            throw domain.crash(Breach.REQUEST_PORT);
        }
        page.post(request.by(port));
        asked = Optional.of(new Asked(server, request, IoRequest.State.IOREQ_NONE, Optional.empty()));
        domain.servers().tell(server);
    }

    /** What stands in the page is looked at each time that an event has woken Xen: a state may follow only a lower one. */
    @Override
    public boolean isAnswered() {
        Asked now = asked.orElseThrow();
        if (now.answer.isPresent()) {
            return true;
        }
        IoRequestPage page = page(now.server);
        int number = page.stateNumber();
        if (number == IoRequest.State.IOREQ_NONE.ordinal()) {
            asked = Optional.of(now.answered(-1)); // The device model has taken it back.
            return true;
        }
        if (number < now.seen.ordinal() || number >= IoRequest.State.values().length) {
            throw domain.crash(Breach.REQUEST_STATE);
        }
        IoRequest.State state = IoRequest.State.values()[number];
        if (state != IoRequest.State.IORESP_READY) {
            asked = Optional.of(now.met(state));
            return false;
        }
        page.tell(state, "dom0");
        asked = Optional.of(now.answered(page.data()));
        page.state(IoRequest.State.IOREQ_NONE, "xen");
        return true;
    }

    @Override
    public boolean isWhole() {
        return true;
    }

    /** Elements of a string are where domain 0 has put them, in the domain's memory. */
    @Override
    public long element(int index) {
        Asked now = asked.orElseThrow();
        IoRequest request = now.request;
        if (!request.isPointer()) {
            return now.answer.orElseThrow();
        }
        long place = request.place(index);
        if (!request.read() || !memory.holds(place, request.size())) {
            return 0;
        }
        return Ram.get(Arrays.copyOf(memory.bytes(place, request.size()), 8), 0, 8);
    }

    @Override
    public void finish(int done) {
        asked = Optional.empty();
    }

    private record Saved(Optional<Asked> asked) implements State {}

    @Override
    public State save() {
        return new Saved(asked);
    }

    @Override
    public void restore(State state) {
        asked = ((Saved) state).asked;
    }
}
