package ringside.reference;

import ringside.mmu.Descriptor;

/**
 * Where a case lies: addresses, selectors and descriptors, the same for the host (harness.c and Linux) and for the
 * emulator.
 */
final class Layout {
    /** Linear address of the code page: 4 KiB, readable and executable, filled with INT3. */
    static final long CODE = 0x1000_0000;

    static final int CODE_SIZE = 4096;

    /** Linear address of the data window: 8 KiB, readable and writable; around it nothing is mapped. */
    static final long WINDOW = 0x2000_0000;

    static final int WINDOW_SIZE = 8192;

    // Linux's own descriptors for user programs.
    static final int CODE_32 = 0x23;
    static final int DATA_FLAT = 0x2B;
    static final int CODE_64 = 0x33;

    // The harness's local descriptors.
    static final int DATA_WINDOW = 0x07;
    static final int CODE_16 = 0x0F;
    static final int DATA_WINDOW_16 = 0x17;
    static final int DATA_READ_ONLY = 0x1F;
    static final int DATA_EXPAND_DOWN = 0x27;
    static final int DATA_ABSENT = 0x2F;
    static final int CODE_EXECUTE_ONLY = 0x37;

    private static final int DATA = 0xF3;
    private static final int BIG = 0x4000;

    private Layout() {}

    /** The global table as Linux builds it, entries 0 to 15; those of the system left out. */
    static long[] globalTable() {
        var table = new long[16];
        table[1] = Descriptor.of(0, 0xFFFFF, 0xC09B);
        table[2] = Descriptor.of(0, 0xFFFFF, 0xA09B);
        table[3] = Descriptor.of(0, 0xFFFFF, 0xC093);
        table[CODE_32 >> 3] = Descriptor.of(0, 0xFFFFF, 0xC0FB);
        table[DATA_FLAT >> 3] = Descriptor.of(0, 0xFFFFF, 0xC0F3);
        // Its limit is the number of the processor, which LSL would show.
        table[15] = Descriptor.of(0, 0, 0x40F5);
        table[CODE_64 >> 3] = Descriptor.of(0, 0xFFFFF, 0xA0FB);
        return table;
    }

    /** The local table, as {@code describe} in harness.c asks Linux for it. */
    static long[] localTable() {
        return new long[] {
            Descriptor.of(WINDOW, 0x1FFF, DATA | BIG),
            Descriptor.of(CODE, 0xFFF, 0xFB),
            Descriptor.of(WINDOW, 0x1FFF, DATA),
            Descriptor.of(WINDOW, 0x1FFF, 0xF1 | BIG),
            Descriptor.of(WINDOW, 0xFFF, 0xF7 | BIG),
            Descriptor.of(WINDOW, 0x1FFF, 0x73 | BIG),
            Descriptor.of(CODE, 0xFFF, 0xF9 | BIG),
        };
    }
}
