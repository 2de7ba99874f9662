package ringside.monitor.paravirtual;

import java.util.function.LongPredicate;
import ringside.cpu.Cpu;
import ringside.cpu.Fault;
import ringside.memory.PhysicalMemory;
import ringside.memory.PhysicalMemory.Use;
import ringside.memory.Ram;
import ringside.mmu.Paging;

/**
 * How Xen reads and writes what a hypercall's arguments point to: at the guest's linear addresses, with the rights of its kernel, and never in
 * Xen's part of the address space. What the kernel may not do itself fails with EFAULT.
 */
final class GuestMemory {
    private final Cpu cpu;
    private final Abi abi;
    private final LongPredicate guests;
    private final Ram ram;

    /** Of a guest that has Xen in its address space. */
    GuestMemory(Cpu cpu, Abi abi) {
        this(cpu, abi, abi::isGuests);
    }

    /** @param guests which linear addresses are the guest's own */
    GuestMemory(Cpu cpu, Abi abi, LongPredicate guests) {
        this.cpu = cpu;
        this.abi = abi;
        this.guests = guests;
        ram = cpu.memory.physical().ram();
    }

    private long machine(long linear, int access) {
        if (!guests.test(linear)) {
            throw Errno.EFAULT.failure();
        }
        try {
            boolean write = (access & Paging.WRITE_ACCESS) != 0;
            int user = abi.ring() == 3 && cpu.system.cpl == 3 ? Paging.USER_ACCESS : 0;
            long physical = cpu.memory.translateFor(linear, access | user);
            int frame = cpu.memory.physical().frame(physical, write ? Use.WRITE : Use.READ, linear);
            if (frame == PhysicalMemory.NONE) {
                throw Errno.EFAULT.failure();
            }
            return (long) frame << 12 | physical & Ram.OFFSET;
        } catch (Fault fault) {
            throw Errno.EFAULT.failure();
        }
    }

    /** @param size up to 8 bytes */
    long read(long linear, int size) {
        long at = abi.truncate(linear);
        long first = machine(at, 0);
        int inPage = Ram.FRAME_SIZE - ((int) at & Ram.OFFSET);
        if (inPage >= size && (size & size - 1) == 0) {
            return ram.read(first, size);
        }
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= ram.read(machine(abi.truncate(at + i), 0), 1) << i * 8;
        }
        return value;
    }

    /** @param size up to 8 bytes */
    void write(long linear, int size, long value) {
        long at = abi.truncate(linear);
        long first = machine(at, Paging.WRITE_ACCESS);
        int inPage = Ram.FRAME_SIZE - ((int) at & Ram.OFFSET);
        if (inPage >= size && (size & size - 1) == 0) {
            ram.write(first, size, value);
            return;
        }
        machine(abi.truncate(at + size - 1), Paging.WRITE_ACCESS);
        for (int i = 0; i < size; i++) {
            ram.write(machine(abi.truncate(at + i), Paging.WRITE_ACCESS), 1, value >>> i * 8);
        }
    }

    /** A number of the width of the guest's registers. */
    long word(long linear) {
        return read(linear, abi.word());
    }

    void word(long linear, long value) {
        write(linear, abi.word(), value);
    }

    byte[] bytes(long linear, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) read(linear + i, 1);
        }
        return bytes;
    }

    void bytes(long linear, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            write(linear + i, 1, bytes[i]);
        }
    }

    /** A text in a field of so many bytes; the rest is zero. */
    void text(long linear, String text, int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < text.length() && i < size - 1; i++) {
            bytes[i] = (byte) text.charAt(i);
        }
        bytes(linear, bytes);
    }
}
