package ringside.monitor.paravirtual;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import ringside.cpu.Cpu;
import ringside.monitor.Ending;

/** Xen's own processor, on which a domain's kernel and its programs run at their rings. */
final class RingProcessor implements DomainProcessor {
    private final Domain domain;
    private final LongConsumer run;
    private final BooleanSupplier events;

    /**
     * @param run lets the domain run until a guest time, or until it enters Xen
     * @param events gives it an event that it takes now: false where there is none
     */
    RingProcessor(Domain domain, LongConsumer run, BooleanSupplier events) {
        this.domain = domain;
        this.run = run;
        this.events = events;
    }

    @Override
    public void run(long until) {
        run.accept(until);
    }

    @Override
    public boolean givesEvents() {
        return events.getAsBoolean();
    }

    @Override
    public void entered() {
        domain.loadRoot(true);
    }

    @Override
    public void leaving() {
        // All of it is in the registers.
    }

    @Override
    public boolean canWake() {
        return false;
    }

    @Override
    public Optional<Ending> ending() {
        return Optional.empty();
    }

    @Override
    public Cpu real() {
        return domain.cpu();
    }

    @Override
    public Cpu believed() {
        return domain.believedAtRing();
    }
}
