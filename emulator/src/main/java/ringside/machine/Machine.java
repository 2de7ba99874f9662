package ringside.machine;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import ringside.bus.Clock;
import ringside.bus.DirectMemory;
import ringside.bus.InputLog;
import ringside.bus.InterruptController;
import ringside.bus.InterruptLine;
import ringside.bus.MemoryBus;
import ringside.bus.PortBus;
import ringside.bus.Schedule;
import ringside.device.DebugExit;
import ringside.device.DebugPort;
import ringside.device.IoApic;
import ringside.device.LocalApic;
import ringside.device.Pic8259Pair;
import ringside.device.Pit8254;
import ringside.device.Rtc146818;
import ringside.device.SystemControlPortB;
import ringside.device.Uart16550;
import ringside.device.VirtioBlock;
import ringside.device.VirtioConsole;
import ringside.device.VirtioMmio;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/** The parts of a PC around its processor, and how they are wired. It reads like a parts list. */
public final class Machine {
    /** Where the registers of the virtio console are; those of the disk follow. */
    public static final long VIRTIO = 0xD000_0000L;

    private static final int CONSOLE_IRQ = 5;
    private static final int DISK_IRQ = 6;

    private final MachineConfig config;
    private final Ram ram;
    private final Clock clock = new Clock();
    private final Schedule schedule = new Schedule();
    private final PortBus ports = new PortBus();
    private final MemoryBus memoryBus = new MemoryBus();
    private final InputLog inputs = new InputLog();
    private final SerialLog serial = new SerialLog();
    private final SerialLog debugText = new SerialLog();
    private final Pic8259Pair pic = new Pic8259Pair();
    private final LocalApic localApic = new LocalApic(clock, schedule, pic);
    private final IoApic ioApic = new IoApic(localApic);
    private final InterruptWiring interrupts = new InterruptWiring(pic, ioApic, localApic);
    private final Pit8254 pit;
    private final SystemControlPortB portB;
    private final Rtc146818 rtc;
    private final Uart16550 com1;
    private final VirtioConsole console;
    private final VirtioBlock disk = new VirtioBlock();
    private final VirtioMmio virtioConsole;
    private final VirtioMmio virtioDisk;
    private OptionalInt exitStatus = OptionalInt.empty();
    private Runnable onExitRequest = () -> {};

    public Machine(MachineConfig config) {
        this.config = config;
        ram = new Ram(config.allFrames());
        pit = new Pit8254(clock, schedule, interrupts.device(0));
        portB = new SystemControlPortB(clock, pit);
        rtc = new Rtc146818(clock, schedule, interrupts.device(8), config.memory());
        com1 = new Uart16550(clock, schedule, interrupts.device(4), inputs, serial);

        // The local APIC is in the processor: where software moves it, no other device hears of an access.
        memoryBus.attach(localApic::place, LocalApic.SIZE, localApic.page());
        memoryBus.attach(IoApic.ADDRESS, IoApic.SIZE, ioApic);

        DirectMemory direct = new DirectMemory(ram, config.memory());
        console = new VirtioConsole(clock, schedule, inputs, serial);
        virtioConsole = new VirtioMmio(clock, schedule, interrupts.device(CONSOLE_IRQ), direct, console);
        virtioDisk = new VirtioMmio(clock, schedule, interrupts.device(DISK_IRQ), direct, disk);
        memoryBus.attach(VIRTIO, VirtioMmio.LENGTH, virtioConsole);
        memoryBus.attach(VIRTIO + VirtioMmio.LENGTH, VirtioMmio.LENGTH, virtioDisk);

        pic.attachTo(ports);
        ports.attach(0x40, 4, pit);
        ports.attach(SystemControlPortB.PORT, 1, portB);
        ports.attach(0x70, 2, rtc);
        ports.attach(0x3F8, 8, com1);
        ports.attach(DebugExit.PORT, 1, new DebugExit(this::requestExit));
        ports.attach(DebugPort.PORT, 1, new DebugPort(debugText));
    }

    /** The request of an ISA device that is none of the machine's own, 0 to 15. */
    public InterruptLine isaInterrupt(int irq) {
        return interrupts.device(irq);
    }

    /** Who drives which interrupt inputs. */
    public InterruptWiring interruptWiring() {
        return interrupts;
    }

    private void requestExit(int status) {
        exitStatus = OptionalInt.of(status);
        onExitRequest.run();
    }

