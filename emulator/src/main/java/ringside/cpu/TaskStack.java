package ringside.cpu;

import ringside.mmu.Descriptor;
import ringside.mmu.SegmentRegister;

/**
 * The stack of an inner ring, as the TSS names it: SDM 3A, Stack Switching.
 *
 * @param segment SS as it will be loaded
 * @param descriptor its descriptor
 * @param pointer SP or ESP
 */
public record TaskStack(SegmentRegister segment, long descriptor, long pointer) {
    /** A TSS of 32 bits, by the type of its descriptor. */
    private static final int WIDE = 8;

    /**
     * The stack of a ring in a 16-bit or 32-bit TSS.
     *
     * @throws Fault #TS(TSS) where the TSS is too short, #TS or #SS(stack selector) where the segment does not fit
     */
    public static TaskStack of(Cpu cpu, int ring) {
        SegmentRegister tr = cpu.system.tr;
        int size = (tr.rights() & WIDE) != 0 ? 4 : 2;
        int at = ring * 2 * size + size;
        if (at + size + 1 > tr.limit()) {
            throw Fault.invalidTss(SegmentLoads.errorCode(tr.selector()));
        }
        long pointer = cpu.memory.readSystem(tr.base() + at, size);
        int selector = (int) cpu.memory.readSystem(tr.base() + at + size, 2);
        if (SegmentLoads.isNull(selector)) {
            throw Fault.invalidTss(0);
        }
        long descriptor = SegmentLoads.checkStack(cpu, selector, ring, true);
        SegmentRegister segment = new SegmentRegister();
        SegmentLoads.fill(segment, selector, descriptor | Descriptor.ACCESSED);
        return new TaskStack(segment, descriptor, pointer);
    }

    /** RSP for a ring, from a 64-bit TSS. */
    public static long longPointer(Cpu cpu, int ring) {
        return read64(cpu, ring * 8 + 4);
    }

    /**
     * A stack of the interrupt stack table.
     *
     * @param number 1 to 7
     */
    static long interruptStack(Cpu cpu, int number) {
        return read64(cpu, number * 8 + 28);
    }

    private static long read64(Cpu cpu, int at) {
        SegmentRegister tr = cpu.system.tr;
        if (at + 7 > tr.limit()) {
            throw Fault.invalidTss(SegmentLoads.errorCode(tr.selector()));
        }
        return cpu.memory.readSystem(tr.base() + at, 8);
    }

    /** Marks the segment's descriptor as accessed: the last thing that may fault. */
    public void markAccessed(Cpu cpu) {
        SegmentLoads.markAccessed(cpu, segment.selector(), descriptor);
    }

    /** Loads SS and the stack pointer, in the ring that they belong to. */
    public void switchTo(Cpu cpu, int ring, long newPointer) {
        cpu.system.segments[SystemState.SS].restore(segment.save());
        cpu.system.cpl = ring;
        cpu.modeChanged();
        cpu.stackPointer(newPointer);
    }

    /** SS in 64-bit mode after a change to an inner ring: null, with that ring. */
    public static void loadNull(Cpu cpu, int cpl) {
        cpu.system.segments[SystemState.SS].load(cpl, 0, 0, SegmentRegister.UNUSABLE | cpl << 5);
    }
}
