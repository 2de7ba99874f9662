package ringside.monitor.paravirtual;

import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/** Where an HVM domain's pages lead, which it may change: Xen's public header memory.h. */
final class HardwareMemoryCalls {
    private static final int COMMAND = 0x3F;
    private static final int START_SHIFT = 6;
    private static final int AT_ONCE = 256;
    private static final int MOST_ORDER = 9;

    // XENMAPSPACE_*.
    private static final int SHARED_INFO = 0;
    private static final int GRANT_TABLE = 1;
    private static final int OWN_PAGE = 2;

    /** struct e820entry. */
    private static final int MAP_ENTRY = 20;

    private static final int MAP_RAM = 1;
    private static final int MAP_RESERVED = 2;

    private HardwareMemoryCalls() {}

    static long operation(HardwareDomain domain, long[] a) {
        int command = (int) a[0] & COMMAND;
        long start = a[0] >>> START_SHIFT;
        GuestMemory memory = domain.memory();
        // spotless:off
        return switch (command) {
            case 1     -> change(domain, a, start, HardwareMemoryCalls::release);
            case 2     -> domain.ram().frames() - 1;
            case 3     -> about(domain, memory.read(a[1], 2), domain.ownFrames());
            case 4     -> about(domain, memory.read(a[1], 2), domain.mostFrames());
            case 6     -> change(domain, a, start, HardwareMemoryCalls::populate);
            case 7     -> add(domain, a[1]);
            case 9     -> map(domain, a[1]);
            case 14    -> about(domain, memory.read(a[1], 2), domain.own().map().highest());
            case 15    -> remove(domain, a[1]);
            default    -> throw Errno.ENOSYS.failure();
        };
        // spotless:on
    }

    private static long about(HardwareDomain domain, long whose, long answer) {
        TableCalls.requireSelf(domain, whose);
        return answer;
    }

    /** struct xen_add_to_physmap: domid, size, space, idx, gpfn. */
    private static long add(HardwareDomain domain, long at) {
        GuestMemory memory = domain.memory();
        int word = domain.abi().word();
        TableCalls.requireSelf(domain, memory.read(at, 2));
        long space = memory.read(at + 4, 4);
        long index = memory.word(at + 8);
        long page = memory.word(at + 8 + word);
        PhysicalMap map = domain.own().map();
        int frame = space > OWN_PAGE
                ? PhysicalMemory.NONE
                : switch ((int) space) {
                    case SHARED_INFO -> index == 0 ? (int) (domain.sharedInfo() >>> 12) : PhysicalMemory.NONE;
                    case GRANT_TABLE -> domain.grants().frameAt(index);
                    case OWN_PAGE -> map.isGrant(index) ? PhysicalMemory.NONE : map.frame(index);
                    default -> PhysicalMemory.NONE;
                };
        if (frame == PhysicalMemory.NONE || !map.isPage(page) || domain.own().isDevice(page << 12)) {
            throw Errno.EINVAL.failure();
        }
        long before = map.pageOf(frame);
        int replaced = map.frame(page);
        if (before == page) {
            return 0;
        }
        if (map.isGrant(page)) {
            throw Errno.ENXIO.failure();
        }
        if (!map.map(page, frame)) {
            throw Errno.ENOMEM.failure();
        }
        if (before >= 0) {
            map.unmap(before);
        }
        domain.own().release(replaced);
        return 0;
    }

    /** struct xen_remove_from_physmap: domid, gpfn. */
    private static long remove(HardwareDomain domain, long at) {
        TableCalls.requireSelf(domain, domain.memory().read(at, 2));
        long page = domain.memory().word(at + domain.abi().word());
        if (domain.own().map().frame(page) == PhysicalMemory.NONE
                || domain.own().map().isGrant(page)) {
            throw Errno.ENOENT.failure();
        }
        domain.own().map().unmap(page);
        return 0;
    }

    /** struct xen_memory_map: how many entries there is room for, and then are; where. */
    private static long map(HardwareDomain domain, long at) {
        GuestMemory memory = domain.memory();
        long room = memory.read(at, 4);
        long buffer = memory.word(at + domain.abi().word());
        long[][] entries = {
            {0, (long) domain.mostFrames() << 12, MAP_RAM},
            {HardwareMemory.SPECIAL << 12, HardwareMemory.SPECIAL_PAGES << 12, MAP_RESERVED}
        };
        int count = (int) Math.min(room, entries.length);
        for (int i = 0; i < count; i++) {
            long entry = buffer + (long) i * MAP_ENTRY;
            memory.write(entry, 8, entries[i][0]);
            memory.write(entry + 8, 8, entries[i][1]);
            memory.write(entry + 16, 4, entries[i][2]);
        }
        memory.write(at, 4, count);
        return 0;
    }

    // Pages that the domain gives back and takes.

    /** What is done with one page. @return false where it cannot be done */
    @FunctionalInterface
    private interface Change {
        boolean make(HardwareDomain domain, long page);
    }

    /** struct xen_memory_reservation. Returns how many extents are done. */
    private static long change(HardwareDomain domain, long[] a, long start, Change change) {
        GuestMemory memory = domain.memory();
        int word = domain.abi().word();
        long list;
        long count;
        int order;
        try {
            TableCalls.requireSelf(domain, memory.read(a[1] + 2L * word + 8, 2));
            list = memory.word(a[1]);
            count = memory.word(a[1] + word);
            order = (int) memory.read(a[1] + 2L * word, 4);
        } catch (Errno.Failure unreadable) {
            return start;
        }
        if (order < 0 || order > MOST_ORDER) {
            throw Errno.EPERM.failure();
        }
        // How far it has come must fit beside the command in one argument.
        if (count < 0 || count > (word == 8 ? -1L : 0xFFFF_FFFFL) >>> START_SHIFT) {
            return start;
        }
        for (long i = start; i < count; i++) {
            if (i - start >= AT_ONCE) {
                throw new Hypercall.Continued(a[0] & COMMAND | i << START_SHIFT, a[1]);
            }
            try {
                long first = memory.word(list + i * word);
                for (int n = 0; n < 1 << order; n++) {
                    domain.work(1);
                    if (!change.make(domain, first + n)) {
                        return i;
                    }
                }
            } catch (Errno.Failure unreadable) {
                return i;
            }
        }
        return count;
    }

    /** A page of the domain's RAM is Xen's again. */
    private static boolean release(HardwareDomain domain, long page) {
        int frame = domain.own().map().frame(page);
        if (!domain.own().isRam(frame) || domain.own().map().isGrant(page)) {
            return false;
        }
        domain.own().map().unmap(page);
        domain.own().release(frame);
        return true;
    }

    /** A page leads to a frame that was given back, filled with zeros. */
    private static boolean populate(HardwareDomain domain, long page) {
        if (!domain.own().map().isPage(page)
                || domain.own().map().frame(page) != PhysicalMemory.NONE
                || domain.own().isDevice(page << 12)) {
            return false;
        }
        int frame = domain.own().take(page);
        if (frame == PhysicalMemory.NONE) {
            return false;
        }
        if (!domain.own().map().map(page, frame)) {
            domain.own().release(frame);
            return false;
        }
        domain.work(Ram.FRAME_SIZE / 16);
        return true;
    }
}
