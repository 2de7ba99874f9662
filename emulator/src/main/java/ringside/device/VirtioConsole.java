package ringside.device;

import java.util.Optional;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.Inputs;
import ringside.bus.Schedule;

/**
 * A virtio console with one port: what the driver sends comes to the far end a buffer at a time, and what is typed there fills the buffers that
 * the driver has offered (Virtual I/O Device specification 1.2, Console Device).
 */
public final class VirtioConsole implements VirtioDevice {
    private static final int CONSOLE = 3;
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;

    private static final long SIZE = 1;
    private static final long EMERGENCY_WRITE = 1 << 2;

    // Device configuration layout.
    private static final int COLUMNS_AT = 0;
    private static final int ROWS_AT = 2;
    private static final int EMERGENCY_AT = 8;
    private static final int COLUMNS = 80;
    private static final int ROWS = 25;

    private final Clock clock;
    private final Inputs inputs;
    private final SerialSink sink;
    private final Deadline arrival;
    private Deadline.Hearing reachesProcessor = maskable -> false;
    private Runnable turn = () -> {};

    private int inputsTaken;

    /** When the device last looked there was a buffer to fill, and nothing to fill it with. */
    private boolean waiting;

    /**
     * A console as after a reset.
     *
     * @param inputs what the far end sends
     * @param sink the far end's receiver
     */
    public VirtioConsole(Clock clock, Schedule schedule, Inputs inputs, SerialSink sink) {
        this.clock = clock;
        this.inputs = inputs;
        this.sink = sink;
        arrival = schedule.inputDeadline(
                "virtio console input", maskable -> reachesProcessor.reaches(maskable), time -> turn.run());
        inputs.onChange(this::await);
    }

    @Override
    public void plug(Runnable turn, Deadline.Hearing reachesProcessor) {
        this.turn = turn;
        this.reachesProcessor = reachesProcessor;
    }

    @Override
    public int id() {
        return CONSOLE;
    }

    @Override
    public long features() {
        return SIZE | EMERGENCY_WRITE;
    }

    @Override
    public int queues() {
        return 2;
    }

    @Override
    public int configuration(int offset) {
        return switch (offset) {
            case COLUMNS_AT -> COLUMNS;
            case ROWS_AT -> ROWS;
            default -> 0;
        };
    }

    /** Emergency write: a character without any queue. */
    @Override
    public void configure(int offset, int size, int value) {
        if (offset == EMERGENCY_AT) {
            sink.accept(value & 0xFF);
        }
    }

    @Override
    public boolean takesTime(int index) {
        return index == TRANSMIT;
    }

    @Override
    public int serve(int index, Virtqueue queue) {
        return index == TRANSMIT ? transmit(queue) : receive(queue);
    }

    private int transmit(Virtqueue queue) {
        Optional<Virtqueue.Buffer> buffer = queue.take();
        if (buffer.isEmpty()) {
            return NOTHING;
        }
        byte[] bytes = queue.read(buffer.get());
        for (byte value : bytes) {
            sink.accept(value & 0xFF);
        }
        queue.give(buffer.get(), 0);
        return bytes.length;
    }

    private int receive(Virtqueue queue) {
        waiting = queue.hasBuffer();
        await();
        Optional<Virtqueue.Buffer> buffer = waiting && arrived(0) ? queue.take() : Optional.empty();
        if (buffer.isEmpty()) {
            return NOTHING;
        }
        int room = Virtqueue.Buffer.bytes(buffer.get().writable());
        int count = 0;
        while (count < room && arrived(count)) {
            count++;
        }
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) inputs.value(inputsTaken + i);
        }
        inputsTaken += count;
        queue.give(buffer.get(), queue.write(buffer.get(), bytes));
        return count;
    }

    /** Has the input so many behind the next one arrived? */
    private boolean arrived(int ahead) {
        int index = inputsTaken + ahead;
        return index < inputs.size() && inputs.time(index) <= clock.now();
    }

    private void await() {
        arrival.at(waiting && inputsTaken < inputs.size() ? inputs.time(inputsTaken) : Deadline.NEVER);
    }

    @Override
    public void stop() {
        waiting = false;
        await();
    }

    /**
     * What the console keeps.
     *
     * @param inputsTaken how many logged inputs have been received
     * @param waiting for the next one, with a buffer at hand
     */
    public record State(int inputsTaken, boolean waiting) {}

    public State save() {
        return new State(inputsTaken, waiting);
    }

    public void restore(State state) {
        inputsTaken = state.inputsTaken;
        waiting = state.waiting;
        await();
    }
}
