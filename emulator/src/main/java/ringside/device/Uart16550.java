package ringside.device;

import java.util.ArrayList;
import java.util.List;
import ringside.bus.Clock;
import ringside.bus.Deadline;
import ringside.bus.Device;
import ringside.bus.Inputs;
import ringside.bus.InterruptLine;
import ringside.bus.Schedule;

/**
 * A PC16550D serial port: eight byte-wide registers. Simplified at the wire, and nowhere else: a byte written to THR
 * leaves at once, whole whatever the word length, so THRE and TEMT always read 1; the far end holds its bytes back while
 * the receiver is full, so only loopback can overrun; no error or break ever arrives; the far end keeps CTS, DSR and DCD
 * asserted.
 *
 * <p>Source: National Semiconductor PC16550D data sheet; sections are cited by title.
 */
public final class Uart16550 implements Device {
    /** COM1. */
    public static final int COM1 = 0x3F8;

    private static final int FIFO_DEPTH = 16;
    /** FIFO Control Register, bits 6 and 7. */
    private static final int[] TRIGGER_LEVELS = {1, 4, 8, 14};

    private static final int IER_RECEIVED = 1 << 0;
    private static final int IER_THR_EMPTY = 1 << 1;
    private static final int IER_LINE_STATUS = 1 << 2;
    private static final int IER_MODEM_STATUS = 1 << 3;
    private static final int LCR_DLAB = 1 << 7;
    private static final int MCR_DTR = 1 << 0;
    private static final int MCR_RTS = 1 << 1;
    private static final int MCR_OUT1 = 1 << 2;
    private static final int MCR_OUT2 = 1 << 3;
    private static final int MCR_LOOP = 1 << 4;
    private static final int LSR_DATA_READY = 1 << 0;
    private static final int LSR_OVERRUN = 1 << 1;
    private static final int LSR_TRANSMITTER_EMPTY = (1 << 5) | (1 << 6);
    private static final int MSR_CTS = 1 << 4;
    private static final int MSR_DSR = 1 << 5;
    private static final int MSR_RING = 1 << 6;
    private static final int MSR_DCD = 1 << 7;
    private static final int FAR_END = MSR_CTS | MSR_DSR | MSR_DCD;

    /** Interrupt Identification Register: no interrupt, and the five sources in order of priority. */
    private static final int NONE = 0x1;

    private static final int LINE_STATUS = 0x6;
    private static final int RECEIVED = 0x4;
    private static final int CHARACTER_TIMEOUT = 0xC;
    private static final int THR_EMPTY = 0x2;
    private static final int MODEM_STATUS = 0x0;

    private final Clock clock;
    private final InterruptLine line;
    private final Inputs inputs;
    private final SerialSink sink;
    private final Deadline arrival;
    private final Deadline timeout;

    private final List<Integer> received = new ArrayList<>();
    private int inputsTaken;
    private int interruptEnable;
    private int fifoControl;
    private int lineControl;
    private int modemControl;
    private int modemStatus = FAR_END;
    private int scratch;
    private int divisor = 12; // 9600 baud; undefined after reset
    private boolean overrun;
    private boolean thrEmptyPending;
    private boolean timeoutPending;
    private boolean asserted;

    /**
     * A port as after Master Reset.
     *
     * @param line its interrupt request
     * @param inputs what the far end sends
     * @param sink the far end's receiver
     */
    public Uart16550(Clock clock, Schedule schedule, InterruptLine line, Inputs inputs, SerialSink sink) {
        this.clock = clock;
        this.line = line;
        this.inputs = inputs;
        this.sink = sink;
        arrival = schedule.inputDeadline("serial input", this::arrivalCanInterrupt, time -> update());
        timeout = schedule.deadline("serial character timeout", this::arrivalCanInterrupt, time -> {
            timeoutPending = true;
            update();
        });
        inputs.onChange(this::update);
        update();
    }

    @Override
    public int read(int offset, int size) {
        boolean divisorAccess = (lineControl & LCR_DLAB) != 0;
        int value = switch (offset) {
            case 0 -> divisorAccess ? divisor & 0xFF : receive();
            case 1 -> divisorAccess ? divisor >> 8 : interruptEnable;
            case 2 -> identify();
            case 3 -> lineControl;
            case 4 -> modemControl;
            case 5 -> lineStatus();
            case 6 -> modemStatus();
            default -> scratch;
        };
        update();
        return value;
    }

