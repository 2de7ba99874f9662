package ringside.device;

import ringside.bus.Device;

/** The debug console of Bochs and QEMU at port E9H: each byte written is shown, and a read of E9H tells that it is there. */
public final class DebugPort implements Device {
    /** Where it is attached by custom. */
    public static final int PORT = 0xE9;

    private final SerialSink sink;

    public DebugPort(SerialSink sink) {
        this.sink = sink;
    }

    @Override
    public int read(int offset, int size) {
        return PORT;
    }

    @Override
    public void write(int offset, int size, int value) {
        sink.accept(value & 0xFF);
    }
}
