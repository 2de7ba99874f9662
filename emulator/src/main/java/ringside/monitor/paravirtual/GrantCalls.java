package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;
import java.util.Optional;
import ringside.memory.Ram;
import ringside.monitor.paravirtual.GrantTables.Mapping;

/** Using frames that a domain has granted: Xen's public header grant_table.h, and common/grant_table.c for the order of checks. */
final class GrantCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call(20, "grant_table_op", GrantCalls::operation));

    /** What each request of a list is answered with. */
    private static final int OKAY              =   0;
    private static final int GENERAL_ERROR     =  -1;
    private static final int BAD_DOMAIN        =  -2;
    private static final int BAD_REFERENCE     =  -3;
    private static final int BAD_HANDLE        =  -4;
    private static final int BAD_DEVICE        =  -6;
    private static final int PERMISSION_DENIED =  -8;
    private static final int BAD_PAGE          =  -9;
    private static final int BAD_COPY          = -10;
    private static final int TRY_AGAIN         = -12;
    private static final int NO_SPACE          = -13;
    // spotless:on

    // Flags of a mapping.
    private static final int FOR_DEVICE = 1;
    static final int FOR_HOST = 1 << 1;
    static final int READ_ONLY = 1 << 2;
    static final int FOR_PROGRAMS = 1 << 3;
    static final int CONTAINS_ENTRY = 1 << 4;

    private static final int AT_ONCE = 64;

    /** GNTTABOP_transfer. */
    private static final int TRANSFER = 4;

    private GrantCalls() {}

    /** One request of a list, at its address. */
    @FunctionalInterface
    private interface Request {
        void perform(XenDomain domain, long at);
    }

    private static long operation(Domain domain, long[] a) {
        boolean wide = domain.abi().is64();
        return (int) a[0] == TRANSFER
                ? list(domain, a, wide ? 24 : 16, (caller, at) -> transfer(domain, at))
                : common(domain, a);
    }

    /** What all kinds of domains may ask for; a domain on virtualizing hardware may ask for nothing else (Xen, arch/x86/hvm/hypercall.c, hvm_grant_table_op). */
    static long common(XenDomain domain, long[] a) {
        boolean wide = domain.abi().is64();
        // spotless:off
        return switch ((int) a[0]) {
            case 0  -> list(domain, a, 32,             GrantCalls::map);
            case 1  -> list(domain, a, 24,             GrantCalls::unmap);
            case 2  -> one(domain, a,                  GrantCalls::setup);
            case 5  -> list(domain, a, wide ? 40 : 24, GrantCalls::copy);
            case 6  -> one(domain, a,                  GrantCalls::size);
            case 8  -> one(domain, a,                  GrantCalls::setVersion);
            case 10 -> one(domain, a,                  GrantCalls::version);
            case 11 -> list(domain, a, 12,                    GrantCalls::swap);
            default -> throw Errno.ENOSYS.failure();
        };
        // spotless:on
    }

    private static int count(long[] a) {
        if ((int) a[2] < 0) {
            throw Errno.EINVAL.failure();
        }
        return (int) a[2];
    }

    private static long one(XenDomain domain, long[] a, Request request) {
        if (count(a) != 1) {
            throw Errno.EINVAL.failure();
        }
        request.perform(domain, a[1]);
        return 0;
    }

    private static long list(XenDomain domain, long[] a, int size, Request request) {
        int count = count(a);
        for (int i = 0; i < count && i < AT_ONCE; i++) {
            domain.work(1);
            request.perform(domain, a[1] + (long) i * size);
        }
        if (count > AT_ONCE) {
            throw new Hypercall.Continued(a[0], a[1] + (long) AT_ONCE * size, count - AT_ONCE);
        }
        return 0;
    }

    // The table.

    /** dom, nr_frames; gives status and the list of frames. */
    private static void setup(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        boolean wide = domain.abi().is64();
        long wanted = memory.read(at + 4, 4);
        int status = OKAY;
        if (!domain.isSelf(memory.read(at, 2))) {
            status = BAD_DOMAIN;
        } else if (wanted > XenSpace.GRANT_FRAMES) {
            status = GENERAL_ERROR;
        } else {
            domain.grants().grow((int) wanted);
            long list = memory.word(at + (wide ? 16 : 12));
            for (int i = 0; i < wanted; i++) {
                memory.word(list + (long) i * domain.abi().word(), domain.grantFrame(i));
            }
        }
        memory.write(at + 8, 2, status);
    }

    /** dom; gives nr_frames, max_nr_frames, status. */
    private static void size(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        boolean self = domain.isSelf(memory.read(at, 2));
        if (self) {
            memory.write(at + 4, 4, domain.grants().size());
            memory.write(at + 8, 4, XenSpace.GRANT_FRAMES);
        }
        memory.write(at + 12, 2, self ? OKAY : BAD_DOMAIN);
    }

    private static void setVersion(XenDomain domain, long at) {
        long version = domain.memory().read(at, 4);
        if (version != 1) {
            throw (version == 2 ? Errno.ENOSYS : Errno.EINVAL).failure();
        }
        domain.memory().write(at, 4, 1);
    }

    private static void version(XenDomain domain, long at) {
        TableCalls.requireSelf(domain, domain.memory().read(at, 2));
        domain.memory().write(at + 4, 4, 1);
    }

    /** ref_a, ref_b; gives status. Entries that are in use stay where they are. */
    private static void swap(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        GrantTables grants = domain.grants();
        long one = memory.read(at, 4);
        long other = memory.read(at + 4, 4);
        int status = OKAY;
        if (!grants.exists(one) || !grants.exists(other)) {
            status = BAD_REFERENCE;
        } else if (one != other && (isUsed(domain, (int) one) || isUsed(domain, (int) other))) {
            status = TRY_AGAIN;
        } else {
            grants.swap((int) one, (int) other);
        }
        memory.write(at + 8, 2, status);
    }

    private static boolean isUsed(XenDomain owner, int reference) {
        return owner.all().stream()
                .flatMap(domain -> domain.grants().mappings().stream())
                .anyMatch(mapping -> mapping.isOf(owner.id(), reference));
    }

    // Mapping.

    /** A grant that may be used, or why not. */
    private record Found(int status, int frame) {
        static Found refused(int status) {
            return new Found(status, 0);
        }
    }

    /** @param user who wants to use the owner's frame */
    private static Found find(XenDomain owner, XenDomain user, long reference, boolean readOnly) {
        GrantTables grants = owner.grants();
        if (!grants.exists(reference)) {
            return Found.refused(BAD_REFERENCE);
        }
        int flags = grants.flags((int) reference);
        boolean granted =
                (flags & GrantTables.TYPE) == GrantTables.PERMIT_ACCESS && grants.domain((int) reference) == user.id();
        if (!granted || !readOnly && (flags & GrantTables.READ_ONLY) != 0) {
            return Found.refused(GENERAL_ERROR);
        }
        int frame = owner.frame(grants.frame((int) reference));
        return frame >= 0 ? new Found(OKAY, frame) : Found.refused(BAD_PAGE);
    }

    /** host_addr, flags, ref, dom; gives status, handle, dev_bus_addr. */
    private static void map(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        int flags = (int) memory.read(at + 8, 4);
        long reference = memory.read(at + 12, 4);
        Optional<XenDomain> owner = domain.find(memory.read(at + 16, 2)); // DOMID_SELF is none.
        if ((flags & (FOR_DEVICE | FOR_HOST)) == 0) {
            memory.write(at + 18, 2, BAD_REFERENCE);
            return;
        }
        if (owner.isEmpty()) {
            memory.write(at + 18, 2, BAD_DOMAIN);
            return;
        }
        memory.write(at + 18, 2, map(domain, owner.get(), at, flags, reference));
    }

    private static int map(XenDomain domain, XenDomain owner, long at, int flags, long reference) {
        GuestMemory memory = domain.memory();
        int handle = domain.grants().take();
        if (handle < 0) {
            return NO_SPACE;
        }
        Found found = find(owner, domain, reference, (flags & READ_ONLY) != 0);
        int status =
                found.status() == OKAY ? use(domain, owner, memory.read(at, 8), flags, found.frame()) : found.status();
        if (status == OKAY) {
            boolean device = (flags & FOR_DEVICE) != 0;
            boolean host = (flags & FOR_HOST) != 0;
            boolean readOnly = (flags & READ_ONLY) != 0;
            var mapping = new Mapping(owner.id(), (int) reference, found.frame(), readOnly, device, host);
            domain.grants().set(handle, mapping);
            mark(owner, (int) reference);
            memory.write(at + 20, 4, handle);
            memory.write(at + 24, 8, (long) found.frame() << 12);
        } else {
            domain.grants().giveBack(handle);
        }
        return status;
    }

    /** A device holds the frame for itself; for the processor that which leads there does. */
    private static int use(XenDomain domain, XenDomain owner, long address, int flags, int frame) {
        boolean device = (flags & FOR_DEVICE) != 0;
        boolean writable = (flags & READ_ONLY) == 0;
        if (device && !owner.hold(frame, writable)) {
            return GENERAL_ERROR;
        }
        if ((flags & FOR_HOST) == 0 || domain.mapper().map(owner, frame, address, flags)) {
            return OKAY;
        }
        if (device) {
            owner.letGo(frame, writable);
        }
        return GENERAL_ERROR;
    }

    /** The flags by which a domain sees that an entry of its grant table is in use follow from all domains' mappings. */
    static void mark(XenDomain owner, int reference) {
        boolean reading = false;
        boolean writing = false;
        for (XenDomain domain : owner.all()) {
            for (Mapping mapping : domain.grants().mappings()) {
                if (mapping.isOf(owner.id(), reference)) {
                    reading = true;
                    writing |= !mapping.readOnly();
                }
            }
        }
        owner.grants().mark(reference, reading, writing);
    }

    /** host_addr, dev_bus_addr, handle; gives status. */
    private static void unmap(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        long handle = memory.read(at + 16, 4);
        Mapping mapping = domain.grants().mapping(handle);
        int status = mapping.isLive()
                ? unmap(domain, (int) handle, mapping, memory.read(at, 8), memory.read(at + 8, 8))
                : BAD_HANDLE;
        memory.write(at + 20, 2, status);
    }

    private static int unmap(XenDomain domain, int handle, Mapping mapping, long address, long bus) {
        XenDomain owner = domain.find(mapping.owner()).orElseThrow();
        int status = unmap(domain, owner, handle, mapping, address, bus);
        if (owner.vcpu().destroyed) {
            Relinquishing.clearFree(owner, mapping.frame());
        }
        return status;
    }

    private static int unmap(XenDomain domain, XenDomain owner, int handle, Mapping mapping, long address, long bus) {
        boolean device = mapping.device();
        boolean host = mapping.host();
        if (bus != 0 && device) {
            if (bus != (long) mapping.frame() << 12) {
                return BAD_DEVICE;
            }
            device = false;
        }
        if (address != 0 && host) {
            if (!domain.mapper().unmap(owner, mapping, address)) {
                return GENERAL_ERROR;
            }
            host = false;
        }
        if (mapping.device() && !device) {
            owner.letGo(mapping.frame(), !mapping.readOnly());
        }
        Mapping left = new Mapping(owner.id(), mapping.reference(), mapping.frame(), mapping.readOnly(), device, host);
        domain.grants().set(handle, left.isLive() ? left : Mapping.NONE);
        mark(owner, mapping.reference());
        if (!left.isLive()) {
            domain.grants().giveBack(handle);
        }
        return OKAY;
    }

    // Giving a frame away, and copying.

    /** mfn, domid, ref; gives status. No other domain could have it: each has as many frames as it may. */
    private static void transfer(Domain domain, long at) {
        GuestMemory memory = domain.memory();
        boolean wide = domain.abi().is64();
        long frame = memory.word(at);
        boolean whole = domain.frames().isDomains(frame)
                && frame < domain.space().first()
                && domain.frames().references((int) frame) == 1;
        long to = memory.read(at + (wide ? 8 : 4), 2);
        boolean other = !domain.isSelf(to) && domain.find(to).isPresent();
        int status = other ? GENERAL_ERROR : BAD_DOMAIN;
        memory.write(at + (wide ? 16 : 12), 2, whole ? status : BAD_PAGE);
    }

    /** source and destination (reference or frame, domid, offset), len, flags; gives status. */
    private static void copy(XenDomain domain, long at) {
        int half = domain.abi().is64() ? 16 : 8;
        GuestMemory memory = domain.memory();
        int length = (int) memory.read(at + 2L * half, 2);
        int flags = (int) memory.read(at + 2L * half + 2, 2);
        Side from = Side.read(domain, at, (flags & 1) != 0, true);
        Side to = Side.read(domain, at + half, (flags & 2) != 0, false);
        int status = from.status() != OKAY ? from.status() : to.status();
        if (status == OKAY) {
            boolean inside = from.offset() + length <= Ram.FRAME_SIZE && to.offset() + length <= Ram.FRAME_SIZE;
            status = inside ? copy(domain, from, to, length) : BAD_COPY;
        }
        memory.write(at + 2L * half + 4, 2, status);
    }

    private static int copy(XenDomain domain, Side from, Side to, int length) {
        if (!to.owner().hold(to.frame(), true)) {
            return GENERAL_ERROR;
        }
        byte[] source = domain.ram().readable(from.frame()).clone();
        System.arraycopy(source, from.offset(), domain.ram().writable(to.frame()), to.offset(), length);
        domain.ram().wrote(to.frame(), to.offset(), length);
        to.owner().letGo(to.frame(), true);
        domain.work(length / 16);
        return OKAY;
    }

    /** From where or to where something is copied, or why not. */
    private record Side(int status, XenDomain owner, int frame, int offset) {
        static Side read(XenDomain domain, long at, boolean byReference, boolean readOnly) {
            GuestMemory memory = domain.memory();
            boolean wide = domain.abi().is64();
            int id = (int) memory.read(at + (wide ? 8 : 4), 2);
            int offset = (int) memory.read(at + (wide ? 10 : 6), 2);
            if (!byReference && id != Domain.SELF) {
                return new Side(PERMISSION_DENIED, domain, 0, 0);
            }
            Optional<XenDomain> meant = domain.meant(id);
            if (meant.isEmpty()) {
                return new Side(BAD_DOMAIN, domain, 0, 0);
            }
            XenDomain owner = meant.get();
            if (byReference) {
                Found found = find(owner, domain, memory.read(at, 4), readOnly);
                return new Side(found.status(), owner, found.frame(), offset);
            }
            int frame = domain.frame(memory.word(at));
            return frame >= 0 ? new Side(OKAY, owner, frame, offset) : new Side(BAD_PAGE, owner, 0, 0);
        }
    }
}
