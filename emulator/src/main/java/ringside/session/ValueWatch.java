package ringside.session;

import java.util.Optional;

/** A register that changes, or an expression that becomes true. */
final class ValueWatch implements Quarry {
    private final Stop stop;
    private final Expression expression;
    private long last;

    ValueWatch(Stop stop) {
        this.stop = stop;
        this.expression = Expression.read(stop.what());
    }

    @Override
    public void arm(Lookout here) {
        last = expression.value(here.cpu());
    }

    @Override
    public Optional<Sentence> met(Lookout crossed) {
        long old = last;
        last = expression.value(crossed.cpu());
        if (expression.isPlain()) {
            return last == old
                    ? Optional.empty()
                    : Optional.of(Sentence.of(
                            "stop.register", stop.number(), expression.text(), Scene.hex(old), Scene.hex(last)));
        }
        return last != 0 && old == 0
                ? Optional.of(Sentence.of("stop.value", stop.number(), expression.text()))
                : Optional.empty();
    }
}
