package ringside.device;

import ringside.bus.Device;

/**
 * One 8259A programmable interrupt controller: eight request inputs, one INT output. Two ports: offset 0 takes ICW1,
 * OCW2 and OCW3 and gives IRR, ISR or the poll byte; offset 1 takes ICW2 to ICW4 and OCW1 and gives the mask.
 *
 * <p>Until its first initialisation the chip is silent: it latches requests but never asserts INT. The edge/level
 * register (ELCR) is that of the PC chip sets; it is joined with the LTIM bit of ICW1.
 *
 * <p>Source: Intel 8259A data sheet; sections are cited by title.
 */
public final class Pic8259 implements Device {
    private static final int ICW1 = 1 << 4;
    private static final int ICW1_IC4 = 1 << 0;
    private static final int ICW1_SINGLE = 1 << 1;
    private static final int ICW1_INTERVAL_4 = 1 << 2;
    private static final int ICW1_LEVEL_TRIGGERED = 1 << 3;
    private static final int ICW4_8086 = 1 << 0;
    private static final int ICW4_AUTO_EOI = 1 << 1;
    private static final int ICW4_SPECIAL_FULLY_NESTED = 1 << 4;
    private static final int OCW3 = 1 << 3;
    private static final int OCW3_ENABLE_SPECIAL_MASK = 1 << 6;
    private static final int OCW3_SPECIAL_MASK = 1 << 5;
    private static final int OCW3_POLL = 1 << 2;
    private static final int OCW3_READ_REGISTER = 1 << 1;
    private static final int OCW3_IN_SERVICE = 1 << 0;

    private final boolean master;
    private final Runnable changed;

    private int lines;
    private int edges;
    private int inService;
    private int mask;
    private int levelTriggered;
    private int icw1;
    private int icw2;
    private int icw3;
    private int icw4;
    private int nextWord;
    private int lowest = 7;
    private boolean ready;
    private boolean specialMask;
    private boolean rotateOnAutoEoi;
    private boolean readInService;
    private boolean poll;
    private boolean acknowledging;

    /**
     * A chip as after power-on.
     *
     * @param master whether its SP/EN pin makes it the master of a cascade
     * @param changed told after whatever may have changed {@link #interrupt()}
     */
    Pic8259(boolean master, Runnable changed) {
        this.master = master;
        this.changed = changed;
    }

    @Override
    public int read(int offset, int size) {
        // Poll Command: the next RD, at either address, is the acknowledge.
        if (poll) {
            poll = false;
            int level = highest(requests());
            if (level < 0) {
                return 7;
            }
            take(level);
            changed.run();
            return 0x80 | level;
        }
        if (offset == 1) {
            return mask;
        }
        return readInService ? inService : requests();
    }

    @Override
    public void write(int offset, int size, int value) {
        if (offset == 1) {
            if (nextWord == 0) {
                mask = value;
            } else {
                initialize(value);
            }
        } else if ((value & ICW1) != 0) {
            begin(value);
        } else if ((value & OCW3) != 0) {
            control(value);
        } else {
            endOfInterrupt(value);
        }
        changed.run();
    }

    /** Initialization Command Word 1: what it resets by itself, in the data sheet's order. */
    private void begin(int value) {
        icw1 = value;
        edges = 0;
        mask = 0;
        lowest = 7;
        icw3 = master ? 0 : 7;
        specialMask = false;
        readInService = false;
        inService = 0;
        poll = false;
        rotateOnAutoEoi = false;
        icw4 = 0;
        ready = false;
        nextWord = 2;
    }

    /** Initialization Command Words 2 to 4. */
    private void initialize(int value) {
        boolean wants4 = (icw1 & ICW1_IC4) != 0;
        switch (nextWord) {
            case 2 -> {
                icw2 = value;
                nextWord = (icw1 & ICW1_SINGLE) == 0 ? 3 : wants4 ? 4 : 0;
            }
            case 3 -> {
                icw3 = value;
                nextWord = wants4 ? 4 : 0;
            }
            default -> {
                icw4 = value;
                nextWord = 0;
            }
        }
        ready = nextWord == 0;
    }

    /** Operation Command Word 3. */
    private void control(int value) {
        if ((value & OCW3_ENABLE_SPECIAL_MASK) != 0) {
            specialMask = (value & OCW3_SPECIAL_MASK) != 0;
        }
        if ((value & OCW3_POLL) != 0) {
            poll = true;
        } else if ((value & OCW3_READ_REGISTER) != 0) {
            readInService = (value & OCW3_IN_SERVICE) != 0;
        }
    }

    /** Operation Command Word 2: bits 7 to 5 are R, SL and EOI. */
    private void endOfInterrupt(int value) {
        int level = value & 7;
        switch (value >> 5) {
            case 0b001 -> end(highestInService(), false);
            case 0b011 -> end(level, false);
            case 0b101 -> end(highestInService(), true);
            case 0b111 -> end(level, true);
            case 0b110 -> lowest = level;
            case 0b100 -> rotateOnAutoEoi = true;
            case 0b000 -> rotateOnAutoEoi = false;
            default -> {} // 010: no operation
        }
    }

    private void end(int level, boolean rotate) {
        if (level >= 0) {
            inService &= ~(1 << level);
            if (rotate) {
                lowest = level;
            }
        }
    }

