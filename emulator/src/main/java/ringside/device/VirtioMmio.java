package ringside.device;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.Device;
import ringside.bus.DirectMemory;
import ringside.bus.InterruptLine;
import ringside.bus.Schedule;

/**
 * Virtio over MMIO: the registers by which a driver finds its device, agrees with it on features, hands it queues and rings its bell
 * (Virtual I/O Device specification 1.2, Virtio Over MMIO: MMIO Device Register Layout).
 *
 * <p>A device works at once when its bell rings, at 16 bytes a unit of guest time: up to {@value #AHEAD} units it works ahead, what goes
 * beyond waits. So no stretch of guest time holds more than its share of work, whatever a driver offers.
 */
public final class VirtioMmio implements Device {
    /** Bytes of the register range. */
    public static final int LENGTH = 0x200;

    /** QueueNotify. */
    public static final int QUEUE_NOTIFY = 0x050;

    private static final int MAGIC_VALUE = 0x000;
    private static final int VERSION = 0x004;
    private static final int DEVICE_ID = 0x008;
    private static final int VENDOR_ID = 0x00C;
    private static final int DEVICE_FEATURES = 0x010;
    private static final int DEVICE_FEATURES_SELECT = 0x014;
    private static final int DRIVER_FEATURES = 0x020;
    private static final int DRIVER_FEATURES_SELECT = 0x024;
    private static final int QUEUE_SELECT = 0x030;
    private static final int QUEUE_NUMBER_MAX = 0x034;
    private static final int QUEUE_NUMBER = 0x038;
    private static final int QUEUE_READY = 0x044;
    private static final int INTERRUPT_STATUS = 0x060;
    private static final int INTERRUPT_ACKNOWLEDGE = 0x064;
    private static final int STATUS = 0x070;
    private static final int QUEUE_DESCRIPTORS = 0x080;
    private static final int QUEUE_DRIVER = 0x090;
    private static final int QUEUE_DEVICE = 0x0A0;
    private static final int HIGH = 4;
    private static final int SHARED_MEMORY = 0x0B0;
    private static final int SHARED_MEMORY_END = 0x0C0;
    private static final int CONFIGURATION = 0x100;

    private static final int MAGIC = 0x7472_6976; // "virt"
    private static final int NOT_LEGACY = 2;
    private static final int VENDOR = 0x4544_4952; // "RIDE"

    // Device Status Field.
    private static final int DRIVER_OK = 1 << 2;
    private static final int FEATURES_OK = 1 << 3;
    private static final int NEEDS_RESET = 1 << 6;
    private static final int DRIVERS_OWN = 0xFF & ~NEEDS_RESET;

    /** Reserved Feature Bits: VIRTIO_F_VERSION_1. Neither indirect descriptors nor event indices are offered. */
    private static final long VERSION_1 = 1L << 32;

    private static final int USED_BUFFER = 1;
    private static final int CONFIGURATION_CHANGED = 2;

    private static final int BYTES_A_UNIT = 16;

    /** Units of guest time that a device works ahead: 64 KiB. */
    private static final int AHEAD = 4096;

    private final Clock clock;
    private final InterruptLine line;
    private final VirtioDevice device;
    private final List<Virtqueue> queues;
    private final Deadline work;

    private int status;
    private int deviceFeaturesSelect;
    private int driverFeaturesSelect;
    private long driverFeatures;
    private int queueSelect;
    private int interruptStatus;
    private long busyUntil;

    /**
     * A device as after a reset.
     *
     * @param line its interrupt
     * @param memory where its queues lie
     */
    public VirtioMmio(Clock clock, Schedule schedule, InterruptLine line, DirectMemory memory, VirtioDevice device) {
        this.clock = clock;
        this.line = line;
        this.device = device;
        queues = Stream.generate(() -> new Virtqueue(memory))
                .limit(device.queues())
                .toList();
        work = schedule.deadline("virtio device " + device.id(), this::reachesProcessor, time -> turn());
        device.plug(this::turn, this::reachesProcessor);
    }

