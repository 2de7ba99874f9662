package ringside.session;

import java.util.List;
import java.util.concurrent.Executor;

/**
 * The lab that a server shows to whoever comes in: a guest that runs beside a bare machine, at whichever of its steps is asked for. It
 * belongs to nobody, so that no visit takes the place of a learner's lab.
 */
final class Showcase {
    /** POPF that does nothing, and nobody is told: what virtualizing this processor is about, in some twenty steps. */
    private static final Recipe RECIPE =
            new Recipe(new GuestChoice.Sample("popf-hole"), List.of(Recipe.REFERENCE_MODE, "trap-and-emulate"), 0);

    /** Guest time up to which it is shown, where it does not end before. */
    private static final long LATEST = 64;

    private final Session session;

    Showcase(Guests guests, Executor runners) {
        session = new Session("showcase", RECIPE, guests, runners);
    }

    /**
     * What there is to see at a guest time, run to there.
     *
     * @param time taken as the nearest that is shown
     */
    synchronized Views.Lab at(long time) {
        session.perform(new Command.Seek(Math.max(0, Math.min(time, LATEST))));
        return session.view();
    }

    /** What makes a lab of one's own of it, from a guest time on. */
    Recipe recipe(long time) {
        return new Recipe(RECIPE.guest(), RECIPE.modes(), time);
    }
}