    /** An input pin changes: edge sense latches a rise, and a request that goes away before INTA is withdrawn. */
    void line(int level, boolean high) {
        int bit = 1 << level;
        if (high == ((lines & bit) != 0)) {
            return;
        }
        lines ^= bit;
        edges = high ? edges | bit : edges & ~bit;
        changed.run();
    }

    /** The INT output. It falls during each acknowledge, so that a further request makes a new edge for a master. */
    boolean interrupt() {
        return !acknowledging && highest(requests()) >= 0;
    }

    /** Whether a request at this input, made now, would assert INT. */
    boolean accepts(int level) {
        return highest(1 << level) == level;
    }

    /**
     * The INTA cycle of an 8086 system.
     *
     * @return the level that is now served, or -1 if the request has gone (Interrupt Sequence: a default IR7 is issued,
     *     without a bit in the in-service register)
     */
    int acknowledge() {
        int level = highest(requests());
        if (level >= 0) {
            take(level);
        }
        changed.run();
        return level;
    }

    private void take(int level) {
        edges &= ~(1 << level);
        if ((icw4 & ICW4_AUTO_EOI) == 0) {
            inService |= 1 << level;
        } else if (rotateOnAutoEoi) {
            lowest = level;
        }
        acknowledging = true;
        changed.run();
        acknowledging = false;
    }

    /** What the chip puts on the bus for a level: an 8086 vector, or the low address byte of the MCS-80 CALL. */
    int vector(int level) {
        if ((icw4 & ICW4_8086) != 0) {
            return (icw2 & 0xF8) | level;
        }
        return (icw1 & ICW1_INTERVAL_4) != 0 ? (icw1 & 0xE0) | (level << 2) : (icw1 & 0xC0) | (level << 3);
    }

    /** Whether ICW3 says that a slave hangs on this input of a master. */
    boolean hasSlave(int level) {
        return master && (icw1 & ICW1_SINGLE) == 0 && (icw3 & (1 << level)) != 0;
    }

    /** The cascade address that ICW3 gave to a slave. */
    int slaveAddress() {
        return icw3 & 7;
    }

    /** Sets the chip set's edge/level register: a 1 makes the input level-triggered. */
    void levelTriggered(int bits) {
        levelTriggered = bits;
        changed.run();
    }

    int levelTriggered() {
        return levelTriggered;
    }

    /** The interrupt request register. */
    private int requests() {
        int level = (icw1 & ICW1_LEVEL_TRIGGERED) != 0 ? 0xFF : levelTriggered;
        return (lines & level) | (edges & ~level);
    }

    /**
     * The priority resolver.
     *
     * @param requests the inputs that ask
     * @return the highest level that may interrupt now, or -1
     */
    private int highest(int requests) {
        if (!ready) {
            return -1;
        }
        int wanted = requests & ~mask;
        // Special Mask Mode: a level in service that is masked holds nobody back, neither lower nor higher.
        int blocking = specialMask ? inService & ~mask : inService;
        for (int i = 1; i <= 8; i++) {
            int level = (lowest + i) & 7;
            int bit = 1 << level;
            boolean blocks = (blocking & bit) != 0;
            // Special Fully Nested Mode: a slave in service does not lock out its own further requests.
            boolean nested = (icw4 & ICW4_SPECIAL_FULLY_NESTED) != 0 && hasSlave(level);
            if ((wanted & bit) != 0 && (!blocks || nested)) {
                return level;
            }
            if (blocks) {
                return -1;
            }
        }
        return -1;
    }

    /** The level that a non-specific EOI ends; in special mask mode it does not see masked ones. */
    private int highestInService() {
        int seen = specialMask ? inService & ~mask : inService;
        for (int i = 1; i <= 8; i++) {
            int level = (lowest + i) & 7;
            if ((seen & (1 << level)) != 0) {
                return level;
            }
        }
        return -1;
    }

    State save() {
        return new State(
                lines,
                edges,
                inService,
                mask,
                levelTriggered,
                icw1,
                icw2,
                icw3,
                icw4,
                nextWord,
                lowest,
                ready,
                specialMask,
                rotateOnAutoEoi,
                readInService,
                poll);
    }

    void restore(State state) {
        lines = state.lines;
        edges = state.edges;
        inService = state.inService;
        mask = state.mask;
        levelTriggered = state.levelTriggered;
        icw1 = state.icw1;
        icw2 = state.icw2;
        icw3 = state.icw3;
        icw4 = state.icw4;
        nextWord = state.nextWord;
        lowest = state.lowest;
        ready = state.ready;
        specialMask = state.specialMask;
        rotateOnAutoEoi = state.rotateOnAutoEoi;
        readInService = state.readInService;
        poll = state.poll;
    }

    /**
     * Every register of the chip.
     *
     * @param lines levels of the input pins
     * @param edges rises not yet acknowledged
     * @param nextWord the initialization word that is awaited, 0 for none
     * @param lowest the level of lowest priority
     */
    public record State(
            int lines,
            int edges,
            int inService,
            int mask,
            int levelTriggered,
            int icw1,
            int icw2,
            int icw3,
            int icw4,
            int nextWord,
            int lowest,
            boolean ready,
            boolean specialMask,
            boolean rotateOnAutoEoi,
            boolean readInService,
            boolean poll) {
        /** The interrupt request register as the guest would read it. */
        public int requests() {
            int level = (icw1 & ICW1_LEVEL_TRIGGERED) != 0 ? 0xFF : levelTriggered;
            return (lines & level) | (edges & ~level);
        }
    }
}
