package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;

/** What a device model in domain 0 asks for the domain that it serves: Xen's public header hvm/dm_op.h. */
final class DeviceModelCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(call(41, "dm_op", DeviceModelCalls::operation));
    // spotless:on

    private static final int MOST_BUFFERS = 2;

    /** Of struct xen_dm_op: operation, padding; what is particular to the operation begins here. */
    private static final int UNION = 8;

    /** The sizes of what is particular, by operation; the last one is nr_vcpus. */
    private static final int[] SIZES = {
        0, 6, 24, 24, 24, 4, 4, 16, 6, 2, 2, 8, 16, 24, 16, 16, 4, 24, 24, 0, 4,
    };

    /** XEN_DMOP_no_gfns. */
    private static final int NO_FRAMES_OF_GUEST = 1;

    private static final int SHUTDOWN_CRASH = 3;
    private static final int ISA_LINES = 16;

    private DeviceModelCalls() {}

    /** domid, nr_bufs, and for each buffer its address and size; the first holds struct xen_dm_op. */
    private static long operation(Domain domain, long[] a) {
        GuestMemory memory = domain.memory();
        long count = a[1] & 0xFFFF_FFFFL;
        if (count > MOST_BUFFERS) {
            throw Errno.E2BIG.failure();
        }
        int word = domain.abi().word();
        for (int i = 0; i < 2 * count; i++) {
            memory.word(a[2] + (long) i * word);
        }
        long at = count == 0 ? 0 : memory.word(a[2]);
        long size = count == 0 ? 0 : memory.word(a[2] + word);
        long number = a[0] & 0xFFFF;
        if (domain.isSelf(number)) {
            throw Errno.EPERM.failure();
        }
        XenDomain about = domain.find(number).orElseThrow(Errno.ESRCH::failure);
        HardwareDomain hvm = about.hardware().orElseThrow(Errno.EINVAL::failure);
        if (!domain.isPrivileged()) {
            throw Errno.EPERM.failure();
        }
        int operation = begin(memory, at, size);
        perform(hvm, memory, operation, at + UNION);
        return 0;
    }

    /** Checks what all operations have in common. */
    private static int begin(GuestMemory memory, long at, long size) {
        if (Long.compareUnsigned(size, UNION) < 0) {
            throw Errno.EFAULT.failure();
        }
        int operation = (int) memory.read(at, 4);
        long padding = memory.read(at + 4, 4);
        if (Integer.compareUnsigned(operation, SIZES.length) >= 0) {
            throw Errno.EOPNOTSUPP.failure();
        }
        if (Long.compareUnsigned(size, UNION + SIZES[operation]) < 0) {
            throw Errno.EFAULT.failure();
        }
        for (int i = 0; i < SIZES[operation]; i++) {
            memory.read(at + UNION + i, 1);
        }
        if (padding != 0) {
            throw Errno.EINVAL.failure();
        }
        return operation;
    }

    private static void perform(HardwareDomain hvm, GuestMemory memory, int operation, long at) {
        IoreqServers servers = hvm.servers();
        // spotless:off
        switch (operation) {
            case 1  -> create(servers, memory, at);
            case 2  -> information(servers, memory, at);
            case 3  -> servers.map(range(memory, at), memory.read(at + 4, 4), memory.read(at + 8, 8), memory.read(at + 16, 8));
            case 4  -> servers.unmap(range(memory, at), memory.read(at + 4, 4), memory.read(at + 8, 8), memory.read(at + 16, 8));
            case 5  -> enable(servers, memory, at);
            case 6  -> destroy(servers, memory, at);
            case 9  -> isaInterrupt(hvm, (int) memory.read(at, 1), (int) memory.read(at + 1, 1));
            case 16 -> shutdown(hvm, (int) memory.read(at, 4));
            case 20 -> memory.write(at, 4, 1);
            default -> throw Errno.EOPNOTSUPP.failure();
        }
        // spotless:on
    }

    /** handle_bufioreq, pad; gives id. */
    private static void create(IoreqServers servers, GuestMemory memory, long at) {
        if (memory.read(at + 1, 3) != 0) {
            throw Errno.EINVAL.failure();
        }
        memory.write(at + 4, 2, servers.create((int) memory.read(at, 1)));
    }

    /** id, flags; gives bufioreq_port. That the guest's own frames hold the pages, no toolstack has prepared here. */
    private static void information(IoreqServers servers, GuestMemory memory, long at) {
        long flags = memory.read(at + 2, 2);
        if ((flags & ~NO_FRAMES_OF_GUEST) != 0) {
            throw Errno.EINVAL.failure();
        }
        int port = servers.bufferedPort(memory.read(at, 2));
        if ((flags & NO_FRAMES_OF_GUEST) == 0) {
            throw Errno.ENOMEM.failure();
        }
        if (port != 0) {
            memory.write(at + 4, 4, port);
        }
    }

    /** Of struct xen_dm_op_ioreq_server_range the id, where pad is zero. */
    private static long range(GuestMemory memory, long at) {
        if (memory.read(at + 2, 2) != 0) {
            throw Errno.EINVAL.failure();
        }
        return memory.read(at, 2);
    }

    /** id, enabled, pad. */
    private static void enable(IoreqServers servers, GuestMemory memory, long at) {
        if (memory.read(at + 3, 1) != 0) {
            throw Errno.EINVAL.failure();
        }
        servers.enable(memory.read(at, 2), memory.read(at + 2, 1) != 0);
    }

    /** id, pad. */
    private static void destroy(IoreqServers servers, GuestMemory memory, long at) {
        if (memory.read(at + 2, 2) != 0) {
            throw Errno.EINVAL.failure();
        }
        servers.destroy(memory.read(at, 2));
    }

    private static void isaInterrupt(HardwareDomain hvm, int irq, int level) {
        if (irq >= ISA_LINES || level > 1) {
            throw Errno.EINVAL.failure();
        }
        hvm.isaInterrupt(irq, level == 1);
    }

    private static void shutdown(HardwareDomain domain, int reason) {
        domain.vcpu().crashed = reason == SHUTDOWN_CRASH;
        domain.shutdown();
    }
}
