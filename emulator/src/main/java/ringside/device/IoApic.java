package ringside.device;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import ringside.bus.Device;
import ringside.bus.InterruptLine;
import ringside.device.ApicMessage.Delivery;

/**
 * An 82093AA I/O APIC: 24 inputs, each with an entry in the redirection table that says what message a request becomes. Two registers in
 * memory select and give the others.
 *
 * <p>Source: Intel 82093AA I/O Advanced Programmable Interrupt Controller data sheet; sections are cited by title.
 */
public final class IoApic implements Device {
    /** Where it is in a PC, and how much room is kept for it. */
    public static final long ADDRESS = 0xFEC0_0000L;

    public static final int SIZE = 0x1000;

    private static final int INPUTS = 24;

    /** Version register: version 11H, the highest entry in bits 23:16. */
    private static final int VERSION = 0x11 | INPUTS - 1 << 16;

    private static final int SELECT = 0x00;
    private static final int WINDOW = 0x10;

    // Indices of registers.
    private static final int ID = 0;
    private static final int VERSION_INDEX = 1;
    private static final int ARBITRATION = 2;
    private static final int TABLE = 0x10;

    // I/O Redirection Table Registers.
    private static final int LOGICAL = 1 << 11;
    private static final int LOW_ACTIVE = 1 << 13;
    private static final int REMOTE_IRR = 1 << 14;
    private static final int LEVEL = 1 << 15;
    private static final int MASK = 1 << 16;
    private static final int WRITABLE = 0x1_AFFF;

    /** The input of the 8259As' request. */
    private static final int PIC_INPUT = 0;

    private final LocalApic processor;
    private final int[] low = new int[INPUTS];
    private final int[] destination = new int[INPUTS];
    private int lines;
    private int select;
    private int id;
    private Consumer<ApicMessage> onMessage = message -> {};

    /** @param processor the local APIC that hears its messages */
    public IoApic(LocalApic processor) {
        this.processor = processor;
        for (int i = 0; i < INPUTS; i++) {
            low[i] = MASK;
        }
        processor.onEndOfInterrupt(this::endOfInterrupt);
        processor.onAccepting(this::sendLevels);
        processor.externalMessages(this::passesExternal);
    }

    /** Names the one listener that is told of each message. */
    public void onMessage(Consumer<ApicMessage> listener) {
        onMessage = listener;
    }

    /** @param input 0 to 23 */
    public InterruptLine line(int input) {
        if (input < 0 || input >= INPUTS) {
            throw new IllegalStateException("no input " + input);
        }
        return new InterruptLine() {
            @Override
            public void set(boolean level) {
                IoApic.this.set(input, level);
            }

            @Override
            public boolean heard(boolean maskable) {
                return accepts(input, maskable);
            }
        };
    }

    private void set(int input, boolean high) {
        int bit = 1 << input;
        if (high == ((lines & bit) != 0)) {
            return;
        }
        lines ^= bit;
        if (isAsserted(input)) {
            // An edge at a masked input is ignored: Interrupt Mask.
            send(input);
        }
    }

    private boolean isAsserted(int input) {
        return (lines >>> input & 1) != 0 ^ (low[input] & LOW_ACTIVE) != 0;
    }

    private void send(int input) {
        int entry = low[input];
        boolean level = isLevel(input);
        if ((entry & MASK) != 0 || level && (entry & REMOTE_IRR) != 0 || delivery(input) == Delivery.EXTERNAL) {
            return;
        }
        var message = new ApicMessage(delivery(input), entry & 0xFF, level, destination[input], (entry & LOGICAL) != 0);
        onMessage.accept(message);
        boolean accepted = processor.accept(message);
        if (accepted && level) {
            low[input] |= REMOTE_IRR;
        }
    }

    private Delivery delivery(int input) {
        return Delivery.of(low[input] >>> 8);
    }

    private boolean isFixed(int input) {
        return delivery(input) == Delivery.FIXED || delivery(input) == Delivery.LOWEST_PRIORITY;
    }

