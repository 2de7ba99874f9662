package ringside.probe;

/**
 * Somebody who does something about exits, and tells who watches of each step as it is done.
 *
 * @param name as in events: {@code monitor}, {@code kvm-kernel} …
 */
public record Actor(Probe probe, String name) {
    /** The processor itself. */
    public static Actor processor(Probe probe) {
        return new Actor(probe, "cpu");
    }

    public void does(Deed deed) {
        probe.step(deed, name, 0);
    }

    /** @param detail what it concerns, as {@link Deed} says */
    public void does(Deed deed, long detail) {
        probe.step(deed, name, detail);
    }
}
