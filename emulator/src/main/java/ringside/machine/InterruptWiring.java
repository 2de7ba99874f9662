package ringside.machine;

import ringside.bus.InterruptLine;
import ringside.device.IoApic;
import ringside.device.LocalApic;
import ringside.device.Pic8259Pair;

/**
 * The wires to the inputs of the 8259As and the I/O APIC. An input may be shared: by a device of the machine's and by somebody who is none, a hypervisor
 * that tells its guest something. It is high while either of them drives it so (Xen counts them: gsi_assert_count).
 */
public final class InterruptWiring {
    private static final int CASCADE = 2;
    private static final int PIC_INPUTS = 16;

    private final Pic8259Pair pic;
    private final IoApic ioApic;
    private final LocalApic localApic;
    private final Side devices = new Side();
    private final Side others = new Side();

    /** What one side drives: a bit for each input. */
    private static final class Side {
        private int pic;
        private int ioApic;
    }

    InterruptWiring(Pic8259Pair pic, IoApic ioApic, LocalApic localApic) {
        this.pic = pic;
        this.ioApic = ioApic;
        this.localApic = localApic;
    }

    private static int with(int levels, int input, boolean level) {
        return level ? levels | 1 << input : levels & ~(1 << input);
    }

    private InterruptLine toPic(int input, Side side) {
        InterruptLine line = pic.line(input);
        return new InterruptLine() {
            @Override
            public void set(boolean level) {
                side.pic = with(side.pic, input, level);
                line.set(((devices.pic | others.pic) & 1 << input) != 0);
            }

            @Override
            public boolean heard(boolean maskable) {
                return line.heard(maskable) && localApic.hearsPic(maskable);
            }
        };
    }

    private InterruptLine toIoApic(int input, Side side) {
        InterruptLine line = ioApic.line(input);
        return new InterruptLine() {
            @Override
            public void set(boolean level) {
                side.ioApic = with(side.ioApic, input, level);
                line.set(((devices.ioApic | others.ioApic) & 1 << input) != 0);
            }

            @Override
            public boolean heard(boolean maskable) {
                return line.heard(maskable);
            }
        };
    }

    private static InterruptLine both(InterruptLine one, InterruptLine other) {
        return new InterruptLine() {
            @Override
            public void set(boolean level) {
                one.set(level);
                other.set(level);
            }

            @Override
            public boolean heard(boolean maskable) {
                return one.heard(maskable) || other.heard(maskable);
            }
        };
    }

    /** A device's request: a wire to the 8259As, and one to the I/O APIC, where IRQ 0 has input 2 and each other one its own. */
    InterruptLine device(int irq) {
        return both(toPic(irq, devices), toIoApic(irq == 0 ? 2 : irq, devices));
    }

    /**
     * Somebody else's request.
     *
     * @param gsi the I/O APIC's input, 0 to 23; below 16 the 8259As' too, but for the one between them
     */
    public InterruptLine other(int gsi) {
        boolean hasPic = gsi < PIC_INPUTS && gsi != CASCADE;
        return hasPic ? both(toPic(gsi, others), otherToIoApic(gsi)) : otherToIoApic(gsi);
    }

    /** The same to the I/O APIC alone. */
    public InterruptLine otherToIoApic(int gsi) {
        return toIoApic(gsi, others);
    }

    /** Who drives which inputs; the controllers know the levels themselves. */
    public record State(int devicesPic, int devicesIoApic, int othersPic, int othersIoApic) {}

    State save() {
        return new State(devices.pic, devices.ioApic, others.pic, others.ioApic);
    }

    void restore(State state) {
        devices.pic = state.devicesPic;
        devices.ioApic = state.devicesIoApic;
        others.pic = state.othersPic;
        others.ioApic = state.othersIoApic;
    }
}
