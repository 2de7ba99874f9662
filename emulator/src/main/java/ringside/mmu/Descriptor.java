package ringside.mmu;

/**
 * The eight bytes of a segment descriptor, as a number (SDM 3A, Segment Descriptors):
 *
 * <pre>
 *  63    56 55 54 53 52 51   48 47 46 45 44 43  40 39      32
 * +--------+--+--+--+--+-------+--+-----+--+------+----------+
 * | base   |G |DB|L |AV| limit |P | DPL |S | type | base     |
 * | 31:24  |  |  |  |L | 19:16 |  |     |  |      | 23:16    |
 * +--------+--+--+--+--+-------+--+-----+--+------+----------+
 * | base 15:0                  | limit 15:0                  |
 * +----------------------------+-----------------------------+
 *  31                        16 15                          0
 * </pre>
 */
public final class Descriptor {
    /** System descriptor types. */
    public static final int TSS_16 = 1;

    public static final int LDT = 2;
    public static final int BUSY_TSS_16 = 3;
    public static final int CALL_GATE_16 = 4;
    public static final int TASK_GATE = 5;
    public static final int INTERRUPT_GATE_16 = 6;
    public static final int TRAP_GATE_16 = 7;
    public static final int TSS_32 = 9;
    public static final int BUSY_TSS_32 = 11;
    public static final int CALL_GATE_32 = 12;
    public static final int INTERRUPT_GATE_32 = 14;
    public static final int TRAP_GATE_32 = 15;

    /** The accessed bit, in the eight bytes. */
    public static final long ACCESSED = 1L << 40;

    /** The busy bit of a TSS, in the eight bytes. */
    public static final long BUSY = 1L << 41;

    private Descriptor() {}

    /** Base address; the low 32 bits of a 16-byte descriptor's. */
    public static long base(long d) {
        return d >>> 16 & 0xFF_FFFFL | d >>> 32 & 0xFF00_0000L;
    }

    /** Limit in bytes, with granularity applied. */
    public static long limit(long d) {
        long raw = d & 0xFFFFL | d >>> 32 & 0xF_0000L;
        return (d >>> 55 & 1) != 0 ? raw << 12 | 0xFFF : raw;
    }

    /** Rights as in {@link SegmentRegister}. */
    public static int rights(long d) {
        return (int) (d >>> 40) & 0xF0FF;
    }

    public static int type(long d) {
        return (int) (d >>> 40) & 0xF;
    }

    public static int dpl(long d) {
        return (int) (d >>> 45) & 3;
    }

    public static boolean isPresent(long d) {
        return (d >>> 47 & 1) != 0;
    }

    public static boolean isCodeOrData(long d) {
        return (d >>> 44 & 1) != 0;
    }

    public static boolean isCode(long d) {
        return isCodeOrData(d) && (d >>> 43 & 1) != 0;
    }

    public static boolean isData(long d) {
        return isCodeOrData(d) && (d >>> 43 & 1) == 0;
    }

    public static boolean isConforming(long d) {
        return (d >>> 42 & 1) != 0;
    }

    public static boolean isReadableCode(long d) {
        return isCode(d) && (d >>> 41 & 1) != 0;
    }

    public static boolean isWritableData(long d) {
        return isData(d) && (d >>> 41 & 1) != 0;
    }

    /** Gates: target selector. */
    public static int gateSelector(long d) {
        return (int) (d >>> 16) & 0xFFFF;
    }

    /** Gates: the low 32 bits of the target offset. */
    public static long gateOffset(long d) {
        return d & 0xFFFFL | d >>> 32 & 0xFFFF_0000L;
    }

    /** A descriptor from its parts; limit is raw (20 bits), rights as in {@link SegmentRegister}. */
    public static long of(long base, int rawLimit, int rights) {
        return rawLimit & 0xFFFFL
                | (base & 0xFF_FFFFL) << 16
                | (long) (rights & 0xFF) << 40
                | (rawLimit >>> 16 & 0xFL) << 48
                | (long) (rights >>> 12 & 0xF) << 52
                | (base >>> 24 & 0xFFL) << 56;
    }
}
