package ringside.probe;

/** Watches a run. What it is told never changes the run. */
@FunctionalInterface
public interface Probe {
    Probe NONE = event -> {};

    void event(Event event);
}
