package ringside.monitor.hvm;

import java.util.Arrays;
import ringside.bus.DirectMemory;
import ringside.machine.Machine;
import ringside.memory.Ram;
import ringside.probe.Actor;
import ringside.probe.Deed;

/**
 * The device model where domain 0 is no guest here: QEMU's part, played by the machine's own devices. An event tells it that a request is ready; it takes
 * that from the shared page, does on its devices what the guest has asked for, and answers by the same page (QEMU, hw/xen/xen-hvm-common.c:
 * handle_ioreq, cpu_ioreq_pio, cpu_ioreq_move).
 */
final class BuiltInDeviceModel implements DeviceModel {
    private final Machine machine;
    private final IoRequestPage page;
    private final DirectMemory memory;
    private final Actor self;

    BuiltInDeviceModel(Machine machine, IoRequestPage page, Actor self) {
        this.self = self;
        this.machine = machine;
        this.page = page;
        memory = new DirectMemory(machine.ram(), machine.config().memory());
    }

    @Override
    public boolean serves(IoRequest.Type type, long address, int size) {
        return true;
    }

    @Override
    public void send(IoRequest request) {
        page.post(request);
        page.state(IoRequest.State.IOREQ_INPROCESS, "dom0");
    }

    @Override
    public boolean isAnswered() {
        return true;
    }

    /** As guest time passes with each element, it performs each in its time. */
    @Override
    public boolean isWhole() {
        return false;
    }

    @Override
    public long element(int element) {
        IoRequest request = page.request();
        if (!request.isPointer()) {
            long value = access(request, request.data());
            if (request.read()) {
                page.data(value);
            }
            return value;
        }
        long place = request.place(element);
        if (!memory.holds(place, request.size())) {
            throw new IllegalStateException("Xen has asked for a string outside of the guest's memory");
        }
        byte[] bytes = new byte[8];
        if (!request.read()) {
            System.arraycopy(memory.bytes(place, request.size()), 0, bytes, 0, request.size());
            return access(request, Ram.get(bytes, 0, 8));
        }
        long value = access(request, 0);
        Ram.put(bytes, 0, 8, value);
        memory.load(place, Arrays.copyOf(bytes, request.size()));
        return value;
    }

    private long access(IoRequest request, long value) {
        self.does(Deed.ACCESS_DEVICE, request.address());
        return switch (request.type()) {
            case PIO -> port((int) request.address(), request.size(), request.read(), (int) value);
            case COPY -> memory(request.address(), request.size(), request.read(), value);
        };
    }

    private long port(int port, int size, boolean read, int value) {
        if (read) {
            return Integer.toUnsignedLong(machine.ports().read(port, size));
        }
        machine.ports().write(port, size, value);
        return 0;
    }

    private long memory(long address, int size, boolean read, long value) {
        if (read) {
            return machine.memoryBus().read(address, size);
        }
        machine.memoryBus().write(address, size, value);
        return 0;
    }

    @Override
    public void finish(int done) {
        page.count(done);
        page.state(IoRequest.State.IORESP_READY, "dom0");
        page.state(IoRequest.State.IOREQ_NONE, "xen");
    }

    @Override
    public DeviceModel.State save() {
        return NOTHING;
    }

    @Override
    public void restore(DeviceModel.State state) {
        // All of it is in the page and the devices.
    }
}
