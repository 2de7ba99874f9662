package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** Makes of a learner's command the errand that looks for a place in the run, forwards or backwards. */
final class Travels {
    private final Lab lab;
    private final Lockstep lockstep;
    private final Function<Column, List<Quarry>> stops;
    private final boolean watched;

    /**
     * @param stops what stops every search, by column
     * @param watched whether there is any such
     */
    Travels(Lab lab, Function<Column, List<Quarry>> stops, boolean watched) {
        this.lab = lab;
        this.lockstep = lab.lockstep();
        this.stops = stops;
        this.watched = watched;
    }

    /** On to the end, or to what stops it. */
    Errand run() {
        return watched
                ? new Search(lockstep, lookouts(column -> List.of(), false), Optional.empty())
                : new Onward(lockstep, Onward.Goal.END, Long.MAX_VALUE);
    }

    /** Back to what stops it, or to the start. */
    Errand runBack() {
        return watched ? back(lookouts(column -> List.of(), false), 0, Optional.empty()) : WayBack.to(lockstep, 0);
    }

    /** At most so many units of guest time. */
    Errand stretch(long units, boolean back) {
        var lookouts = lookouts(column -> List.of(), false);
        return back
                ? back(lookouts, lockstep.time() - units, Optional.empty())
                : new Search(lockstep, lookouts, units, Optional.empty(), Optional.empty());
    }

    /** To what stops it, within so many units of guest time. */
    Errand toStop(long units, boolean back, Sentence nothing) {
        var lookouts = lookouts(column -> List.of(), false);
        return back
                ? back(lookouts, lockstep.time() - units, Optional.of(nothing))
                : new Search(lockstep, lookouts, units, Optional.of(nothing), Optional.of(nothing));
    }

    Errand next(Aim aim) {
        if (!watched && aim == Aim.EXIT) {
            return new Onward(lockstep, Onward.Goal.EXIT, Long.MAX_VALUE);
        }
        if (!watched && aim == Aim.DIFFERENCE) {
            return new Onward(lockstep, Onward.Goal.DIFFERENCE, Long.MAX_VALUE);
        }
        return new Search(lockstep, lookouts(aim), Optional.of(Sentence.of("notice.nonext", Sentence.of(key(aim)))));
    }

    Errand previous(Aim aim) {
        return back(lookouts(aim), 0, Optional.of(Sentence.of("notice.noprevious", Sentence.of(key(aim)))));
    }

    private static String key(Aim aim) {
        return "aim." + aim.text();
    }

    private Lookouts lookouts(Aim aim) {
        return lookouts(column -> List.of(aim.in(column)), aim == Aim.DIFFERENCE);
    }

    Errand over(boolean back) {
        if (!back) {
            return new Search(lockstep, lookouts(ofLead(new Over()), false), Optional.empty());
        }
        return lockstep.ended() || lockstep.time() == 0
                ? WayBack.byOne(lockstep)
                : trail(Trail.Wanted.OVER, Sentence.of("notice.nocall"));
    }

    Errand out(boolean back) {
        return back
                ? trail(Trail.Wanted.OUT, Sentence.of("notice.nocaller"))
                : new Search(lockstep, lookouts(ofLead(new Out()), false), Optional.of(Sentence.of("notice.noreturn")));
    }

    private Errand trail(Trail.Wanted wanted, Sentence nothing) {
        var lead = lead();
        var trail = new Trail(wanted, lead.timeline().monitor().domain());
        var lookouts = lookouts(column -> List.of(), false);
        lookouts.of(lead).follow(trail);
        return new SearchBack(lockstep, lookouts, Optional.of(trail), 0, Optional.of(nothing));
    }

    /** The column whose calls and returns count: the first one that stands at the present time. */
    private Column lead() {
        return lockstep.columns().stream()
                .filter(column -> column.time() == lockstep.time())
                .findFirst()
                .orElseThrow();
    }

    private Function<Column, List<Quarry>> ofLead(Quarry quarry) {
        var lead = lead();
        return column -> column == lead ? List.of(quarry) : List.of();
    }

    /** To a place in the code; empty where nobody knows it. */
    Optional<Errand> to(Command.RunTo wanted) {
        var sentence = Sentence.of(wanted.line() ? "met.line" : "met.address", wanted.place());
        List<Long> known = new ArrayList<>();
        Function<Column, List<Quarry>> places = column -> {
            var address = wanted.line() ? ofLine(column, wanted.place()) : lab.addressOf(wanted.place());
            address.ifPresent(known::add);
            return address.isEmpty()
                    ? List.of()
                    : List.of(new Standing(
                            column.timeline().monitor().domain(), new long[] {address.getAsLong()}, sentence));
        };
        var lookouts = lookouts(places, false);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        var nothing = Optional.of(Sentence.of("notice.notthere", wanted.place()));
        return Optional.of(wanted.back() ? back(lookouts, 0, nothing) : new Search(lockstep, lookouts, nothing));
    }

    private static OptionalLong ofLine(Column column, String number) {
        try {
            var address = column.source().addresses.get(Integer.valueOf(number.trim()));
            return address == null ? OptionalLong.empty() : OptionalLong.of(address);
        } catch (NumberFormatException noNumber) {
            return OptionalLong.empty();
        }
    }

    private Errand back(Lookouts lookouts, long floor, Optional<Sentence> nothing) {
        return new SearchBack(lockstep, lookouts, Optional.empty(), floor, nothing);
    }

    private Lookouts lookouts(Function<Column, List<Quarry>> goals, boolean differences) {
        return new Lookouts(lockstep, differences, column -> {
            List<Quarry> all = new ArrayList<>(stops.apply(column));
            all.addAll(goals.apply(column));
            return all;
        });
    }
}
