package ringside.session;

import java.util.Optional;

/** Out of the present procedure or handler: behind the return that leads out of it. */
final class Out implements Quarry {
    private String domain = "";
    private int depth;

    @Override
    public void arm(Lookout here) {
        domain = here.domainNow();
        depth = 0;
    }

    @Override
    public Optional<Sentence> met(Lookout crossed) {
        if (crossed.domain.equals(domain)) {
            depth += crossed.depth();
        }
        return depth < 0 ? Optional.of(Sentence.of("met.out")) : Optional.empty();
    }
}
