package ringside.reference.system;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Addresses and selectors of the work area, as kernel.asm and the first record of every image lay it out. */
final class Area {
    static final int IDT = 0x1_0000;
    static final int IDT64 = 0x1_1000;
    static final int GDT = 0x1_2000;
    static final int LDT = 0x1_2800;
    static final int TSS = 0x1_3000;
    static final int TSS64 = 0x1_3200;
    static final int OTHER_TSS = 0x1_3400;
    static final int FAULT_TSS = 0x1_3600;
    static final int PAGE_DIRECTORY = 0x1_4000;
    static final int LOW_TABLE = 0x1_5000;
    /** Maps {@link #TESTED} in 32-bit paging. */
    static final int TESTED_TABLE = 0x1_6000;

    static final int PAE_POINTERS = 0x1_7000;
    static final int PAE_DIRECTORY = 0x1_8000;
    static final int PAE_LOW_TABLE = 0x1_9000;
    static final int PAE_SECOND_TABLE = 0x1_A000;
    /** Maps {@link #TESTED} in PAE and 4-level paging. */
    static final int PAE_TESTED_TABLE = 0x1_B000;

    static final int LEVEL_4 = 0x1_C000;
    static final int POINTERS_64 = 0x1_D000;
    static final int CODE = 0x2_0000;
    static final int DATA = 0x2_1000;
    static final int STACK_3 = 0x2_3000;
    static final int STACK_0 = 0x2_4000;
    static final int STACK_1 = 0x2_5000;
    static final int STACK_2 = 0x2_6000;
    static final int STACK_IST = 0x2_7000;
    /** Where gates of cases lead. */
    static final int TARGET = 0x2_7000;

    /** Linear addresses from here are mapped by nothing but the case. */
    static final int TESTED = 0x40_0000;

    static final int KERNEL_CODE = 0x08;
    static final int KERNEL_DATA = 0x10;
    static final int USER_CODE = 0x1B;
    static final int USER_DATA = 0x23;
    static final int USER_CODE_64 = 0x2B;
    static final int KERNEL_CODE_64 = 0x30;
    static final int TASK = 0x38;
    static final int LOCAL = 0x40;
    static final int IMAGE_CODE = 0x48;
    static final int TASK_64 = 0x50;
    static final int OTHER_TASK = 0x60;
    static final int FAULT_TASK = 0x68;
    static final int CODE_1 = 0x79;
    static final int DATA_1 = 0x81;
    static final int CODE_2 = 0x8A;
    static final int DATA_2 = 0x92;
    static final int CONFORMING = 0x98;
    /** The first of the entries that cases fill; the last one is at 1F8H. */
    static final int FREE = 0xA0;

    /** Last byte of the GDT and the LDT. */
    static final int GDT_LIMIT = 0x1FF;

    static final int LDT_LIMIT = 0x3F;

    private Area() {}

    /**
     * A segment or system descriptor.
     *
     * @param limit 20 bits
     * @param rights P, DPL, S, type: one byte
     * @param flags G, D/B, L, AVL: four bits
     */
    static byte[] descriptor(long base, int limit, int rights, int flags) {
        return eight(limit & 0xFFFFL
                | (base & 0xFF_FFFFL) << 16
                | (long) rights << 40
                | (long) (limit >>> 16 & 0xF) << 48
                | (long) flags << 52
                | (base >>> 24 & 0xFF) << 56);
    }

    /** A gate of 8 bytes. */
    static byte[] gate(int selector, long offset, int rights, int count) {
        return eight(offset & 0xFFFF
                | (long) selector << 16
                | (long) count << 32
                | (long) rights << 40
                | (offset >>> 16 & 0xFFFF) << 48);
    }

    /** A gate of 16 bytes. */
    static byte[] gate64(int selector, long offset, int rights, int stack) {
        return ByteBuffer.allocate(16)
                .put(gate(selector, offset, rights, stack))
                .put(eight(offset >>> 32))
                .array();
    }

    static byte[] eight(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    static byte[] four(long value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array();
    }
}
