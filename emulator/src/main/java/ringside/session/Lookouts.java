package ringside.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** One {@link Lookout} a column, posted while a search moves them all. While none is posted, watching costs nothing. */
final class Lookouts {
    private final Lockstep lockstep;
    private final boolean differences;
    private final Map<Column, Lookout> all = new HashMap<>();

    /** @param differences a difference from a bare machine, in any column, is looked for too */
    Lookouts(Lockstep lockstep, boolean differences, Function<Column, List<Quarry>> quarries) {
        this.lockstep = lockstep;
        this.differences = differences;
        lockstep.columns().forEach(column -> all.put(column, new Lookout(column, quarries.apply(column))));
    }

    /** The columns tell from now on of every boundary. */
    void post() {
        all.values().forEach(Lookout::post);
    }

    void leave() {
        all.values().forEach(Lookout::leave);
    }

    void arm() {
        all.values().forEach(Lookout::arm);
    }

    /** Goes over stretches in which nothing that is looked for can be met; empty where it may be met anywhere. */
    Optional<Skim> skim() {
        Map<Column, long[]> places = new HashMap<>();
        for (Lookout lookout : all.values()) {
            lookout.places().ifPresent(there -> places.put(lookout.column(), there));
        }
        return differences || places.size() < all.size() ? Optional.empty() : Optional.of(new Skim(lockstep, places));
    }

    /** Is the place where the columns stand looked for, however they came there? */
    Optional<Sentence> ask() {
        all.values().forEach(Lookout::ask);
        return reason();
    }

    Lookout of(Column column) {
        return java.util.Objects.requireNonNull(all.get(column));
    }

    /** All columns over a boundary. */
    Optional<Sentence> forward() {
        boolean differed = differences && lockstep.differs();
        lockstep.forward();
        var said = reason();
        return said.isEmpty() && differences && !differed && lockstep.differs()
                ? Optional.of(Sentence.of("met.difference"))
                : said;
    }

    /** Where there are several columns, it is said which of them. */
    private Optional<Sentence> reason() {
        Optional<Sentence> first = Optional.empty();
        for (Column column : lockstep.columns()) {
            var said = of(column).reason();
            if (said.isPresent() && first.isEmpty()) {
                first = lockstep.columns().size() == 1
                        ? said
                        : Optional.of(Sentence.of("met.in", Sentence.of("mode." + column.mode()), said.get()));
            }
        }
        return first;
    }
}
