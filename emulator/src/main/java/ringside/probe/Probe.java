package ringside.probe;

import java.util.function.Supplier;

/** Watches a run. What it is told never changes the run. */
@FunctionalInterface
public interface Probe {
    Probe NONE = event -> {};

    void event(Event event);

    /**
     * Something is done about an exit. Most who watch do not ask so closely, and then nothing is allocated for it.
     *
     * @param who as in events: {@code monitor}, {@code kvm-kernel} …; {@code cpu} where the processor does it by itself
     * @param detail what it concerns, as {@link Deed} says; else 0
     */
    default void step(Deed deed, String who, long detail) {}

    /** The same one, told of each event in which of a machine's domains it happened: the one whose turn it was. */
    default Probe in(Supplier<String> turn) {
        Probe watcher = this;
        return new Probe() {
            @Override
            public void event(Event event) {
                watcher.event(event.in(turn.get()));
            }

            @Override
            public void step(Deed deed, String who, long detail) {
                watcher.step(deed, who, detail);
            }
        };
    }
}
