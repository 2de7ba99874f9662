package ringside.monitor.paravirtual;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.StepCache;
import ringside.machine.Machine;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/**
 * The domains of a machine, and which of them has its processor (Xen, common/sched). A domain runs until it waits or lets others go first, or
 * until another is ready and its slice is over; then the next one that is ready goes on.
 */
final class Domains {
    /** The shortest slice that Xen's credit scheduler can be told: a millisecond (public header sysctl.h, XEN_SYSCTL_CSCHED_TSLICE_MIN). */
    static final long SLICE = 1_000_000;

    private final Machine machine;
    private final Cpu cpu;
    private final StepCache code;
    private final Probe probe;
    private final FrameTable frames;
    private final List<XenDomain> all = new ArrayList<>();
    private final List<Domain> atRings = new ArrayList<>();
    private Optional<ConsoleEnd> console = Optional.empty();
    private int expected = -1;
    private int current;

    /** Since when the domain has the processor, and whether it goes on in it only now, so that Xen gives it its events. */
    private long since;

    private boolean entered;

    /** @param frames of the whole machine */
    Domains(Machine machine, Cpu cpu, StepCache code, FrameTable frames, Probe probe) {
        this.machine = machine;
        this.cpu = cpu;
        this.code = code;
        this.probe = probe;
        this.frames = frames;
    }

    Machine machine() {
        return machine;
    }

    Cpu cpu() {
        return cpu;
    }

    StepCache code() {
        return code;
    }

    /** Of the whole machine. */
    FrameTable frames() {
        return frames;
    }

    /** A new domain gets the processor, so that its builder can set the registers. */
    Domain add(int id, Domain.Place place, Abi abi) {
        Domain domain = new Domain(id, place, this, abi);
        add(domain);
        atRings.add(domain);
        List<XenSpace> spaces = atRings.stream().map(Domain::space).toList();
        spaces.forEach(space -> space.copies(spaces));
        return domain;
    }

    /** A domain that is made joins the others, and gets the processor. */
    void add(XenDomain domain) {
        if (!all.isEmpty()) {
            current().leave();
        }
        current = all.size();
        all.add(domain);
    }

    /** The domain that has the processor. */
    XenDomain current() {
        return all.get(current);
    }

    List<XenDomain> all() {
        return List.copyOf(all);
    }

    /** Those whose kernels run at a ring of the processor's. */
    List<Domain> atRings() {
        return List.copyOf(atRings);
    }

    boolean areSeveral() {
        return all.size() > 1;
    }

    /** There will be a domain of this number, though it is not built yet. */
    void expects(int id) {
        expected = id;
    }

    boolean isExpected(int id) {
        return expected == id;
    }

    /** Who takes what is typed. */
    void console(ConsoleEnd end) {
        console = Optional.of(end);
    }

    ConsoleEnd console() {
        return console.orElseThrow();
    }

    /** The domain at a ring of a number; any may be asked for. */
    Optional<Domain> find(long id) {
        return atRings.stream().filter(domain -> domain.id() == id).findFirst();
    }

    // Who runs.

    /** Guest time at which the slice of the domain that runs is over; never where no other is ready. */
    long sliceEnd() {
        return next().isPresent() ? since + SLICE : Long.MAX_VALUE;
    }

    private Optional<XenDomain> next() {
        for (int i = 1; i < all.size(); i++) {
            XenDomain domain = all.get((current + i) % all.size());
            if (domain.isRunning()) {
                return Optional.of(domain);
            }
        }
        return Optional.empty();
    }

    /**
     * Who goes on; false where nobody can.
     *
     * @param at RIP of the instruction at which the domain that has the processor has left
     */
    boolean schedule(long at) {
        XenDomain now = current();
        boolean over = now.vcpu().yields || machine.clock().now() >= since + SLICE;
        now.vcpu().yields = false;
        if (now.isRunning() && !over) {
            return true;
        }
        next().ifPresent(next -> switchTo(next, at));
        return current().isRunning();
    }

    private void switchTo(XenDomain next, long at) {
        current().leave();
        // Whoever watches sees that instruction; the registers are the next domain's in a moment.
        cpu.registers.rip(at);
        probe.event(new Event.Exit("xen-schedule", "CONTEXT_SWITCH", next.id(), 0, 0, "xen", 0));
        probe.step(Deed.SWITCH_DOMAIN, "xen", next.id());
        current = all.indexOf(next);
        next.enter();
        since = machine.clock().now();
        entered = true;
    }

    /** Did the domain get the processor since this was asked last? */
    boolean takeEntered() {
        boolean was = entered;
        entered = false;
        return was;
    }

    /** Who runs since when, the frames, and all domains. */
    record State(int current, long since, boolean entered, FrameTable.State frames, List<XenDomain.State> domains) {
        State {
            domains = List.copyOf(domains);
        }
    }

    State save() {
        return new State(
                current,
                since,
                entered,
                frames.save(),
                all.stream().map(XenDomain::save).toList());
    }

    void restore(State state) {
        current = state.current;
        since = state.since;
        entered = state.entered;
        frames.restore(state.frames);
        for (int i = 0; i < all.size(); i++) {
            all.get(i).restore(state.domains.get(i));
        }
    }
}
