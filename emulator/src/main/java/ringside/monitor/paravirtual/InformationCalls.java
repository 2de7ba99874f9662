package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;

/** What Xen says about itself, its console, options of the domain, and several calls in one: Xen's public headers version.h and xen.h. */
final class InformationCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call(13, "multicall",   InformationCalls::several),
            call(17, "xen_version", InformationCalls::version),
            call(18, "console_io",  InformationCalls::console),
            call(21, "vm_assist",   InformationCalls::assist),
            call(33, "physdev_op",  InformationCalls::physicalDevice));
    // spotless:on

    /** The release whose headers this follows. */
    static final int MAJOR = 4;

    static final int MINOR = 20;

    private static final int AT_ONCE = 64;
    private static final int TEXT_AT_ONCE = 128;

    private InformationCalls() {}

    // multicall.

    /** struct multicall_entry: op, result, six arguments. */
    static long several(XenDomain domain, long[] a) {
        int word = domain.abi().word();
        long count = a[1] & 0xFFFF_FFFFL;
        for (int i = 0; i < AT_ONCE && i < count; i++) {
            long at = a[0] + (long) i * 8 * word;
            if (!domain.isRunning()) {
                return 0;
            }
            domain.work(1);
            one(domain, at, a[0], count, i);
        }
        if (count > AT_ONCE) {
            throw new Hypercall.Continued(a[0] + (long) AT_ONCE * 8 * word, count - AT_ONCE);
        }
        return 0;
    }

    private static void one(XenDomain domain, long at, long list, long count, int i) {
        GuestMemory memory = domain.memory();
        int word = domain.abi().word();
        int number = (int) memory.word(at);
        long[] arguments = new long[Hypercall.MOST_ARGUMENTS];
        for (int n = 0; n < arguments.length; n++) {
            arguments[n] = memory.word(at + (2L + n) * word);
        }
        long result;
        try {
            result = isAlone(number) ? Errno.ENOSYS.result() : domain.perform(number, arguments);
        } catch (Errno.Failure failure) {
            result = failure.result();
        } catch (Hypercall.Continued later) {
            long[] next = later.arguments();
            for (int n = 0; n < next.length; n++) {
                memory.word(at + (2L + n) * word, next[n]);
            }
            throw new Hypercall.Continued(list + (long) i * 8 * word, count - i);
        }
        memory.word(at + word, result);
    }

    /** No list within a list, and no return from within. */
    private static boolean isAlone(int number) {
        return number == 13 || number == 23;
    }

    // xen_version.

    static long version(XenDomain domain, long[] a) {
        GuestMemory memory = domain.memory();
        Abi abi = domain.abi();
        long at = a[1];
        // spotless:off
        switch ((int) a[0]) {
            case 0  -> {
                return MAJOR << 16 | MINOR;
            }
            case 1  -> memory.text(at, ".0", 16);
            case 2  -> compilation(memory, at);
            case 3  -> memory.text(at, "xen-3.0-x86_64 xen-3.0-x86_32p ", 1024);
            case 4  -> memory.text(at, "unavailable", 64);
            case 5  -> memory.word(at, abi.reserved());
            case 6  -> features(domain, at);
            case 7  -> {
                return 4096;
            }
            case 8  -> memory.bytes(at, new byte[16]);
            case 9  -> memory.text(at, "", 1024);
            case 10 -> throw Errno.ENODATA.failure();
            default -> throw Errno.ENOSYS.failure();
        }
        // spotless:on
        return 0;
    }

    private static void compilation(GuestMemory memory, long at) {
        memory.text(at, "Ringside", 64);
        memory.text(at + 64, "ringside", 16);
        memory.text(at + 80, "ringside", 32);
        memory.text(at + 112, "2008-01-01", 32);
    }

    /** struct xen_feature_info: index, and 32 features. */
    private static void features(XenDomain domain, long at) {
        int index = (int) domain.memory().read(at, 4);
        if (index != 0) {
            throw Errno.EINVAL.failure();
        }
        domain.memory().write(at + 4, 4, domain.features());
    }

    // console_io.

    /** This Xen lets its domain write to its console, as one built for debugging does (Xen, xsm/dummy.h: xsm_console_io). */
    static long console(XenDomain domain, long[] a) {
        if ((int) a[0] == 1 && domain.isPrivileged()) {
            return read(domain, a);
        }
        if ((int) a[0] != 0) {
            throw Errno.EPERM.failure();
        }
        int count = (int) a[1];
        if (count < 0) {
            throw Errno.EINVAL.failure();
        }
        int now = Math.min(count, TEXT_AT_ONCE);
        byte[] text = domain.memory().bytes(a[2], now);
        for (byte one : text) {
            domain.console().accept(one & 0xFF);
        }
        domain.work(now / 16);
        if (now < count) {
            throw new Hypercall.Continued(a[0], count - now, a[2] + now);
        }
        return 0;
    }

    /** What was typed since, as many bytes as there are and as there is room for. */
    private static long read(XenDomain domain, long[] a) {
        int count = 0;
        while (count < Math.min((int) a[1], TEXT_AT_ONCE)) {
            domain.memory().write(a[2] + count, 1, domain.memory().read(a[2] + count, 1)); // Room, before it is taken.
            int value = domain.readConsole();
            if (value < 0) {
                break;
            }
            domain.memory().write(a[2] + count, 1, value);
            count++;
        }
        return count;
    }

    // vm_assist.

    static long assist(XenDomain domain, long[] a) {
        int command = (int) a[0];
        int type = (int) a[1];
        long valid = domain.possibleAssists();
        if (command != 0 && command != 1) {
            throw Errno.ENOSYS.failure();
        }
        if (type < 0 || type > 63 || (valid >>> type & 1) == 0) {
            throw Errno.EINVAL.failure();
        }
        long bit = 1L << type;
        domain.vcpu().assists = command == 0 ? domain.vcpu().assists | bit : domain.vcpu().assists & ~bit;
        return 0;
    }

    // physdev_op.

    private static long physicalDevice(Domain domain, long[] a) {
        GuestMemory memory = domain.memory();
        switch ((int) a[0]) {
            case 6 -> {
                long level = memory.read(a[1], 4);
                if (level > 3) {
                    throw Errno.EINVAL.failure();
                }
                domain.vcpu().iopl = (int) level;
            }
            case 7 -> {
                long bitmap = memory.word(a[1]);
                long ports = memory.read(a[1] + domain.abi().word(), 4);
                if (ports > 65_536) {
                    throw Errno.EINVAL.failure();
                }
                domain.vcpu().portBitmap = bitmap;
                domain.vcpu().portCount = (int) ports;
            }
            case 8, 9, 15, 16, 24, 25 -> throw Errno.EPERM.failure();
            case 12, 28, 13, 14, 5 -> throw Errno.EINVAL.failure();
            default -> throw Errno.ENOSYS.failure();
        }
        return 0;
    }
}
