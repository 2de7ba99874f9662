package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;

/** What domain 0 may ask about other domains: Xen's public header domctl.h. */
final class DomainCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(call(36, "domctl", DomainCalls::control));
    // spotless:on

    /** XEN_DOMCTL_INTERFACE_VERSION of Xen 4.19 and 4.20. */
    private static final int VERSION = 0x17;

    /** Of struct xen_domctl: command, version, domain; what is particular to the command begins here. */
    private static final int UNION = 16;

    // Flags of struct xen_domctl_getdomaininfo.
    private static final int DYING = 1;
    private static final int HVM = 1 << 1;
    private static final int SHUT_DOWN = 1 << 2;
    private static final int PAUSED = 1 << 3;
    private static final int BLOCKED = 1 << 4;
    private static final int RUNNING = 1 << 5;
    private static final int CRASH = 3 << 16;

    private DomainCalls() {}

    private static long control(Domain domain, long[] a) {
        if (!domain.isPrivileged()) {
            throw Errno.EPERM.failure();
        }
        GuestMemory memory = domain.memory();
        int command = (int) memory.read(a[0], 4);
        if ((int) memory.read(a[0] + 4, 4) != VERSION) {
            throw Errno.EACCES.failure();
        }
        XenDomain about = domain.find(memory.read(a[0] + 8, 2)).orElseThrow(Errno.ESRCH::failure);
        switch (command) {
            case 2 -> destroy(domain, about);
            case 3 -> pause(domain, about);
            case 4 -> unpause(about);
            case 5 -> information(about, memory, a[0] + UNION);
            default -> throw Errno.ENOSYS.failure();
        }
        return 0;
    }

    /** It ends, and whoever has an end of its event channels waits there for nobody; its number is free when nobody uses a frame of it any longer (Xen, common/domain.c, domain_kill). */
    private static void destroy(Domain caller, XenDomain about) {
        if (about == caller) {
            throw Errno.EINVAL.failure();
        }
        for (int port = 1; port < about.events().ports(); port++) {
            if (about.events().channel(port).kind() != EventChannels.Kind.CLOSED) {
                EventCalls.free(about, port);
            }
        }
        caller.work(about.ownFrames());
        about.vcpu().destroyed = true;
        about.shutdown();
        about.relinquish();
    }

    /** A domain is built paused: its devices and its store come first. */
    private static void unpause(XenDomain about) {
        if (!about.unpause()) {
            throw Errno.EINVAL.failure();
        }
    }

    /** Nobody may pause himself: who should let him go on? */
    private static void pause(Domain caller, XenDomain about) {
        if (about == caller) {
            throw Errno.EINVAL.failure();
        }
        if (!about.pause()) {
            throw Errno.EOVERFLOW.failure();
        }
    }

    /** struct xen_domctl_getdomaininfo. */
    private static void information(XenDomain about, GuestMemory memory, long at) {
        VirtualCpu vcpu = about.vcpu();
        int flags = switch (vcpu.activity) {
            case RUNNING -> RUNNING;
            case BLOCKED, HALTED, POLLING, IN_XEN -> BLOCKED;
            case DOWN -> SHUT_DOWN | (vcpu.crashed ? CRASH : 0);
        };
        if (vcpu.pauses > 0) {
            flags = flags & ~RUNNING | PAUSED;
        }
        flags |= (vcpu.destroyed ? DYING : 0) | (about.hardware().isPresent() ? HVM : 0);
        memory.write(at, 2, about.id());
        memory.write(at + 2, 2, 0);
        memory.write(at + 4, 4, flags);
        memory.write(at + 8, 8, about.ownFrames());
        memory.write(at + 16, 8, about.mostFrames());
        memory.write(at + 24, 8, 0);
        memory.write(at + 32, 8, 0);
        memory.write(at + 40, 8, 0);
        memory.write(at + 48, 8, about.sharedInfo() >>> 12);
        memory.write(at + 56, 8, about.ran());
        memory.write(at + 64, 4, about.isDown() ? 0 : 1);
        memory.write(at + 68, 4, 0);
    }
}
