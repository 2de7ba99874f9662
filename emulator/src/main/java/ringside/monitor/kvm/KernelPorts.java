package ringside.monitor.kvm;

import ringside.bus.Device;
import ringside.bus.PortBus;
import ringside.monitor.Options.Irqchip;

/**
 * Port space as KVM's emulation of IN and OUT sees it: devices in the kernel answer, for all others the data lies in the shared page, where
 * user space has put it or has taken it from.
 */
final class KernelPorts implements Device {
    private final PortBus devices;
    private final Irqchip irqchip;
    private final KvmRun shared;

    KernelPorts(PortBus devices, Irqchip irqchip, KvmRun shared) {
        this.devices = devices;
        this.irqchip = irqchip;
        this.shared = shared;
    }

    /** The whole port space as one device. */
    PortBus bus() {
        PortBus bus = new PortBus();
        bus.attach(0, PortBus.PORTS, this);
        return bus;
    }

    /** KVM_CREATE_IRQCHIP brings the 8259s and ELCR into the kernel, KVM_CREATE_PIT2 the 8254 with port 61H. */
    boolean isInKernel(int port) {
        if (irqchip != Irqchip.KERNEL) {
            return false;
        }
        return switch (port) {
            case 0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x40, 0x41, 0x42, 0x43, 0x61 -> true;
            default -> false;
        };
    }

    @Override
    public int width() {
        return 4;
    }

    @Override
    public int read(int port, int size) {
        return isInKernel(port) ? devices.read(port, size) : shared.ioData() >>> 8 * (port - shared.ioPort());
    }

    @Override
    public void write(int port, int size, int value) {
        if (isInKernel(port)) {
            devices.write(port, size, value);
        }
    }
}
