package ringside.monitor.paravirtual;

import static ringside.monitor.paravirtual.Hypercall.call;

import java.util.List;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;

/** Binding, sending and closing event channels: Xen's public header event_channel.h. */
final class EventCalls {
    // spotless:off
    static final List<Hypercall> ROWS = List.of(
            call(32, "event_channel_op", EventCalls::operation));
    // spotless:on

    /** VIRQs that each processor has for itself: timer, debug, xenoprof, xenpmu. */
    private static final List<Integer> PER_PROCESSOR = List.of(0, 1, 7, 13);

    /** Those that only a privileged domain may have: console, dom_exc, tbuf, con_ring and others. */
    private static final List<Integer> PRIVILEGED = List.of(2, 3, 4, 6, 8, 9, 10, 11, 12);

    private static final int MOST_VIRQS = 24;

    /** VIRQ_DOM_EXC: something has happened to a domain. */
    static final int DOMAIN_EXCEPTION = 3;

    private EventCalls() {}

    static long operation(XenDomain domain, long[] a) {
        GuestMemory memory = domain.memory();
        long at = a[1];
        // spotless:off
        switch ((int) a[0]) {
            case 0  -> bindInterdomain(domain, at);
            case 1  -> memory.write(at + 8, 4, bindVirtual(domain, memory.read(at, 4), memory.read(at + 4, 4)));
            case 2  -> throw Errno.EINVAL.failure(); // The domain has no interrupt lines.
            case 3  -> close(domain, memory.read(at, 4));
            case 4  -> send(domain, memory.read(at, 4));
            case 5  -> status(domain, at);
            case 6  -> allocate(domain, at);
            case 7  -> bindProcessor(domain, at);
            case 8  -> moveToProcessor(domain, memory.read(at, 4), memory.read(at + 4, 4));
            case 9  -> unmask(domain, memory.read(at, 4));
            case 10 -> reset(domain, (int) memory.read(at, 2));
            default -> throw Errno.ENOSYS.failure();
        }
        // spotless:on
        return 0;
    }

    /** The open port that is meant; EINVAL where it is none. */
    private static int open(XenDomain domain, long port) {
        if (domain.events().channel(port).kind() == Kind.CLOSED) {
            throw Errno.EINVAL.failure();
        }
        return (int) port;
    }

    /** remote_dom, remote_port; gives local_port. */
    private static void bindInterdomain(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        int number = (int) memory.read(at, 2);
        long remote = memory.read(at + 4, 4);
        XenDomain other = domain.meant(number).orElseThrow(() -> absent(number, Errno.EINVAL));
        Channel channel = other.events().channel(remote);
        if (channel.kind() != Kind.UNBOUND || channel.domain() != domain.id()) {
            throw Errno.EINVAL.failure();
        }
        int local = domain.events().bind(new Channel(Kind.INTERDOMAIN, other.id(), (int) remote));
        other.events().set((int) remote, channel.bound(domain.id(), local));
        memory.write(at + 8, 4, local);
        domain.raise(local); // Something may have been sent before.
    }

    /** A domain that there is not; there is a domain 0 always, though it may be no guest. */
    private static Errno.Failure absent(int number, Errno ofDomain0) {
        return (number == Domain.ZERO ? ofDomain0 : Errno.ESRCH).failure();
    }

    private static int bindVirtual(XenDomain domain, long interrupt, long processor) {
        if (interrupt >= MOST_VIRQS || !PER_PROCESSOR.contains((int) interrupt) && processor != 0) {
            throw Errno.EINVAL.failure();
        }
        if (processor != 0) {
            throw Errno.ENOENT.failure();
        }
        if (PRIVILEGED.contains((int) interrupt) && !domain.isPrivileged()) {
            throw Errno.EPERM.failure();
        }
        if (domain.events().portOf((int) interrupt) != 0) {
            throw Errno.EEXIST.failure();
        }
        return domain.events().bind(new Channel(Kind.VIRQ, 0, (int) interrupt));
    }

