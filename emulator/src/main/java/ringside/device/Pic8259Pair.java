package ringside.device;

import ringside.bus.Device;
import ringside.bus.InterruptController;
import ringside.bus.InterruptLine;
import ringside.bus.PortBus;

/**
 * The two 8259As of a PC: the slave's INT is input 2 of the master, whose INT is the processor's INTR. Ports 20H and 21H
 * (master), A0H and A1H (slave), 4D0H and 4D1H (edge or level, one bit an input).
 */
public final class Pic8259Pair implements InterruptController {
    private static final int CASCADE = 2;
    /** Inputs 0, 1 and 2 are always edge-triggered; Intel 82371SB data sheet, Edge/Level Control Registers. */
    private static final int MASTER_SELECTABLE = 0xF8;
    /** So are inputs 8 (clock) and 13 (coprocessor); same section. */
    private static final int SLAVE_SELECTABLE = 0xDE;

    private final Pic8259 master = new Pic8259(true, this::update);
    private final Pic8259 slave = new Pic8259(false, this::update);
    private Runnable onChange = () -> {};
    private boolean pending;

    /** Attaches the pair to its six ports. */
    public void attachTo(PortBus ports) {
        ports.attach(0x20, 2, master);
        ports.attach(0xA0, 2, slave);
        ports.attach(0x4D0, 2, new EdgeLevelControl());
    }

    /**
     * The wire of a request.
     *
     * @param irq 0 to 15, except 2, which carries the cascade
     */
    public InterruptLine line(int irq) {
        if (irq < 0 || irq > 15 || irq == CASCADE) {
            throw new IllegalStateException("no device can drive IRQ " + irq);
        }
        return new InterruptLine() {
            @Override
            public void set(boolean level) {
                chip(irq).line(irq & 7, level);
            }

            @Override
            public boolean heard(boolean maskable) {
                return accepts(irq);
            }
        };
    }

    /** Whether a request at this input, made now, would reach the processor. */
    public boolean accepts(int irq) {
        return irq < 8 ? master.accepts(irq) : slave.accepts(irq & 7) && master.accepts(CASCADE);
    }

    @Override
    public boolean pending() {
        return pending;
    }

    @Override
    public int acknowledge() {
        int level = master.acknowledge();
        if (level < 0) {
            return master.vector(7);
        }
        if (!master.hasSlave(level)) {
            return master.vector(level);
        }
        if (level != slave.slaveAddress()) {
            return 0xFF; // no slave has this cascade address: nobody drives the bus
        }
        int inner = slave.acknowledge();
        return slave.vector(inner < 0 ? 7 : inner);
    }

    @Override
    public void onChange(Runnable listener) {
        onChange = listener;
    }

    private Pic8259 chip(int irq) {
        return irq < 8 ? master : slave;
    }

    private void update() {
        master.line(CASCADE, slave.interrupt());
        boolean now = master.interrupt();
        if (now != pending) {
            pending = now;
            onChange.run();
        }
    }

    public State save() {
        return new State(master.save(), slave.save());
    }

    public void restore(State state) {
        master.restore(state.master);
        slave.restore(state.slave);
        update();
    }

    /** The registers of both chips. */
    public record State(Pic8259.State master, Pic8259.State slave) {}

    /** The two edge/level registers, at offsets 0 (inputs 0 to 7) and 1 (8 to 15). */
    private final class EdgeLevelControl implements Device {
        @Override
        public int read(int offset, int size) {
            return (offset == 0 ? master : slave).levelTriggered();
        }

        @Override
        public void write(int offset, int size, int value) {
            if (offset == 0) {
                master.levelTriggered(value & MASTER_SELECTABLE);
            } else {
                slave.levelTriggered(value & SLAVE_SELECTABLE);
            }
        }
    }
}