    @Override
    public int width() {
        return 4;
    }

    /** The driver has done its part, and the bell of each queue is heard. */
    public boolean isLive() {
        int agreed = FEATURES_OK | DRIVER_OK;
        return (status & (agreed | NEEDS_RESET)) == agreed;
    }

    /** The queues that the driver has made ready. */
    public List<Integer> readyQueues() {
        return IntStream.range(0, queues.size())
                .filter(i -> queues.get(i).isReady())
                .boxed()
                .toList();
    }

    private boolean reachesProcessor(boolean maskable) {
        return interruptStatus == 0 && line.heard(maskable);
    }

    private long features() {
        return device.features() | VERSION_1;
    }

    /** Registers are 32 bits wide and taken whole; the configuration behind them is not. */
    @Override
    public int read(int offset, int size) {
        if (offset >= CONFIGURATION) {
            int value = 0;
            for (int i = 0; i < size; i++) {
                value |= (device.configuration(offset - CONFIGURATION + i) & 0xFF) << 8 * i;
            }
            return value;
        }
        if (size != 4) {
            return 0;
        }
        return switch (offset) {
            case MAGIC_VALUE -> MAGIC;
            case VERSION -> NOT_LEGACY;
            case DEVICE_ID -> device.id();
            case VENDOR_ID -> VENDOR;
            case DEVICE_FEATURES -> word(features(), deviceFeaturesSelect);
            case QUEUE_NUMBER_MAX -> isQueueSelected() ? Virtqueue.MOST : 0;
            case QUEUE_READY -> isQueueSelected() && selected().isReady() ? 1 : 0;
            case INTERRUPT_STATUS -> interruptStatus;
            case STATUS -> status;
            default -> offset >= SHARED_MEMORY && offset < SHARED_MEMORY_END ? -1 : 0;
        };
    }

    private static int word(long features, int select) {
        return select == 0 ? (int) features : select == 1 ? (int) (features >>> 32) : 0;
    }

    private boolean isQueueSelected() {
        return queueSelect >= 0 && queueSelect < queues.size();
    }

    private Virtqueue selected() {
        return queues.get(queueSelect);
    }

    @Override
    public void write(int offset, int size, int value) {
        if (offset >= CONFIGURATION) {
            device.configure(offset - CONFIGURATION, size, value);
        } else if (size == 4) {
            writeRegister(offset, value);
        }
    }

    private void writeRegister(int offset, int value) {
        switch (offset) {
            case DEVICE_FEATURES_SELECT -> deviceFeaturesSelect = value;
            case DRIVER_FEATURES -> acceptFeatures(value);
            case DRIVER_FEATURES_SELECT -> driverFeaturesSelect = value;
            case QUEUE_SELECT -> queueSelect = value;
            case QUEUE_NOTIFY -> turn();
            case INTERRUPT_ACKNOWLEDGE -> {
                interruptStatus &= ~value;
                line.set(interruptStatus != 0);
            }
            case STATUS -> status(value);
            default -> {
                if (isQueueSelected()) {
                    writeQueue(selected(), offset, value);
                }
            }
        }
    }

    private void writeQueue(Virtqueue queue, int offset, int value) {
        switch (offset) {
            case QUEUE_NUMBER -> queue.size(value);
            case QUEUE_READY -> {
                if ((value & 1) != 0) {
                    queue.start();
                    judge();
                } else {
                    queue.reset();
                }
                turn();
            }
            case QUEUE_DESCRIPTORS -> queue.address(Virtqueue.Area.DESCRIPTORS, false, value);
            case QUEUE_DESCRIPTORS + HIGH -> queue.address(Virtqueue.Area.DESCRIPTORS, true, value);
            case QUEUE_DRIVER -> queue.address(Virtqueue.Area.DRIVER, false, value);
            case QUEUE_DRIVER + HIGH -> queue.address(Virtqueue.Area.DRIVER, true, value);
            case QUEUE_DEVICE -> queue.address(Virtqueue.Area.DEVICE, false, value);
            case QUEUE_DEVICE + HIGH -> queue.address(Virtqueue.Area.DEVICE, true, value);
            default -> {} // the others are read-only, or not there
        }
    }

