package ringside.cpu.vmx;

import ringside.memory.PhysicalMemory;
import ringside.memory.PhysicalMemory.Use;
import ringside.memory.Ram;

/** The processor's own accesses to the host's physical memory, for structures that a VMCS points to. Nothing crosses a page. */
final class HostMemory {
    private HostMemory() {}

    /** @return {@code size} bytes (1, 2, 4 or 8), zero-extended; where no RAM is, what the bus says */
    static long read(PhysicalMemory memory, long address, int size) {
        int frame = memory.frame(address, Use.READ, address);
        return frame == PhysicalMemory.NONE
                ? memory.readOutside(address, size)
                : Ram.get(memory.ram().readable(frame), (int) address & Ram.OFFSET, size);
    }

    static void write(PhysicalMemory memory, long address, int size, long value) {
        int frame = memory.frame(address, Use.WRITE, address);
        if (frame == PhysicalMemory.NONE) {
            memory.writeOutside(address, size, value);
        } else {
            memory.ram().write((long) frame << 12 | address & Ram.OFFSET, size, value);
        }
    }
}