    private static void close(XenDomain domain, long port) {
        free(domain, open(domain, port));
    }

    /** Closes an end that is open, whoever's it is. */
    static void free(XenDomain domain, int port) {
        Channel channel = domain.events().channel(port);
        if (channel.kind() == Kind.INTERDOMAIN) {
            domain.find(channel.domain())
                    .map(XenDomain::events)
                    .ifPresent(other -> other.set(
                            channel.number(), other.channel(channel.number()).unbound(domain.id())));
        }
        domain.events().close(port);
    }

    private static void send(XenDomain domain, long port) {
        Channel channel = domain.events().channel(port);
        switch (channel.kind()) {
            case INTERDOMAIN ->
                domain.find(channel.domain())
                        .ifPresentOrElse(
                                other -> other.raise(channel.number()), () -> domain.notifyOther(channel.number()));
            case IPI -> domain.raise((int) port);
            case UNBOUND -> {} // Nobody is there to be told.
            case CLOSED, PIRQ, VIRQ -> throw Errno.EINVAL.failure();
        }
    }

    /** dom, port; gives status, vcpu, and what it is bound to. */
    private static void status(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        TableCalls.requireSelf(domain, memory.read(at, 2));
        long port = memory.read(at + 4, 4);
        if (!domain.events().exists(port)) {
            throw Errno.EINVAL.failure();
        }
        Channel channel = domain.events().channel(port);
        memory.write(at + 8, 4, channel.kind().ordinal());
        memory.write(at + 12, 4, 0);
        switch (channel.kind()) {
            case UNBOUND -> memory.write(at + 16, 2, channel.domain());
            case INTERDOMAIN -> {
                memory.write(at + 16, 2, channel.domain());
                memory.write(at + 20, 4, channel.number());
            }
            case PIRQ, VIRQ -> memory.write(at + 16, 4, channel.number());
            case CLOSED, IPI -> {}
        }
    }

    /** dom, remote_dom; gives port. */
    private static void allocate(XenDomain domain, long at) {
        GuestMemory memory = domain.memory();
        int number = (int) memory.read(at, 2);
        XenDomain owner = domain.meant(number).orElseThrow(() -> absent(number, Errno.EPERM));
        if (owner != domain && !domain.isPrivileged()) {
            throw Errno.EPERM.failure();
        }
        int other = (int) memory.read(at + 2, 2);
        int peer = other == Domain.SELF ? domain.id() : other;
        memory.write(at + 4, 4, owner.events().bind(new Channel(Kind.UNBOUND, peer, 0)));
    }

    private static void bindProcessor(XenDomain domain, long at) {
        if (domain.memory().read(at, 4) != 0) {
            throw Errno.ENOENT.failure();
        }
        domain.memory().write(at + 4, 4, domain.events().bind(new Channel(Kind.IPI, 0, 0)));
    }

    /** There is one processor; what belongs to it cannot be moved. */
    private static void moveToProcessor(XenDomain domain, long port, long processor) {
        if (processor != 0) {
            throw Errno.ENOENT.failure();
        }
        switch (domain.events().channel(port).kind()) {
            case UNBOUND, INTERDOMAIN, PIRQ -> {}
            case VIRQ -> {
                if (PER_PROCESSOR.contains(domain.events().channel(port).number())) {
                    throw Errno.EINVAL.failure();
                }
            }
            case CLOSED, IPI -> throw Errno.EINVAL.failure();
        }
    }

    private static void unmask(XenDomain domain, long port) {
        if (!domain.events().exists(port)) {
            throw Errno.EINVAL.failure();
        }
        domain.events().unmask((int) port, domain.vcpu().info);
    }

    private static void reset(XenDomain domain, int whose) {
        TableCalls.requireSelf(domain, whose);
        for (int port = 1; port < domain.events().ports(); port++) {
            if (domain.events().channel(port).kind() != Kind.CLOSED) {
                close(domain, port);
                domain.work(1);
            }
        }
    }
}