    @Override
    public void write(int offset, int size, int value) {
        boolean divisorAccess = (lineControl & LCR_DLAB) != 0;
        switch (offset) {
            case 0 -> {
                if (divisorAccess) {
                    divisor = (divisor & 0xFF00) | value;
                } else {
                    transmit(value);
                }
            }
            case 1 -> {
                if (divisorAccess) {
                    divisor = (divisor & 0xFF) | (value << 8);
                } else {
                    enable(value & 0x0F);
                }
            }
            case 2 -> controlFifo(value);
            case 3 -> lineControl = value;
            case 4 -> controlModem(value & 0x1F);
            case 7 -> scratch = value;
            default -> {} // LSR and MSR are not meant to be written
        }
        update();
    }

    /** Receiver Buffer Register: the oldest character; an empty receiver repeats nothing and gives 0. */
    private int receive() {
        timeoutPending = false;
        timeout.cancel();
        return received.isEmpty() ? 0 : received.remove(0);
    }

    /** Transmitter Holding Register: writing it ends its interrupt, and since the byte leaves at once, asks for it anew. */
    private void transmit(int value) {
        thrEmptyPending = false;
        update();
        if (loopback()) {
            arrive(value);
        } else {
            sink.accept(value);
        }
        thrEmptyPending = true;
    }

    /** Interrupt Enable Register: switching on the THR-empty interrupt while THR is empty raises it. */
    private void enable(int value) {
        if ((value & ~interruptEnable & IER_THR_EMPTY) != 0) {
            thrEmptyPending = true;
        }
        interruptEnable = value;
    }

    /** FIFO Control Register: bit 0 must be set for the others to count; changing it empties the FIFOs. */
    private void controlFifo(int value) {
        boolean enabled = (value & 1) != 0;
        if (enabled != fifo() || (enabled && (value & (1 << 1)) != 0)) {
            received.clear();
            timeoutPending = false;
            timeout.cancel();
        }
        fifoControl = enabled ? value & 0xC1 : 0;
    }

    /** MODEM Control Register: in loopback its four outputs become the four inputs of the status register. */
    private void controlModem(int value) {
        modemControl = value;
        int inputs = FAR_END;
        if (loopback()) {
            inputs = ((value & MCR_RTS) != 0 ? MSR_CTS : 0)
                    | ((value & MCR_DTR) != 0 ? MSR_DSR : 0)
                    | ((value & MCR_OUT1) != 0 ? MSR_RING : 0)
                    | ((value & MCR_OUT2) != 0 ? MSR_DCD : 0);
        }
        int changes = (inputs ^ modemStatus) >> 4;
        // MODEM Status Register: bit 2 tells only of the end of a ring, the other deltas of any change.
        int deltas = (changes & 0b1011) | (changes & (modemStatus >> 4) & 0b0100);
        modemStatus = inputs | (modemStatus & 0x0F) | deltas;
    }

    private int modemStatus() {
        int value = modemStatus;
        modemStatus &= 0xF0;
        return value;
    }

    private int lineStatus() {
        int value = LSR_TRANSMITTER_EMPTY | (received.isEmpty() ? 0 : LSR_DATA_READY) | (overrun ? LSR_OVERRUN : 0);
        overrun = false;
        return value;
    }

    /** Interrupt Identification Register: reading it ends a THR-empty interrupt if that is what it shows. */
    private int identify() {
        int source = source();
        if (source == THR_EMPTY) {
            thrEmptyPending = false;
        }
        return source | (fifo() ? 0xC0 : 0);
    }

    /** Interrupt Control Functions: the pending source of highest priority. */
    private int source() {
        if ((interruptEnable & IER_LINE_STATUS) != 0 && overrun) {
            return LINE_STATUS;
        }
        if ((interruptEnable & IER_RECEIVED) != 0 && received.size() >= trigger()) {
            return RECEIVED;
        }
        if ((interruptEnable & IER_RECEIVED) != 0 && timeoutPending) {
            return CHARACTER_TIMEOUT;
        }
        if ((interruptEnable & IER_THR_EMPTY) != 0 && thrEmptyPending) {
            return THR_EMPTY;
        }
        if ((interruptEnable & IER_MODEM_STATUS) != 0 && (modemStatus & 0x0F) != 0) {
            return MODEM_STATUS;
        }
        return NONE;
    }

