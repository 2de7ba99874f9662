package ringside.monitor.container;

import ringside.memory.Ram;
import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * What the processor itself needs of the kernel's half of memory: the descriptor table, with Linux's segments for user programs, at
 * the address that Linux gives it on the first processor (Linux, Documentation/arch/x86/x86_64/mm.rst, cpu_entry_area). All address
 * spaces share its tables; no program may read them.
 */
final class KernelSpace {
    /** Linear address of the global descriptor table. */
    static final long DESCRIPTORS = 0xFFFF_FE00_0000_1000L;

    /** The slot of a root table that leads there. */
    static final int SLOT = (int) (DESCRIPTORS >>> 39 & 0x1FF);

    /** Sixteen descriptors. */
    static final int LIMIT = 127;

    private static final long TABLE = 3;

    // Linux, arch/x86/include/asm/segment.h.
    private static final int USER_32_CODE = 0x20;
    private static final int USER_DATA = 0x28;
    private static final int USER_CODE = 0x30;
    private static final int KERNEL_32_CODE = 0x08;
    private static final int KERNEL_CODE = 0x10;
    private static final int KERNEL_DATA = 0x18;

    private static final int WHOLE = 0xFFFFF;
    private static final int CODE = 0x9B;
    private static final int DATA = 0x93;
    private static final int RING_3 = 3 << 5;
    private static final int BIG = SegmentRegister.GRANULARITY | SegmentRegister.BIG;
    private static final int LONG = SegmentRegister.GRANULARITY | SegmentRegister.LONG;

    private KernelSpace() {}

    /** Makes it; returns what a root table holds at {@link #SLOT}. */
    static long make(Frames frames, ControlGroup payer) {
        Ram ram = frames.ram();
        long entry = (long) descriptors(frames, payer) << 12 | TABLE;
        for (int shift = 12; shift < 39; shift += 9) {
            long table = (long) frames.allocate(payer) << 12;
            ram.write(table + (DESCRIPTORS >>> shift & 0x1FF) * 8, 8, entry);
            entry = table | TABLE;
        }
        return entry;
    }

    private static int descriptors(Frames frames, ControlGroup payer) {
        int frame = frames.allocate(payer);
        long[][] descriptors = {
            {KERNEL_32_CODE, Descriptor.of(0, WHOLE, CODE | BIG)},
            {KERNEL_CODE, Descriptor.of(0, WHOLE, CODE | LONG)},
            {KERNEL_DATA, Descriptor.of(0, WHOLE, DATA | BIG)},
            {USER_32_CODE, Descriptor.of(0, WHOLE, CODE | BIG | RING_3)},
            {USER_DATA, Descriptor.of(0, WHOLE, DATA | BIG | RING_3)},
            {USER_CODE, Descriptor.of(0, WHOLE, CODE | LONG | RING_3)}
        };
        for (long[] descriptor : descriptors) {
            frames.ram().write(((long) frame << 12) + descriptor[0], 8, descriptor[1]);
        }
        return frame;
    }
}
