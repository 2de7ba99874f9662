package ringside.session;

import java.util.Optional;

/** Something that can be met only at boundaries of which something was told: exits, exceptions, interrupts. */
record Told(Quarry inner) implements Quarry {
    @Override
    public Optional<long[]> places() {
        return Optional.of(new long[0]);
    }

    @Override
    public Optional<Sentence> met(Lookout crossed) {
        return inner.met(crossed);
    }
}