    /** A character reaches the receiver. Line Status Register, OE: a full buffer is overwritten, a full FIFO is kept. */
    private void arrive(int value) {
        if (received.size() == capacity()) {
            overrun = true;
            if (fifo()) {
                return;
            }
            received.clear();
        }
        received.add(value);
        timeoutPending = false;
        timeout.cancel();
    }

    /** Takes what has arrived, and brings the request line and the deadlines up to date. */
    private void update() {
        while (!loopback()
                && inputsTaken < inputs.size()
                && received.size() < capacity()
                && inputs.time(inputsTaken) <= clock.now()) {
            arrive(inputs.value(inputsTaken++));
        }
        awaitInput();
        boolean belowTrigger = fifo() && !received.isEmpty() && received.size() < trigger() && !timeoutPending;
        if (!belowTrigger) {
            timeout.cancel();
        } else if (timeout.time() == Deadline.NEVER) {
            timeout.at(clock.now() + 4 * characterTime());
        }
        // The PC's board lets the request through while OUT2 is active; loopback forces OUT2 inactive (MODEM Control).
        boolean request = source() != NONE && (modemControl & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
        if (request != asserted) {
            asserted = request;
            line.set(request);
        }
    }

    private void awaitInput() {
        boolean awaits = !loopback() && inputsTaken < inputs.size() && received.size() < capacity();
        arrival.at(awaits ? inputs.time(inputsTaken) : Deadline.NEVER);
    }

    /** Nanoseconds of one character at the programmed rate: 16 clocks of 1.8432 MHz / divisor for each bit. */
    private long characterTime() {
        int dataBits = 5 + (lineControl & 3);
        int stopAndParityBits = 1 + (lineControl >> 2 & 1) + (lineControl >> 3 & 1);
        long clocks = 16L * (divisor == 0 ? 1 << 16 : divisor) * (1 + dataBits + stopAndParityBits);
        return clocks * 1_000_000_000 / 1_843_200;
    }

    private boolean arrivalCanInterrupt(boolean maskable) {
        return (interruptEnable & IER_RECEIVED) != 0
                && (modemControl & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2
                && !asserted
                && line.heard(maskable);
    }

    private boolean loopback() {
        return (modemControl & MCR_LOOP) != 0;
    }

    private boolean fifo() {
        return (fifoControl & 1) != 0;
    }

    private int capacity() {
        return fifo() ? FIFO_DEPTH : 1;
    }

    private int trigger() {
        return fifo() ? TRIGGER_LEVELS[fifoControl >> 6] : 1;
    }

    public State save() {
        return new State(
                received,
                inputsTaken,
                interruptEnable,
                fifoControl,
                lineControl,
                modemControl,
                modemStatus,
                scratch,
                divisor,
                overrun,
                thrEmptyPending,
                timeoutPending,
                asserted);
    }

    /** Restores the registers; the schedule restores the time-out, the interrupt controller its input. */
    public void restore(State state) {
        received.clear();
        received.addAll(state.received);
        inputsTaken = state.inputsTaken;
        interruptEnable = state.interruptEnable;
        fifoControl = state.fifoControl;
        lineControl = state.lineControl;
        modemControl = state.modemControl;
        modemStatus = state.modemStatus;
        scratch = state.scratch;
        divisor = state.divisor;
        overrun = state.overrun;
        thrEmptyPending = state.thrEmptyPending;
        timeoutPending = state.timeoutPending;
        asserted = state.asserted;
        awaitInput();
    }

    /**
     * Every register.
     *
     * @param received characters not yet read, oldest first
     * @param inputsTaken how many logged inputs have arrived
     * @param asserted the level of the request line
     */
    public record State(
            List<Integer> received,
            int inputsTaken,
            int interruptEnable,
            int fifoControl,
            int lineControl,
            int modemControl,
            int modemStatus,
            int scratch,
            int divisor,
            boolean overrun,
            boolean thrEmptyPending,
            boolean timeoutPending,
            boolean asserted) {
        public State {
            received = List.copyOf(received);
        }
    }
}
