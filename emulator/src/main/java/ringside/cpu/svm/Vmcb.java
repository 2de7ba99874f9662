package ringside.cpu.svm;

import ringside.cpu.Fault;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.Paging;

/**
 * A virtual machine control block: one page of ordinary memory that decides about one virtual processor, and that anyone who reaches it
 * may read and write. The processor may keep copies of fields while a guest runs (APM 2, VMCB State Caching); this one keeps none.
 */
public final class Vmcb {
    // V_INTR.
    public static final long V_TPR = 0xF;
    public static final long V_IRQ = 1 << 8;
    public static final int V_INTR_PRIO_SHIFT = 16;
    public static final long V_INTR_PRIO = 0xF << V_INTR_PRIO_SHIFT;
    public static final long V_IGN_TPR = 1 << 20;
    public static final long V_INTR_MASKING = 1 << 24;

    // EVENTINJ and EXITINTINFO.
    public static final int TYPE_SHIFT = 8;
    public static final long ERROR_CODE_VALID = 1 << 11;
    public static final long VALID = 1L << 31;
    public static final int ERROR_CODE_SHIFT = 32;

    /** TLB_CONTROL: the guest's translations are dropped. */
    public static final int FLUSH_THIS_GUEST = 3;

    private static final long BEYOND_PHYSICAL = -1L << Paging.PHYSICAL_BITS;

    private final PhysicalMemory memory;
    private final long address;

    /**
     * The block at a physical address.
     *
     * @param memory the host's physical memory
     * @param address a multiple of 4096
     */
    public Vmcb(PhysicalMemory memory, long address) {
        this.memory = memory;
        this.address = address;
    }

    /** @throws Fault #GP(0) where no block can be: not at a page's start, or beyond physical memory */
    static void requireAddress(long address) {
        if ((address & 0xFFF) != 0 || (address & BEYOND_PHYSICAL) != 0) {
            throw Fault.generalProtection(0);
        }
    }

    public long address() {
        return address;
    }

    /** Is all of it in RAM, so that to read it asks no device? */
    boolean isInRam() {
        return Long.compareUnsigned(address, memory.ram().size() - Ram.FRAME_SIZE) <= 0;
    }

    /** @return zero-extended */
    public long read(VmcbField field) {
        return read(memory, address + field.offset(), field.size());
    }

    /** Stores the low bytes that the field has. */
    public void write(VmcbField field, long value) {
        long at = address + field.offset();
        int frame = memory.frame(at, PhysicalMemory.Use.WRITE, at);
        if (frame != PhysicalMemory.NONE) {
            memory.ram().write((long) frame << 12 | at & Ram.OFFSET, field.size(), value);
        }
    }

    /** Reads where a pointer of the block leads: a permission map. */
    int readMap(long base, long offset) {
        return (int) read(memory, base + offset, 1);
    }

    /** Eight bytes of the page that this block is in, by offset. */
    long readHost(int offset) {
        return read(memory, address + offset, 8);
    }

    /** Where no RAM is, the bus answers. */
    private static long read(PhysicalMemory memory, long at, int size) {
        int frame = memory.frame(at, PhysicalMemory.Use.READ, at);
        return frame == PhysicalMemory.NONE
                ? memory.readOutside(at, size)
                : memory.ram().read((long) frame << 12 | at & Ram.OFFSET, size);
    }

    /** Are all these bits set? */
    public boolean has(VmcbField field, long bits) {
        return (read(field) & bits) == bits;
    }

    public void set(VmcbField field, long bits, boolean on) {
        write(field, on ? read(field) | bits : read(field) & ~bits);
    }

    /** Is this exit code's intercept set? Codes without a bit (nested faults, a failed VMRUN) always leave the guest. */
    public boolean intercepts(ExitCode code, int index) {
        VmcbField field = code.field();
        return field == VmcbField.EXITCODE || (read(field) >>> code.bit(index) & 1) != 0;
    }

    public boolean intercepts(ExitCode code) {
        return intercepts(code, 0);
    }

    /** Sets or clears the intercept of a code that has one. */
    public void intercept(ExitCode code, int index, boolean on) {
        set(code.field(), 1L << code.bit(index), on);
    }
}
