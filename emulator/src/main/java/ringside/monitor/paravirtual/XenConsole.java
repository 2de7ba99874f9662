package ringside.monitor.paravirtual;

import ringside.bus.Deadline;
import ringside.bus.Inputs;
import ringside.machine.Machine;

/**
 * Xen's own console, the machine's serial line: what is typed there is kept until domain 0 reads it, and VIRQ_CONSOLE tells it (Xen,
 * drivers/char/console.c).
 */
final class XenConsole implements ConsoleEnd {
    /** VIRQ_CONSOLE. */
    private static final int INTERRUPT = 2;

    private final Domain domain0;
    private final Inputs inputs;
    private final Deadline arrival;
    private int next;
    private int told;

    XenConsole(Domain domain0, Machine machine) {
        this.domain0 = domain0;
        inputs = machine.inputs();
        arrival = machine.schedule().inputDeadline("typing at Xen's console", this::canWake, time -> tell());
        inputs.onChange(this::expect);
    }

    private int port() {
        return domain0.events().portOf(INTERRUPT);
    }

    private boolean canWake() {
        return port() != 0 && !domain0.events().isMasked(port());
    }

    @Override
    public boolean endsWait() {
        return arrival.canInterrupt(true);
    }

    @Override
    public boolean isDue(long now) {
        return arrival.time() <= now;
    }

    private void expect() {
        if (told < inputs.size()) {
            arrival.at(Math.max(inputs.time(told), domain0.clock().now()));
        } else {
            arrival.cancel();
        }
    }

    private void tell() {
        while (told < inputs.size() && inputs.time(told) <= domain0.clock().now()) {
            told++;
        }
        if (port() != 0) {
            domain0.raise(port());
        }
        expect();
    }

    @Override
    public int read() {
        if (next >= inputs.size() || inputs.time(next) > domain0.clock().now()) {
            return -1;
        }
        return inputs.value(next++);
    }

    @Override
    public State save() {
        return new State(next, told);
    }

    @Override
    public void restore(State state) {
        next = state.read();
        told = state.told();
        expect();
    }
}
