package ringside.monitor.hvm;

import ringside.bus.Device;
import ringside.bus.PortBus;

/** Port space as Xen's emulator of IN and OUT sees it: its own devices answer, and for all others what the device model has answered. */
final class XenPorts implements Device {
    private final PortBus devices;
    private final XenDevices own;

    /** What the device model has read from {@link #asked}. */
    private int answer;

    private int asked;

    XenPorts(PortBus devices, XenDevices own) {
        this.devices = devices;
        this.own = own;
    }

    /** The whole port space as one device. */
    PortBus bus() {
        PortBus bus = new PortBus();
        bus.attach(0, PortBus.PORTS, this);
        return bus;
    }

    /** What the next IN from a port of the device model's reads. */
    void answer(int port, long value) {
        asked = port;
        answer = (int) value;
    }

    @Override
    public int width() {
        return 4;
    }

    @Override
    public int read(int port, int size) {
        return own.reads(port, size) ? devices.read(port, size) : answer >>> 8 * (port - asked);
    }

    @Override
    public void write(int port, int size, int value) {
        if (own.writes(port, size, value)) {
            devices.write(port, size, value);
        }
        own.written(port, size, value);
    }
}
