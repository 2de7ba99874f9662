package ringside.monitor.container;

import static ringside.monitor.container.SystemCall.call;

import java.util.List;
import ringside.monitor.container.AddressSpace.Area;

/** System calls about a process's memory. */
final class MemoryCalls {
    // spotless:off
    static final List<SystemCall> ROWS = List.of(
            call(9,  "mmap",     MemoryCalls::map),
            call(10, "mprotect", MemoryCalls::protect),
            call(11, "munmap",   MemoryCalls::unmap),
            call(12, "brk",      MemoryCalls::setBreak));
    // spotless:on

    private static final int SHARED = 0x01;
    private static final int PRIVATE = 0x02;
    private static final int FIXED = 0x10;
    private static final int ANONYMOUS = 0x20;

    /** What one call may map, in bytes. */
    private static final long MOST = 1L << 30;

    private MemoryCalls() {}

    private static long pages(long size) {
        if (size <= 0 || size > MOST) {
            throw (size == 0 ? Errno.EINVAL : Errno.ENOMEM).failure();
        }
        return size + AddressSpace.PAGE - 1 & -AddressSpace.PAGE;
    }

    private static void requireAligned(long address) {
        if ((address & AddressSpace.PAGE - 1) != 0) {
            throw Errno.EINVAL.failure();
        }
    }

    /** An address range inside user space. */
    private static long end(long start, long size) {
        if (start < 0 || start > AddressSpace.USER_END - size) {
            throw Errno.ENOMEM.failure();
        }
        return start + size;
    }

    /** PROT_READ, PROT_WRITE and PROT_EXEC; what may be written or run may be read too, as on this processor. */
    private static int rights(long protection) {
        int rights = (int) protection & 7;
        return rights == 0 ? 0 : rights | AddressSpace.READ;
    }

    /** Anonymous memory; files are not mapped. Shared pages are there at once, so that parent and child have the same. */
    private static long map(HostKernel kernel, Task task, long[] a) {
        int flags = (int) a[3];
        boolean shared = (flags & SHARED) != 0;
        if (shared == ((flags & PRIVATE) != 0)) {
            throw Errno.EINVAL.failure();
        }
        if ((flags & ANONYMOUS) == 0) {
            task.file((int) a[4]);
            throw Errno.ENODEV.failure();
        }
        long size = pages(a[1]);
        boolean fixed = (flags & FIXED) != 0;
        long start;
        if (fixed) {
            requireAligned(a[0]);
            end(a[0], size);
            if (a[0] < 0x1_0000) {
                throw Errno.EPERM.failure();
            }
            start = a[0];
            task.memory.remove(start, start + size);
        } else {
            long hint = a[0] & -AddressSpace.PAGE;
            boolean good =
                    hint >= 0x1_0000 && hint <= AddressSpace.USER_END - size && task.memory.isFree(hint, hint + size);
            start = good ? hint : task.memory.place(size);
        }
        task.memory.add(Area.anonymous(start, start + size, rights(a[2]), shared));
        if (shared && rights(a[2]) != 0) {
            for (long page = start; page < start + size; page += AddressSpace.PAGE) {
                task.memory.touch(page, AddressSpace.READ);
            }
        }
        kernel.mappingsChanged(task);
        return start;
    }

    private static long protect(HostKernel kernel, Task task, long[] a) {
        requireAligned(a[0]);
        if (a[1] == 0) {
            return 0;
        }
        long size = pages(a[1]);
        task.memory.protect(a[0], end(a[0], size), rights(a[2]));
        kernel.mappingsChanged(task);
        return 0;
    }

    private static long unmap(HostKernel kernel, Task task, long[] a) {
        requireAligned(a[0]);
        long size = pages(a[1]);
        if (a[0] < 0 || a[0] > AddressSpace.USER_END - size) {
            throw Errno.EINVAL.failure();
        }
        task.memory.remove(a[0], a[0] + size);
        kernel.mappingsChanged(task);
        return 0;
    }

    /** Where it cannot be moved, it stays, and the program sees that. */
    private static long setBreak(HostKernel kernel, Task task, long[] a) {
        AddressSpace memory = task.memory;
        long wanted = a[0];
        if (wanted < memory.heapStart || wanted - memory.heapStart > MOST) {
            return memory.heapEnd;
        }
        long oldEnd = memory.heapEnd + AddressSpace.PAGE - 1 & -AddressSpace.PAGE;
        long newEnd = wanted + AddressSpace.PAGE - 1 & -AddressSpace.PAGE;
        if (newEnd > oldEnd) {
            if (!memory.isFree(oldEnd, newEnd)) {
                return memory.heapEnd;
            }
            memory.add(Area.anonymous(oldEnd, newEnd, AddressSpace.READ | AddressSpace.WRITE, false));
        } else if (newEnd < oldEnd) {
            memory.remove(newEnd, oldEnd);
            kernel.mappingsChanged(task);
        }
        memory.heapEnd = wanted;
        return wanted;
    }
}
