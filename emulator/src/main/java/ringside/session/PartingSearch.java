package ringside.session;

import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Runs a guest anew in two modes, finds where it first sees a difference, and brings the lab there. */
final class PartingSearch implements Errand {
    private final Lockstep lockstep;
    private final List<String> modes;
    private final ModeComparison comparison;
    private final Consumer<Parting> found;
    private Optional<Errand> way = Optional.empty();
    private Optional<Sentence> said = Optional.empty();
    private boolean over;
    private boolean done;

    /** @param found told what came of it */
    PartingSearch(Lockstep lockstep, List<String> modes, ModeComparison comparison, Consumer<Parting> found) {
        this.lockstep = lockstep;
        this.modes = List.copyOf(modes);
        this.comparison = comparison;
        this.found = found;
    }

    @Override
    public boolean done() {
        return done;
    }

    @Override
    public Optional<Sentence> slice(BooleanSupplier enough) {
        if (way.isEmpty()) {
            if (!comparison.look(Parting.LIMIT, enough)) {
                return Optional.empty();
            }
            tell();
        }
        if (way.isPresent()) {
            way.get().slice(enough);
            if (!way.get().done()) {
                return Optional.empty();
            }
            if (over) {
                lockstep.forward();
            }
        }
        done = true;
        return said;
    }

    private void tell() {
        var parting = comparison.parting();
        long looked = comparison.time();
        found.accept(new Parting(modes, comparison.isOfPorts(), looked, parting));
        var first = Sentence.of("mode." + modes.get(0));
        var second = Sentence.of("mode." + modes.get(1));
        said = Optional.of(parting.map(there -> Sentence.of("notice.parting", first, second, there.time()))
                .orElseGet(() -> Sentence.of("notice.noparting", first, second, looked)));
        // It is seen behind the instruction; ports are told from the milestone on.
        over = parting.isPresent()
                && !comparison.isOfPorts()
                && !parting.get().text().isEmpty();
        way = parting.map(there -> there.time() <= lockstep.time()
                ? WayBack.to(lockstep, there.time())
                : new Onward(lockstep, Onward.Goal.TIME, there.time()));
    }

    @Override
    public Optional<Sentence> giveUp() {
        return way.map(Errand::giveUp).orElseGet(() -> Optional.of(Sentence.of("notice.parting.givenup")));
    }

    @Override
    public Optional<Sentence> progress() {
        return way.isPresent()
                ? Optional.empty()
                : Optional.of(Sentence.of("notice.parting.looking", comparison.time()));
    }

    @Override
    public long memory() {
        return comparison.memory() + way.map(Errand::memory).orElse(0L);
    }

    @Override
    public boolean isOnward() {
        return false;
    }
}
