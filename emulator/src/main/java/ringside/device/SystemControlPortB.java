package ringside.device;

import ringside.bus.Clock;
import ringside.bus.Device;

/**
 * Port 61H of a PC. Bits 0 and 1 open the gate of PIT counter 2 and the speaker; 2 and 3 would enable parity and channel
 * checks and only keep what is written; 4 toggles with each memory refresh, every 18 pulses of the PIT's clock as the PC
 * AT's firmware sets it; 5 shows OUT of counter 2; 6 and 7 are error flags that never rise here.
 *
 * <p>Source: Intel 82371SB data sheet, NMI Status and Control Register.
 */
public final class SystemControlPortB implements Device {
    /** Where it is attached. */
    public static final int PORT = 0x61;

    private static final int GATE_2 = 1 << 0;
    private static final int REFRESH_TOGGLE = 1 << 4;
    private static final int OUT_2 = 1 << 5;
    private static final int KEPT = 0x0F;
    private static final int REFRESH_PULSES = 18;

    private final Clock clock;
    private final Pit8254 pit;
    private int kept;

    public SystemControlPortB(Clock clock, Pit8254 pit) {
        this.clock = clock;
        this.pit = pit;
    }

    @Override
    public int read(int offset, int size) {
        boolean refresh = (Pit8254.pulses(clock.now()) / REFRESH_PULSES & 1) != 0;
        return kept | (refresh ? REFRESH_TOGGLE : 0) | (pit.out2() ? OUT_2 : 0);
    }

    @Override
    public void write(int offset, int size, int value) {
        kept = value & KEPT;
        pit.gate2((value & GATE_2) != 0);
    }

    public State save() {
        return new State(kept);
    }

    public void restore(State state) {
        kept = state.kept;
    }

    /** The bits that software wrote. */
    public record State(int kept) {}
}
