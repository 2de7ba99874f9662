package ringside.monitor.paravirtual;

import java.util.Set;

/** The parameters of an HVM domain: which there are, and which of them its guest may read and set (Xen 4.20, public header hvm/params.h; arch/x86/hvm/hvm.c). */
final class Parameters {
    static final int CALLBACK_IRQ = 0;
    static final int STORE_PAGE = 1;
    static final int STORE_PORT = 2;
    static final int VM86_TSS = 15;
    static final int CONSOLE_PAGE = 17;
    static final int CONSOLE_PORT = 18;
    static final int ACPI_IOPORTS_LOCATION = 19;
    static final int GENERATION_ADDRESS = 34;
    static final int ALTP2M = 35;
    static final int X87_FIP_WIDTH = 36;
    static final int VM86_TSS_SIZED = 37;

    private static final int COUNT = 39;

    private static final Set<Integer> SETTABLE = Set.of(
            CALLBACK_IRQ,
            STORE_PORT,
            VM86_TSS,
            CONSOLE_PORT,
            ACPI_IOPORTS_LOCATION,
            GENERATION_ADDRESS,
            X87_FIP_WIDTH,
            VM86_TSS_SIZED);

    /** Beside those that can be set. */
    private static final Set<Integer> READABLE = Set.of(STORE_PAGE, CONSOLE_PAGE, ALTP2M);

    /** Of no use any more: PAE_ENABLED, DM_DOMAIN, MEMORY_EVENT_*, NESTEDHVM, BUFIOREQ_EVTCHN. */
    private static final Set<Integer> DEPRECATED = Set.of(4, 13, 20, 21, 22, 23, 24, 25, 26, 30);

    /** struct tss32, without and with its bitmaps: two for interrupts and ports, and a byte behind. */
    private static final int LEAST_TSS = 104;

    private static final int MOST_TSS = LEAST_TSS + 32 + 8192 + 1;

    /** The size that is meant where none is given. */
    private static final int USUAL_TSS = 128;

    private long[] values = new long[COUNT];

    /** A guest reads one. */
    long read(long index) {
        require(index, SETTABLE.contains((int) index) || READABLE.contains((int) index));
        return index == VM86_TSS ? values[VM86_TSS_SIZED] & 0xFFFF_FFFFL : values[(int) index];
    }

    /** A guest sets one; what else follows from that is not done here. */
    void set(long index, long value) {
        require(index, SETTABLE.contains((int) index));
        switch ((int) index) {
            case ACPI_IOPORTS_LOCATION -> throw Errno.ENODEV.failure(); // There is no such timer.
            case X87_FIP_WIDTH -> {
                if (value != 0 && value != 4 && value != 8) {
                    throw Errno.EINVAL.failure();
                }
                put(X87_FIP_WIDTH, value);
            }
            case VM86_TSS -> {
                if (value >>> 32 != 0) {
                    throw new DomainCrash(DomainCrash.Cause.PARAMETER);
                }
                put(VM86_TSS_SIZED, value == 0 ? 0 : value | (long) USUAL_TSS << 32);
            }
            case VM86_TSS_SIZED -> {
                if (value >>> 32 < LEAST_TSS) {
                    throw new DomainCrash(DomainCrash.Cause.PARAMETER);
                }
                put(VM86_TSS_SIZED, value & 0xFFFF_FFFFL | Math.min(value >>> 32, MOST_TSS) << 32);
            }
            default -> put((int) index, value);
        }
    }

    private static void require(long index, boolean allowed) {
        if (index >= COUNT || DEPRECATED.contains((int) index)) {
            throw Errno.EINVAL.failure();
        }
        if (!allowed) {
            throw Errno.EPERM.failure();
        }
    }

    /** Whoever builds the domain sets one. */
    void put(int index, long value) {
        values = values.clone(); // States share it.
        values[index] = value;
    }

    long[] save() {
        return values;
    }

    void restore(long[] saved) {
        values = saved;
    }
}
