package ringside.device;

import java.util.ArrayList;
import java.util.List;

/**
 * The local vector table of a local APIC: for each of its own sources of interrupts which vector it has, how it is delivered, and whether it
 * is masked.
 *
 * <p>Source: SDM 3A, Local Vector Table.
 */
final class LocalVectorTable {
    static final int MASK = 1 << 16;

    private static final int VECTOR = 0xFF;
    private static final int DELIVERY_MODE = 7 << 8;
    private static final int POLARITY = 1 << 13;

    /** Delivery status, and remote IRR. */
    private static final int STATUS = 1 << 12 | 1 << 14;

    private static final int LEVEL = 1 << 15;
    private static final int TIMER_MODE = 3 << 17;

    // Offsets of the registers.
    static final int TIMER = 0x320;
    static final int THERMAL = 0x330;
    static final int PERFORMANCE = 0x340;
    static final int LINT0 = 0x350;
    static final int LINT1 = 0x360;
    static final int ERROR = 0x370;

    /** The highest index, as the version register tells it. */
    static final int LAST = 5;

    /** The bits of each register that can be written, in the order of the offsets. */
    private static final int[] WRITABLE = {
        VECTOR | MASK | TIMER_MODE,
        VECTOR | MASK | DELIVERY_MODE,
        VECTOR | MASK | DELIVERY_MODE,
        VECTOR | MASK | DELIVERY_MODE | POLARITY | LEVEL,
        VECTOR | MASK | DELIVERY_MODE | POLARITY | LEVEL,
        VECTOR | MASK
    };

    private final int[] entries = new int[LAST + 1];

    LocalVectorTable() {
        maskAll();
    }

    private static int index(int register) {
        return register - TIMER >>> 4;
    }

    static boolean has(int register) {
        return register >= TIMER && register <= ERROR && (register & 0xF) == 0;
    }

    /** The bits that may be 1 in what is written; those of its status are accepted, and lost. */
    static int accepted(int register) {
        return WRITABLE[index(register)] | STATUS;
    }

    int read(int register) {
        return entries[index(register)];
    }

    void write(int register, int value) {
        entries[index(register)] = value & WRITABLE[index(register)];
    }

    boolean isMasked(int register) {
        return (read(register) & MASK) != 0;
    }

    int vector(int register) {
        return read(register) & VECTOR;
    }

    ApicMessage.Delivery delivery(int register) {
        return ApicMessage.Delivery.of(read(register) >>> 8);
    }

    ApicTimer.Mode timerMode() {
        return switch (read(TIMER) >>> 17 & 3) {
            case 0 -> ApicTimer.Mode.ONE_SHOT;
            case 1 -> ApicTimer.Mode.PERIODIC;
            default -> ApicTimer.Mode.TSC_DEADLINE;
        };
    }

    /** While the APIC is disabled by software all entries are masked. */
    void maskAll() {
        for (int i = 0; i < entries.length; i++) {
            entries[i] |= MASK;
        }
    }

    void reset() {
        for (int i = 0; i < entries.length; i++) {
            entries[i] = MASK;
        }
    }

    List<Integer> save() {
        List<Integer> saved = new ArrayList<>();
        for (int entry : entries) {
            saved.add(entry);
        }
        return List.copyOf(saved);
    }

    void restore(List<Integer> saved) {
        for (int i = 0; i < entries.length; i++) {
            entries[i] = saved.get(i);
        }
    }
}
