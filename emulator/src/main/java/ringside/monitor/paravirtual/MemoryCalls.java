package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;

/** Frames that the domain gives back and takes: Xen's public header memory.h. */
final class MemoryCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call(12, "memory_op", MemoryCalls::operation));
    // spotless:on

    private static final int COMMAND = 0x3F;
    private static final int START_SHIFT = 6;
    private static final int AT_ONCE = 256;
    private static final int MOST_ORDER = 9;

    private MemoryCalls() {}

    /**
     * struct xen_memory_reservation.
     *
     * @param list of frames, an unsigned long each
     * @param order of each extent: 2^order frames
     */
    private record Reservation(long list, long count, int order) {
        /** How far it has come must fit beside the command in one argument. */
        boolean isTooLong(int word) {
            return count < 0 || count > (word == 8 ? -1L : 0xFFFF_FFFFL) >>> START_SHIFT;
        }

        static Reservation read(Domain domain, long at) {
            GuestMemory memory = domain.memory();
            int word = domain.abi().word();
            TableCalls.requireSelf(domain, memory.read(at + 2L * word + 8, 2));
            return new Reservation(memory.word(at), memory.word(at + word), (int) memory.read(at + 2L * word, 4));
        }
    }

    private static long operation(Domain domain, long[] a) {
        int command = (int) a[0] & COMMAND;
        long start = a[0] >>> START_SHIFT;
        long at = a[1];
        // spotless:off
        return switch (command) {
            case 0     -> populate(domain, a, start, false);
            case 1     -> decrease(domain, a, start);
            case 6     -> populate(domain, a, start, true);
            case 2     -> domain.space().machineFrames() - 1;
            case 3     -> current(domain, at);
            case 4     -> maximum(domain, at);
            case 5     -> machineToPhysicalFrames(domain, at);
            case 12    -> machineToPhysical(domain, at);
            case 28    -> acquire(domain, at);
            case 10    -> throw Errno.EPERM.failure();
            default    -> throw Errno.ENOSYS.failure();
        };
        // spotless:on
    }

    private static long current(Domain domain, long at) {
        TableCalls.requireSelf(domain, domain.memory().read(at, 2));
        return domain.ownFrames();
    }

    private static long maximum(Domain domain, long at) {
        TableCalls.requireSelf(domain, domain.memory().read(at, 2));
        return domain.place().pages();
    }

    /** Takes frames; a populated one belongs to a pseudo-physical frame that the list names. Returns how many extents there are now. */
    private static long populate(Domain domain, long[] a, long start, boolean named) {
        Reservation r;
        try {
            r = Reservation.read(domain, a[1]);
        } catch (Errno.Failure unreadable) {
            return start; // As many as there were.
        }
        if (r.order < 0 || r.order > MOST_ORDER) {
            throw Errno.EPERM.failure();
        }
        if (r.order > 0) {
            return start; // No contiguous frames: there never are any of those that were given back.
        }
        GuestMemory memory = domain.memory();
        int word = domain.abi().word();
        if (r.isTooLong(word)) {
            return start;
        }
        for (long i = start; i < r.count; i++) {
            if (i - start >= AT_ONCE) {
                throw new Hypercall.Continued(a[0] & COMMAND | i << START_SHIFT, a[1]);
            }
            try {
                long physical = r.list == 0 ? -1 : memory.word(r.list + i * word);
                int frame = domain.allocate();
                if (frame < 0) {
                    return i;
                }
                if (named) {
                    domain.space().physical(frame, physical);
                } else {
                    domain.space().noPhysical(frame);
                }
                if (r.list != 0) {
                    memory.word(r.list + i * word, frame);
                }
            } catch (Errno.Failure unreadable) {
                return i;
            }
        }
        return r.count;
    }

    /** Gives frames back. What is still mapped stays until it is mapped no more. */
    private static long decrease(Domain domain, long[] a, long start) {
        Reservation r;
        try {
            r = Reservation.read(domain, a[1]);
        } catch (Errno.Failure unreadable) {
            return start; // As many as there were.
        }
        if (r.order < 0 || r.order > MOST_ORDER) {
            throw Errno.EINVAL.failure();
        }
        int word = domain.abi().word();
        if (r.isTooLong(word)) {
            return start;
        }
        for (long i = start; i < r.count; i++) {
            if (i - start >= AT_ONCE) {
                throw new Hypercall.Continued(a[0] & COMMAND | i << START_SHIFT, a[1]);
            }
            try {
                long first = domain.memory().word(r.list + i * word);
                for (int n = 0; n < 1 << r.order; n++) {
                    if (!release(domain, first + n)) {
                        return i;
                    }
                }
            } catch (Errno.Failure unreadable) {
                return i;
            }
        }
        return r.count;
    }

    private static boolean release(Domain domain, long frame) {
        domain.work(1);
        FrameTable frames = domain.frames();
        if (!frames.isDomains(frame) || frame >= domain.space().first() || frames.isPinned((int) frame)) {
            return false;
        }
        if (!frames.release((int) frame)) {
            return false;
        }
        domain.space().noPhysical((int) frame);
        domain.cpu().memory.flush(true);
        return true;
    }

    private static final int IOREQ_SERVER = 0;

    /** What the pages of an ioreq server are, with one processor: buffered requests, and the others. */
    private static final int IOREQ_FRAMES = 2;

    /**
     * struct xen_mem_acquire_resource: domid, type, id, nr_frames, pad, frame, frame_list; gives the machine frames of what Xen shares with whoever serves
     * a domain, to be mapped as that domain's.
     */
    private static long acquire(Domain domain, long at) {
        GuestMemory memory = domain.memory();
        int word = domain.abi().word();
        long id = memory.read(at + 4, 4);
        long count = memory.read(at + 8, 4);
        long first = memory.read(at + 16, 8);
        long list = memory.word(at + 24);
        if (memory.read(at + 12, 4) != 0) {
            throw Errno.EINVAL.failure();
        }
        long number = memory.read(at, 2);
        if (domain.isSelf(number)) {
            throw Errno.EPERM.failure();
        }
        XenDomain about = domain.find(number).orElseThrow(Errno.ESRCH::failure);
        if (!domain.isPrivileged()) {
            throw Errno.EPERM.failure();
        }
        if (memory.read(at + 2, 2) != IOREQ_SERVER) {
            throw Errno.EOPNOTSUPP.failure();
        }
        IoreqServers servers =
                about.hardware().orElseThrow(Errno.EINVAL::failure).servers();
        if (list == 0 && count == 0) {
            memory.write(at + 8, 4, IOREQ_FRAMES);
            return 0;
        }
        if (list == 0 || first < 0 || first > IOREQ_FRAMES || count > IOREQ_FRAMES - first || id >>> 16 != 0) {
            throw Errno.EINVAL.failure();
        }
        for (int i = 0; i < count; i++) {
            memory.word(list + (long) i * word, servers.frame(id, first + i));
        }
        return 0;
    }

    /** struct xen_machphys_mapping: start, end, last frame. */
    private static long machineToPhysical(Domain domain, long at) {
        GuestMemory memory = domain.memory();
        Abi abi = domain.abi();
        long start = abi.machineToPhysical();
        memory.word(at, start);
        memory.word(at + abi.word(), start + (long) domain.space().machineFrames() * abi.word());
        memory.word(at + 2L * abi.word(), domain.space().machineFrames() - 1);
        return 0;
    }

    /** struct xen_machphys_mfn_list: how many the list has room for, the list; gives how many there are. One frame each 2 MiB. */
    private static long machineToPhysicalFrames(Domain domain, long at) {
        GuestMemory memory = domain.memory();
        int word = domain.abi().word();
        long room = memory.read(at, 4);
        long list = memory.word(at + word);
        int frame = domain.space().machineToPhysicalFrame();
        if (room > 0) {
            memory.word(list, frame);
        }
        memory.write(at + 2L * word, 4, Math.min(room, 1));
        return 0;
    }
}
