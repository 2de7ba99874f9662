package ringside.bus;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * All deadlines of a machine's devices. The run loop reads {@link #next()} as its horizon and never asks a device for
 * the time. Deadlines that are due together run in the order of their times, then of their registration, so that a run
 * is a pure function of its inputs.
 */
public final class Schedule {
    private final List<Deadline> deadlines = new ArrayList<>();
    private LongConsumer onNearer = time -> {};
    private long next = Deadline.NEVER;

    /** Registers a deadline that raises no interrupt, neither itself nor by what follows from it. */
    public Deadline deadline(String name, Deadline.Action action) {
        return deadline(name, maskable -> false, action);
    }

    /** Registers a deadline whose interrupt, if there is one, is maskable. */
    public Deadline deadline(String name, BooleanSupplier canInterrupt, Deadline.Action action) {
        return deadline(name, maskable -> maskable && canInterrupt.getAsBoolean(), action);
    }

    /**
     * Registers a deadline.
     *
     * @param name for people
     * @param canInterrupt asked only while the deadline is set: whether it, or one that follows from it, can raise an
     *     interrupt that reaches the processor as the machine is programmed now
     * @param action what to do then
     */
    public Deadline deadline(String name, Deadline.Hearing canInterrupt, Deadline.Action action) {
        return add(new Deadline(this, name, canInterrupt, action, false));
    }

    /**
     * Registers a deadline that follows from the logged inputs, which may have grown since a snapshot was taken: it is no
     * part of the state, and its device sets it again when it is restored.
     */
    public Deadline inputDeadline(String name, Deadline.Hearing canInterrupt, Deadline.Action action) {
        return add(new Deadline(this, name, canInterrupt, action, true));
    }

    /** The same, where the interrupt, if there is one, is maskable. */
    public Deadline inputDeadline(String name, BooleanSupplier canInterrupt, Deadline.Action action) {
        return inputDeadline(name, maskable -> maskable && canInterrupt.getAsBoolean(), action);
    }

    private Deadline add(Deadline deadline) {
        deadlines.add(deadline);
        return deadline;
    }

    /** The earliest deadline, or {@link Deadline#NEVER}. */
    public long next() {
        return next;
    }

    /**
     * Whether any deadline that is set can lead to an interrupt. A halted processor waits if so; otherwise nothing can
     * ever wake it.
     *
     * @param maskable whether the processor takes maskable interrupts; else only NMI and INIT count
     */
    public boolean canInterrupt(boolean maskable) {
        for (Deadline deadline : deadlines) {
            if (deadline.canInterrupt(maskable)) {
                return true;
            }
        }
        return false;
    }

    /** Names the one listener that is told when {@link #next()} has become earlier, so that a running loop stops in time. */
    public void onNearer(LongConsumer listener) {
        onNearer = listener;
    }

    /** Runs everything that is due at the given time, and what becomes due by that. */
    public void fire(long now) {
        while (next <= now) {
            Deadline first = earliest();
            first.run();
            changed();
        }
    }

    private Deadline earliest() {
        for (Deadline deadline : deadlines) {
            if (deadline.time() == next) {
                return deadline;
            }
        }
        throw new IllegalStateException("no deadline at " + next);
    }

    /** A deadline was moved: finds the earliest again. There are few, so a look at each is the simplest way. */
    void changed() {
        long before = next;
        long earliest = Deadline.NEVER;
        for (Deadline deadline : deadlines) {
            earliest = Math.min(earliest, deadline.time());
        }
        next = earliest;
        if (next < before) {
            onNearer.accept(next);
        }
    }

    public State save() {
        return new State(ofState().map(Deadline::time).toList());
    }

    /** Sets every deadline as it was; the machine must have registered the same ones in the same order. */
    public void restore(State state) {
        if (state.times.size() != ofState().count()) {
            throw new IllegalStateException("a snapshot of another machine: " + state.times.size() + " deadlines");
        }
        var times = state.times.iterator();
        ofState().forEach(deadline -> deadline.restore(times.next()));
        changed();
    }

    private Stream<Deadline> ofState() {
        return deadlines.stream().filter(deadline -> !deadline.followsFromInputs());
    }

    /** The times of all deadlines but those of inputs, in the order of their registration; {@link Deadline#NEVER} for those not set. */
    public record State(List<Long> times) {
        public State {
            times = List.copyOf(times);
        }
    }
}
