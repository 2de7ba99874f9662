package ringside.cpu;

import ringside.mmu.SegmentRegister;

/**
 * What one transfer pushes, as a whole: values are gathered, then every place is probed, then all are written, so that a fault leaves no
 * trace. The stack may be one that the processor has yet to switch to.
 */
public final class StackFrame {
    /** Four values and an error code, data segments of virtual-8086 mode, 31 parameters. */
    private static final int MOST = 48;

    private final Cpu cpu;
    private final SegmentRegister stack;
    private final long mask;
    private final long pointer;
    private final int size;
    private final boolean wide;
    private final boolean supervisor;
    private final int errorCode;

    private final long[] values = new long[MOST];
    private int count;

    private StackFrame(
            Cpu cpu,
            SegmentRegister stack,
            long mask,
            long pointer,
            int size,
            boolean wide,
            boolean supervisor,
            int errorCode) {
        this.cpu = cpu;
        this.stack = stack;
        this.mask = mask;
        this.pointer = pointer & mask;
        this.size = size;
        this.wide = wide;
        this.supervisor = supervisor;
        this.errorCode = errorCode;
    }

    /**
     * On the stack that is in use.
     *
     * @param size of each value in bytes: 2, 4 or 8
     */
    public static StackFrame onCurrentStack(Cpu cpu, int size) {
        SegmentRegister ss = cpu.system.segments[SystemState.SS];
        long pointer = cpu.stackPointer();
        return new StackFrame(cpu, ss, cpu.stackMask(), pointer, size, cpu.is64Bit(), cpu.system.cpl != 3, 0);
    }

    /**
     * On the stack of an inner ring.
     *
     * @param stack its segment, as it will be loaded
     */
    public static StackFrame onInnerStack(Cpu cpu, SegmentRegister stack, long pointer, int size) {
        long mask = stack.isBig() ? 0xFFFF_FFFFL : 0xFFFFL;
        int code = SegmentLoads.errorCode(stack.selector());
        return new StackFrame(cpu, stack, mask, pointer, size, false, true, code);
    }

    /**
     * On a stack of 64-bit mode, eight bytes a value.
     *
     * @param cpl the ring that will use it
     */
    public static StackFrame inLongMode(Cpu cpu, long pointer, int cpl) {
        SegmentRegister ss = cpu.system.segments[SystemState.SS];
        return new StackFrame(cpu, ss, -1L, pointer, 8, true, cpl != 3, 0);
    }

    /** The next value to be pushed. */
    public void add(long value) {
        values[count++] = value;
    }

    /** @throws Fault what any of the writes would meet: #SS outside the segment, #PF, #AC */
    public void probe() {
        for (int i = 0; i < count; i++) {
            long linear = linear(offset(i));
            if (supervisor) {
                cpu.memory.probeWriteSystem(linear, size);
            } else {
                cpu.memory.probeWrite(linear, size);
            }
        }
    }

    /**
     * Writes all values; they have been probed.
     *
     * @return the stack pointer at the last one
     */
    public long write() {
        for (int i = 0; i < count; i++) {
            long linear = linear(offset(i));
            if (supervisor) {
                cpu.memory.writeSystem(linear, size, values[i]);
            } else {
                cpu.memory.write(linear, size, values[i]);
            }
        }
        return offset(count - 1);
    }

    private long offset(int index) {
        return pointer - (long) size * (index + 1) & mask;
    }

    private long linear(long offset) {
        if (wide) {
            if (!Cpu.isCanonical(offset) || !Cpu.isCanonical(offset + size - 1)) {
                throw Fault.stack(errorCode);
            }
            return offset;
        }
        if (!stack.mayWrite(offset, size)) {
            throw Fault.stack(errorCode);
        }
        return stack.base() + offset & 0xFFFF_FFFFL;
    }
}
