package ringside.monitor.deprivileged;

import ringside.cpu.Cpu;
import ringside.cpu.EventReceiver;
import ringside.cpu.Exit;
import ringside.cpu.Fault;

/** The real processor took a fault, and its interrupt table leads to the monitor. */
public final class Trapped extends Exit {
    private static final long serialVersionUID = 1;

    private final transient Fault fault;

    public Trapped(Fault fault) {
        this.fault = fault;
    }

    public Fault fault() {
        return fault;
    }

    /**
     * The monitor's interrupt table: every gate leads to the monitor. Its gates have DPL 0, so that INT n of the guest faults; INT3 and
     * INTO may be used from every ring, as their faults say enough.
     */
    public static final EventReceiver TO_MONITOR = new EventReceiver() {
        @Override
        public void fault(Cpu cpu, Fault fault) {
            throw new Trapped(fault);
        }

        @Override
        public void software(Cpu cpu, int vector, Software kind) {
            throw new Trapped(Fault.ofSoftware(kind, vector));
        }

        @Override
        public void external(Cpu cpu, int vector) {
            throw new IllegalStateException("the monitor serves devices itself");
        }

        @Override
        public void nonMaskable(Cpu cpu) {
            throw new IllegalStateException("the monitor serves devices itself");
        }

        @Override
        public void initialize(Cpu cpu) {
            throw new IllegalStateException("the monitor serves devices itself");
        }
    };
}