    /** NMI, INIT and SMI are edges whatever the trigger mode says: Delivery Mode. */
    private boolean isLevel(int input) {
        return (low[input] & LEVEL) != 0 && isFixed(input);
    }

    /** Would a request at this input, made now, interrupt the processor? */
    private boolean accepts(int input, boolean maskable) {
        int entry = low[input];
        boolean held = isLevel(input) && (entry & REMOTE_IRR) != 0;
        if ((entry & MASK) != 0 || held || !processor.isAddressed(destination[input], (entry & LOGICAL) != 0)) {
            return false;
        }
        return isFixed(input)
                ? maskable && processor.wouldInterrupt(entry & 0xFF)
                : processor.takesUnmaskable(delivery(input));
    }

    /** The end of service is broadcast: whatever still asserts a level-triggered input with this vector is a new request. */
    public void endOfInterrupt(int vector) {
        for (int i = 0; i < INPUTS; i++) {
            if (isLevel(i) && (low[i] & 0xFF) == vector) {
                low[i] &= ~REMOTE_IRR;
            }
        }
        sendLevels();
    }

    /** A level that nobody has accepted yet is sent again. */
    private void sendLevels() {
        for (int i = 0; i < INPUTS; i++) {
            if (isLevel(i) && isAsserted(i)) {
                send(i);
            }
        }
    }

    @Override
    public int width() {
        return 4;
    }

    /** Both registers are words of 32 bits; nothing else is there. */
    @Override
    public int read(int offset, int size) {
        return switch (offset & ~3) {
            case SELECT -> select >>> 8 * (offset & 3);
            case WINDOW -> register() >>> 8 * (offset & 3);
            default -> 0;
        };
    }

    private int register() {
        if (isEntry()) {
            int input = select - TABLE >>> 1;
            return (select & 1) == 0 ? low[input] : destination[input] << 24;
        }
        return switch (select) {
            case ID, ARBITRATION -> id << 24;
            case VERSION_INDEX -> VERSION;
            default -> 0;
        };
    }

    private boolean isEntry() {
        return select >= TABLE && select < TABLE + 2 * INPUTS;
    }

    @Override
    public void write(int offset, int size, int value) {
        if (offset == SELECT) {
            select = value & 0xFF;
        } else if (offset == WINDOW && size == 4) {
            writeRegister(value);
        }
    }

    private void writeRegister(int value) {
        if (select == ID) {
            id = value >>> 24 & 0xF;
        } else if (isEntry()) {
            int input = select - TABLE >>> 1;
            if ((select & 1) != 0) {
                destination[input] = value >>> 24;
            } else {
                writeEntry(input, value);
            }
            processor.reconsider();
        }
    }

    /** Delivery status and remote IRR are read only; the latter has no meaning for an edge. */
    private void writeEntry(int input, int value) {
        int kept = (value & LEVEL) != 0 ? low[input] & REMOTE_IRR : 0;
        low[input] = value & WRITABLE | kept;
        if (isLevel(input) && isAsserted(input)) {
            send(input);
        }
    }

    private boolean passesExternal() {
        int entry = low[PIC_INPUT];
        return (entry & MASK) == 0
                && delivery(PIC_INPUT) == Delivery.EXTERNAL
                && processor.isAddressed(destination[PIC_INPUT], (entry & LOGICAL) != 0);
    }

    /** Every register, and the levels of the inputs. */
    public record State(List<Integer> low, List<Integer> destination, int lines, int select, int id) {
        public State {
            low = List.copyOf(low);
            destination = List.copyOf(destination);
        }
    }

    public State save() {
        List<Integer> lows = new ArrayList<>();
        List<Integer> destinations = new ArrayList<>();
        for (int i = 0; i < INPUTS; i++) {
            lows.add(low[i]);
            destinations.add(destination[i]);
        }
        return new State(lows, destinations, lines, select, id);
    }

    public void restore(State state) {
        for (int i = 0; i < INPUTS; i++) {
            low[i] = state.low.get(i);
            destination[i] = state.destination.get(i);
        }
        lines = state.lines;
        select = state.select;
        id = state.id;
    }
}
