package ringside.session;

import java.util.List;
import java.util.Optional;

/**
 * Where a guest sees something else in one mode than in another, for the first time; looked for from the start of both runs.
 *
 * @param modes two of a lab's
 * @param ports they run ports, with other code, and are aligned by milestones
 * @param looked guest time up to which the first of them was run to find it
 * @param divergence empty where they agree up to there
 */
public record Parting(List<String> modes, boolean ports, long looked, Optional<Alignment.Divergence> divergence) {
    /** Steps after which the search is given up. */
    static final long LIMIT = 50_000_000;

    public Parting {
        modes = List.copyOf(modes);
    }
}