    private void acceptFeatures(int value) {
        if ((status & FEATURES_OK) == 0 && driverFeaturesSelect >= 0 && driverFeaturesSelect < 2) {
            int shift = 32 * driverFeaturesSelect;
            driverFeatures = driverFeatures & ~(0xFFFF_FFFFL << shift) | (value & 0xFFFF_FFFFL) << shift;
        }
    }

    /** Device Status Field: 0 resets; FEATURES_OK does not stay where the device cannot work with what was chosen. */
    private void status(int value) {
        if (value == 0) {
            reset();
            return;
        }
        boolean acceptable = (driverFeatures & VERSION_1) != 0 && (driverFeatures & ~features()) == 0;
        int wanted = value & DRIVERS_OWN;
        boolean newlyAsked = (wanted & ~status & FEATURES_OK) != 0;
        status = status & NEEDS_RESET | (newlyAsked && !acceptable ? wanted & ~FEATURES_OK : wanted);
        turn();
    }

    private void reset() {
        status = 0;
        driverFeatures = 0;
        deviceFeaturesSelect = 0;
        driverFeaturesSelect = 0;
        queueSelect = 0;
        interruptStatus = 0;
        queues.forEach(Virtqueue::reset);
        stop();
        line.set(false);
    }

    private void stop() {
        work.cancel();
        device.stop();
    }

    /** Works on what the queues hold, as far as guest time allows. */
    private void turn() {
        boolean found = true;
        while (found && isLive()) {
            found = false;
            for (int i = 0; i < queues.size(); i++) {
                if (device.takesTime(i) && busyUntil - clock.now() > AHEAD) {
                    work.at(busyUntil - AHEAD);
                } else {
                    found |= serve(i, queues.get(i));
                }
            }
        }
    }

    private boolean serve(int index, Virtqueue queue) {
        int moved = device.serve(index, queue);
        judge();
        if (moved == VirtioDevice.NOTHING) {
            return false;
        }
        if (device.takesTime(index)) {
            busyUntil = Math.max(busyUntil, clock.now()) + 1 + moved / BYTES_A_UNIT;
        }
        if (queue.wantsInterrupts()) {
            interrupt(USED_BUFFER);
        }
        return true;
    }

    /** Device Status Field, DEVICE_NEEDS_RESET: a queue is broken. The driver is told, where it is there already. */
    private void judge() {
        if ((status & NEEDS_RESET) == 0 && queues.stream().anyMatch(Virtqueue::isBroken)) {
            boolean live = isLive();
            status |= NEEDS_RESET;
            stop();
            if (live) {
                interrupt(CONFIGURATION_CHANGED);
            }
        }
    }

    private void interrupt(int reason) {
        interruptStatus |= reason;
        line.set(true);
    }

    /** Every register, the queues, and until when the device is busy. */
    public record State(
            int status,
            int deviceFeaturesSelect,
            int driverFeaturesSelect,
            long driverFeatures,
            int queueSelect,
            int interruptStatus,
            long busyUntil,
            List<Virtqueue.State> queues) {
        public State {
            queues = List.copyOf(queues);
        }
    }

    public State save() {
        return new State(
                status,
                deviceFeaturesSelect,
                driverFeaturesSelect,
                driverFeatures,
                queueSelect,
                interruptStatus,
                busyUntil,
                queues.stream().map(Virtqueue::save).toList());
    }

    /** Restores the registers; the schedule restores the deadline, the interrupt controller its input. */
    public void restore(State state) {
        status = state.status;
        deviceFeaturesSelect = state.deviceFeaturesSelect;
        driverFeaturesSelect = state.driverFeaturesSelect;
        driverFeatures = state.driverFeatures;
        queueSelect = state.queueSelect;
        interruptStatus = state.interruptStatus;
        busyUntil = state.busyUntil;
        for (int i = 0; i < queues.size(); i++) {
            queues.get(i).restore(state.queues.get(i));
        }
    }
}