    /** Names the one listener that is told when the guest asks for the end of the run. */
    public void onExitRequest(Runnable listener) {
        onExitRequest = listener;
    }

    /** The status that the guest wrote to the debug-exit port, as a process would exit with it. */
    public OptionalInt exitStatus() {
        return exitStatus;
    }

    public MachineConfig config() {
        return config;
    }

    public Ram ram() {
        return ram;
    }

    public Clock clock() {
        return clock;
    }

    public Schedule schedule() {
        return schedule;
    }

    public PortBus ports() {
        return ports;
    }

    /** Devices whose registers look like memory. */
    public MemoryBus memoryBus() {
        return memoryBus;
    }

    /** What the guest's physical addresses reach: its RAM, and devices. */
    public PhysicalMemory guestMemory() {
        return new GuestMemory(ram, config.frames(), memoryBus);
    }

    /**
     * A register that a driver writes the number of a queue to, so that the device looks at it.
     *
     * @param address physical
     */
    public record Doorbell(long address, int queue) {}

    /** The bells that are heard now: those of queues that a driver has made ready. */
    public List<Doorbell> doorbells() {
        return Stream.of(Map.entry(VIRTIO, virtioConsole), Map.entry(VIRTIO + VirtioMmio.LENGTH, virtioDisk))
                .filter(device -> device.getValue().isLive())
                .flatMap(device -> device.getValue().readyQueues().stream()
                        .map(queue -> new Doorbell(device.getKey() + VirtioMmio.QUEUE_NOTIFY, queue)))
                .toList();
    }

    /** What interrupts the processor: its local APIC, and whatever stands behind that. */
    public InterruptController interrupts() {
        return localApic;
    }

    public LocalApic localApic() {
        return localApic;
    }

    public IoApic ioApic() {
        return ioApic;
    }

    public Pic8259Pair pic() {
        return pic;
    }

    /** Keys and bytes from outside, by guest time. */
    public InputLog inputs() {
        return inputs;
    }

    /** What came out of COM1 and the virtio console: both lead to one terminal. */
    public SerialLog serial() {
        return serial;
    }

    /** What came out of port E9H. */
    public SerialLog debugText() {
        return debugText;
    }

    /** What chips hold that nobody else asks for. */
    public record Chips(
            Pit8254.State pit,
            SystemControlPortB.State portB,
            Rtc146818.State rtc,
            Uart16550.State com1,
            VirtioMmio.State virtioConsole,
            VirtioMmio.State virtioDisk) {}

    /** Their state now, for views. */
    public Chips chips() {
        return new Chips(pit.save(), portB.save(), rtc.save(), com1.save(), virtioConsole.save(), virtioDisk.save());
    }

    /** Everything in the machine that can change what happens next, but for its processor and its inputs. */
    public record State(
            Clock.State clock,
            Schedule.State schedule,
            Pic8259Pair.State pic,
            LocalApic.State localApic,
            IoApic.State ioApic,
            InterruptWiring.State wiring,
            Pit8254.State pit,
            SystemControlPortB.State portB,
            Rtc146818.State rtc,
            Uart16550.State com1,
            VirtioMmio.State virtioConsole,
            VirtioConsole.State console,
            VirtioMmio.State virtioDisk,
            VirtioBlock.State disk,
            SerialLog.State serial,
            SerialLog.State debugText,
            OptionalInt exitStatus,
            Ram.State ram) {}

    public State save() {
        return new State(
                clock.save(),
                schedule.save(),
                pic.save(),
                localApic.save(),
                ioApic.save(),
                interrupts.save(),
                pit.save(),
                portB.save(),
                rtc.save(),
                com1.save(),
                virtioConsole.save(),
                console.save(),
                virtioDisk.save(),
                disk.save(),
                serial.save(),
                debugText.save(),
                exitStatus,
                ram.save());
    }

    public void restore(State state) {
        clock.restore(state.clock);
        pit.restore(state.pit);
        portB.restore(state.portB);
        rtc.restore(state.rtc);
        com1.restore(state.com1);
        virtioConsole.restore(state.virtioConsole);
        console.restore(state.console);
        virtioDisk.restore(state.virtioDisk);
        disk.restore(state.disk);
        pic.restore(state.pic);
        ioApic.restore(state.ioApic);
        interrupts.restore(state.wiring);
        localApic.restore(state.localApic);
        schedule.restore(state.schedule);
        serial.restore(state.serial);
        debugText.restore(state.debugText);
        exitStatus = state.exitStatus;
        ram.restore(state.ram);
    }
}
