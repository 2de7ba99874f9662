package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Goes ahead of a run, on a machine of its own, and finds where one of some breakpoints is met. The same guest goes the same way, so the
 * run that follows comes to the same place; what it sends and tells is not disturbed by who looks for the place.
 */
public final class Scout {
    /** More guest time than anybody can wait for. */
    private static final long ENDLESS = Long.MAX_VALUE / 2;

    private static final Sentence NOTHING = Sentence.of("notice.nostop");

    private final Lockstep lockstep;
    private final Errand errand;
    private Optional<Sentence> why = Optional.empty();

    /**
     * @param input what is typed before the run begins
     * @param stops as {@link Stop#text} writes them, numbered from 1
     * @throws BadInput where the guest, its mode or an option cannot be used
     * @throws Refusal where one of the breakpoints cannot be watched
     */
    public Scout(GuestFile file, RunOptions options, byte[] input, List<String> stops) {
        var images = GuestStart.checked(file, options);
        lockstep = new Guests().alone(images, options.mode(), GuestStart.machine(options), Typing.atOnce(input));
        errand = toStop(new Lab(lockstep, new Ports(file, images, options::withMode)), stops, ENDLESS, false);
    }

    /** The errand to the first of these breakpoints that is met, which says why it has stopped, or {@link #NOTHING}. */
    private static Errand toStop(Lab lab, List<String> stops, long most, boolean back) {
        List<Stop> all = new ArrayList<>();
        for (String text : stops) {
            all.add(Itinerary.placed(Stop.read(all.size() + 1, text), lab));
        }
        return new Travels(lab, column -> Watches.of(all, column), true).toStop(most, back, NOTHING);
    }

    /**
     * Goes ahead at least up to a guest time, if nothing is met before.
     *
     * @return the guest time up to which the run may follow: where a breakpoint is met, there
     */
    long ahead(long time) {
        while (!errand.done() && lockstep.time() < time) {
            why = errand.slice(() -> lockstep.time() >= time).filter(said -> !said.equals(NOTHING));
        }
        return why.isPresent() ? lockstep.time() : Long.MAX_VALUE;
    }

    /** Where it has met a breakpoint, why. */
    Optional<Sentence> why() {
        return why;
    }

    /** Has a run that follows come to where a breakpoint is met? */
    boolean isMetAt(long time) {
        return why.isPresent() && time >= lockstep.time();
    }

    /** Goes on, or back, in a lab to the first breakpoint that is met; empty where none is. */
    static Optional<Sentence> go(Lab lab, List<String> stops, boolean back, long most) {
        var errand = toStop(lab, stops, most, back);
        Optional<Sentence> said = Optional.empty();
        while (!errand.done()) {
            said = errand.slice(() -> false);
        }
        lab.settle();
        return said.filter(sentence -> !sentence.equals(NOTHING));
    }
}
