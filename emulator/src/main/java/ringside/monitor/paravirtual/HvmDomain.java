package ringside.monitor.paravirtual;

import ringside.bus.InterruptLine;
import ringside.machine.Machine;
import ringside.monitor.paravirtual.EventChannels.Channel;
import ringside.monitor.paravirtual.EventChannels.Kind;
import ringside.monitor.paravirtual.VirtualCpu.Activity;

/**
 * A domain on virtualizing hardware, as Xen's scheduler, its event channels and domain 0 know it: its memory is the machine's first, one frame after the
 * other, and what it asks of devices that Xen has not goes to the ioreq servers that domain 0 makes.
 */
public final class HvmDomain {
    /** What a domain is ended for by Xen, whose device model does what none may (Xen, common/ioreq.c). */
    public enum Breach {
        /** A request was to be sent, and the last one is not taken back: "bad IO state". */
        REQUEST_BUSY(DomainCrash.Cause.REQUEST_BUSY),
        /** The port in the request is another's: "bad event channel". */
        REQUEST_PORT(DomainCrash.Cause.REQUEST_PORT),
        /** The state of a request has gone back, or is none: "weird state". */
        REQUEST_STATE(DomainCrash.Cause.REQUEST_STATE);

        private final DomainCrash.Cause cause;

        Breach(DomainCrash.Cause cause) {
            this.cause = cause;
        }
    }

    private final Domain domain;
    private final Machine machine;
    private final IoreqServers servers;
    private final InterruptLine[] lines = new InterruptLine[16];

    /** @param firstFrame of those for the pages of its ioreq servers */
    HvmDomain(Domain domain, int firstFrame) {
        this.domain = domain;
        machine = domain.machine();
        for (int irq = 0; irq < lines.length; irq++) {
            lines[irq] = irq == 2 ? InterruptLine.NONE : machine.isaInterrupt(irq);
        }
        for (int frame = 0; frame < domain.place().pages(); frame++) {
            domain.frames().give(frame, domain.frames().own());
            domain.space().physical(frame, frame);
        }
        domain.vcpu().info = (long) domain.space().sharedInfo() << 12;
        domain.upcallMask(true); // The guest has not asked for its shared_info.
        servers = new IoreqServers(domain, firstFrame);
        // The toolstack's, for store and console.
        domain.events().bind(new Channel(Kind.UNBOUND, Domain.ZERO, 0));
        domain.events().bind(new Channel(Kind.UNBOUND, Domain.ZERO, 0));
    }

    Domain domain() {
        return domain;
    }

    /** Who is asked for devices that Xen has not. */
    public IoreqServers servers() {
        return servers;
    }

    /** Drives a request line of the domain's interrupt controllers. @param irq 0 to 15 */
    void isaInterrupt(int irq, boolean level) {
        lines[irq].set(level);
    }

    /** Names what runs the domain. */
    public void runsOn(DomainProcessor processor) {
        domain.runsOn(processor);
    }

    /** Its processor has halted: it goes on when an interrupt is pending. */
    public void halts() {
        domain.waitAs(Activity.BLOCKED);
    }

    /** An interrupt is pending. */
    public void interrupted() {
        if (domain.vcpu().activity == Activity.BLOCKED) {
            domain.run();
        }
    }

    /** Has its processor halted, and nothing happened since? */
    public boolean isHalted() {
        return domain.vcpu().activity == Activity.BLOCKED;
    }

    /** Xen waits in it for an answer of domain 0: until an event comes (wait_on_xen_event_channel). */
    public void waitsInXen() {
        domain.waitAs(Activity.IN_XEN);
    }

    /** Its processor has halted for ever. */
    public void stops() {
        domain.shutdown();
    }

    /** Xen ends it. */
    public RuntimeException crash(Breach why) {
        return new DomainCrash(why.cause);
    }
}
