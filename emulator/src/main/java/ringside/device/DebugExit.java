package ringside.device;

import java.util.function.IntConsumer;
import ringside.bus.Device;

/** The debug-exit device at port F4H: a write ends the run. It holds no state; a read floats like an unclaimed port. */
public final class DebugExit implements Device {
    /** Where it is attached by custom. */
    public static final int PORT = 0xF4;

    private final IntConsumer onExit;

    /**
     * @param onExit told the exit status, {@code (value << 1 | 1) & 255}: odd, so that it cannot be taken for another
     *     end
     */
    public DebugExit(IntConsumer onExit) {
        this.onExit = onExit;
    }

    @Override
    public int read(int offset, int size) {
        return 0xFF;
    }

    @Override
    public void write(int offset, int size, int value) {
        onExit.accept(((value << 1) | 1) & 0xFF);
    }
}
