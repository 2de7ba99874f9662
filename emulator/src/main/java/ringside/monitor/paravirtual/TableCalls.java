package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.Arrays;
import java.util.List;
import ringside.memory.Ram;

/** Changing page tables: Xen's public header xen.h. */
final class TableCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call( 1, "mmu_update",                     TableCalls::update),
            call(14, "update_va_mapping",              TableCalls::updateMapping),
            call(22, "update_va_mapping_otherdomain",  TableCalls::updateMappingOther),
            call(26, "mmuext_op",                      TableCalls::extended));
    // spotless:on

    /** MMU_UPDATE_PREEMPTED: the count goes on from what was done. */
    static final int PREEMPTED = 1 << 31;

    /** As many requests are served before what else is due comes in between. */
    private static final int AT_ONCE = 512;

    private static final int UPDATE = 16;

    private TableCalls() {}

    static void requireSelf(XenDomain domain, long id) {
        if (!domain.isSelf(id & 0xFFFF)) {
            throw Errno.ESRCH.failure();
        }
    }

    /** Whose frames entries may lead to: another domain's where the caller is privileged. */
    private static XenDomain owner(Domain domain, long id) {
        XenDomain owner = domain.meant(id & 0xFFFF).orElseThrow(Errno.ESRCH::failure);
        if (owner != domain && !domain.isPrivileged()) {
            throw Errno.EPERM.failure();
        }
        return owner;
    }

    /** A list of requests: what is common to mmu_update and mmuext_op. */
    @FunctionalInterface
    private interface Request {
        void perform(Domain domain, long at);
    }

    private static long list(Domain domain, long[] a, int size, Request request) {
        int count = (int) a[1];
        long done = 0;
        if ((count & PREEMPTED) != 0) {
            count &= ~PREEMPTED;
            done = a[2] == 0 ? 0 : domain.memory().read(a[2], 4);
        }
        long result = 0;
        int i = 0;
        try {
            for (; i < count && i < AT_ONCE; i++) {
                domain.work(1);
                request.perform(domain, a[0] + (long) i * size);
            }
        } catch (Errno.Failure failure) {
            result = failure.result();
        }
        if (a[2] != 0) {
            domain.memory().write(a[2], 4, done + i);
        }
        if (result == 0 && i < count) {
            throw new Hypercall.Continued(a[0] + (long) i * size, count - i | PREEMPTED, a[2], a[3]);
        }
        return result;
    }

    // mmu_update.

    private static final int MACHINE_TO_PHYSICAL = 1;
    private static final int KEEP_FLAGS = 2;

    private static long update(Domain domain, long[] a) {
        int owner = owner(domain, a[3]).frames().own();
        if (a[3] >>> 16 != 0 && (a[3] >>> 16 & 0xFFFF) != domain.id() + 1) {
            throw Errno.EPERM.failure(); // Tables of another domain: the upper half is its number and one.
        }
        return list(domain, a, UPDATE, (caller, at) -> updateOne(caller, at, owner));
    }

    private static void updateOne(Domain domain, long at, int owner) {
        long pointer = domain.memory().read(at, 8);
        long value = domain.memory().read(at + 8, 8);
        int command = (int) pointer & 3;
        long frame = pointer >>> 12;
        if (!domain.frames().isDomains(frame)) {
            throw Errno.EINVAL.failure();
        }
        if (command == MACHINE_TO_PHYSICAL) {
            domain.space().physical((int) frame, value);
        } else {
            write(domain, pointer & ~3L, value, command == KEEP_FLAGS, owner);
        }
    }

    /** Writes an entry: into a page table with all checks, into other memory of the guest's as it is. */
    private static void write(Domain domain, long address, long value, boolean keep, int owner) {
        int frame = (int) (address >>> 12);
        FrameTable frames = domain.frames();
        DirectPaging paging = domain.paging();
        if ((address & 7) != 0) {
            throw Errno.EINVAL.failure();
        }
        if (frames.type(frame).level() > 0 && frames.typeCount(frame) > 0) {
            paging.update(frame, (int) address & Ram.OFFSET, value, keep, owner);
            return;
        }
        if (!paging.get(frame, FrameType.WRITABLE)) {
            throw Errno.EINVAL.failure();
        }
        domain.ram().write(address, 8, value);
        paging.put(frame);
    }

    // update_va_mapping.

    private static final int FLUSH_ALL = 1;
    private static final int FLUSH_ONE = 2;

    private static long updateMapping(Domain domain, long[] a) {
        return updateMapping(domain, a, domain);
    }

    private static long updateMapping(Domain domain, long[] a, XenDomain owner) {
        boolean wide = domain.abi().is64();
        return updateMapping(domain, a[0], wide ? a[1] : a[1] | a[2] << 32, wide ? a[2] : a[3], owner);
    }

    private static long updateMappingOther(Domain domain, long[] a) {
        return updateMapping(domain, a, owner(domain, domain.abi().is64() ? a[3] : a[4]));
    }

    private static long updateMapping(Domain domain, long linear, long entry, long flags, XenDomain owner) {
        long address = domain.abi().isGuests(linear) ? domain.lastEntry(linear) : -1;
        int table = (int) (address >>> 12);
        boolean isTable = address != -1
                && domain.frames().isDomains(table)
                && domain.frames().type(table) == FrameType.L1
                && domain.frames().typeCount(table) > 0;
        if (!isTable) {
            throw Errno.EINVAL.failure();
        }
        domain.paging()
                .update(
                        table,
                        (int) address & Ram.OFFSET,
                        entry,
                        false,
                        owner.frames().own());
        switch ((int) flags & 3) {
            case FLUSH_ALL -> domain.cpu().memory.flush(true);
            case FLUSH_ONE -> domain.cpu().memory.flushPage(linear);
            default -> {}
        }
        return 0;
    }

    // mmuext_op.

    private static long extended(Domain domain, long[] a) {
        requireSelf(domain, a[3]);
        return list(domain, a, 3 * domain.abi().word(), TableCalls::extendedOne);
    }

    private static void extendedOne(Domain domain, long at) {
        GuestMemory memory = domain.memory();
        int word = domain.abi().word();
        int command = (int) memory.read(at, 4);
        long first = memory.word(at + word);
        long second = memory.word(at + 2L * word);
        // spotless:off
        switch (command) {
            case 0, 1, 2, 3          -> pin(domain, first, command + 1);
            case 4                   -> unpin(domain, first);
            case 5                   -> newRoot(domain, first);
            case 6, 8, 10            -> domain.cpu().memory.flush(true);
            case 7, 9, 11            -> flushPage(domain, first);
            case 12, 18              -> throw Errno.EACCES.failure();
            case 13                  -> DescriptorCalls.setLocalTable(domain, first, second);
            case 15                  -> newUserRoot(domain, first);
            case 16                  -> clear(domain, first);
            case 17                  -> copy(domain, first, second);
            default                  -> throw Errno.ENOSYS.failure();
        }
        // spotless:on
    }

    private static void flushPage(Domain domain, long linear) {
        if (domain.abi().isGuests(linear)) {
            domain.cpu().memory.flushPage(linear);
        }
    }

    private static FrameType typeOf(int level) {
        return switch (level) {
            case 1 -> FrameType.L1;
            case 2 -> FrameType.L2;
            case 3 -> FrameType.L3;
            case 4 -> FrameType.L4;
            default -> throw new IllegalStateException("no level " + level);
        };
    }

    /** A pinned table stays one, whether anything uses it or not. */
    private static void pin(Domain domain, long frame, int level) {
        if (level == 4 && !domain.abi().is64() || !domain.paging().get(frame, typeOf(level))) {
            throw Errno.EINVAL.failure();
        }
        if (domain.frames().isPinned((int) frame)) {
            domain.paging().put((int) frame);
            throw Errno.EINVAL.failure();
        }
        domain.frames().pin((int) frame, true);
    }

    private static void unpin(Domain domain, long frame) {
        if (!domain.frames().isDomains(frame) || !domain.frames().isPinned((int) frame)) {
            throw Errno.EINVAL.failure();
        }
        domain.frames().pin((int) frame, false);
        domain.paging().put((int) frame);
    }

    /** What MOV to CR3 is to a kernel in ring 0. */
    static void newRoot(Domain domain, long frame) {
        if (!domain.paging().get(frame, domain.abi().is64() ? FrameType.L4 : FrameType.L3)) {
            throw Errno.EINVAL.failure();
        }
        int old = domain.vcpu().kernelRoot;
        DescriptorCalls.dropLocalTable(domain);
        domain.vcpu().kernelRoot = (int) frame;
        domain.loadRoot(true);
        domain.paging().put(old);
    }

    private static void newUserRoot(Domain domain, long frame) {
        if (!domain.abi().is64()) {
            throw Errno.EOPNOTSUPP.failure();
        }
        if (frame != 0 && !domain.paging().get(frame, FrameType.L4)) {
            throw Errno.EINVAL.failure();
        }
        int old = domain.vcpu().userRoot;
        domain.vcpu().userRoot = (int) frame;
        domain.cpu().memory.flush(true);
        if (old != 0) {
            domain.paging().put(old);
        }
    }

    private static void clear(Domain domain, long frame) {
        if (!domain.paging().get(frame, FrameType.WRITABLE)) {
            throw Errno.EINVAL.failure();
        }
        Arrays.fill(domain.ram().writable((int) frame), (byte) 0);
        domain.ram().wrote((int) frame, 0, Ram.FRAME_SIZE);
        domain.work(Ram.FRAME_SIZE / 16);
        domain.paging().put((int) frame);
    }

    private static void copy(Domain domain, long to, long from) {
        if (!domain.frames().isDomains(from) || !domain.paging().get(to, FrameType.WRITABLE)) {
            throw Errno.EINVAL.failure();
        }
        byte[] source = domain.ram().readable((int) from);
        System.arraycopy(source, 0, domain.ram().writable((int) to), 0, Ram.FRAME_SIZE);
        domain.ram().wrote((int) to, 0, Ram.FRAME_SIZE);
        domain.work(Ram.FRAME_SIZE / 16);
        domain.paging().put((int) to);
    }
}
