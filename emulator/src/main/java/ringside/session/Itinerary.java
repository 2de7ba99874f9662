package ringside.session;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What a learner has set up for going through a run, and where in it the learner is looking: breakpoints, bookmarks, speed, actions. */
final class Itinerary {
    private final List<Stop> stops;
    private final Map<Integer, Long> hits = new HashMap<>();
    private final List<Bookmark> bookmarks;
    private Pace pace;

    /** It plays, a stretch whenever somebody asks: true backwards. */
    private Optional<Boolean> playing = Optional.empty();

    /** Which action of whoever answered the last exits is looked at, from 1; 0: none. */
    private int action;

    Itinerary(Plans plans) {
        stops = new ArrayList<>(plans.stops());
        bookmarks = new ArrayList<>(plans.bookmarks());
        pace = plans.pace();
    }

    Plans plans() {
        return new Plans(stops, bookmarks, pace);
    }

    List<Stop> stops() {
        return List.copyOf(stops);
    }

    boolean watches() {
        return stops.stream().anyMatch(Stop::enabled);
    }

    Pace pace() {
        return pace;
    }

    Optional<Boolean> playing() {
        return playing;
    }

    void play(boolean back) {
        playing = Optional.of(back);
    }

    /** The lab goes elsewhere, or stays. */
    void rest() {
        playing = Optional.empty();
    }

    void leave() {
        action = 0;
    }

    /** A run has ended and said why: a breakpoint may have been met. */
    void ended(Sentence said) {
        Object number = said.key().startsWith("stop.") ? said.arguments().get(0) : 0;
        if (number instanceof Integer met && met > 0) {
            hits.merge(met, 1L, Long::sum);
        }
        said.arguments().stream()
                .filter(Sentence.class::isInstance)
                .map(Sentence.class::cast)
                .forEach(this::ended);
    }

    /**
     * Does what changes nothing about the machine.
     *
     * @return whether it was such a command
     * @throws Refusal where it cannot be done
     */
    boolean perform(Command command, Lab lab) {
        if (command instanceof Command.SetStop set) {
            set(Stop.of(set.number(), set.kind(), set.what(), set.access(), set.condition(), true), lab);
        } else if (command instanceof Command.RemoveStop remove) {
            stops.removeIf(stop -> stop.number() == remove.number());
        } else if (command instanceof Command.SwitchStop change) {
            stops.replaceAll(stop -> stop.number() == change.number() ? stop.switched(change.on()) : stop);
        } else if (command instanceof Command.ToggleStop toggle) {
            var kind = toggle.line() ? Stop.Kind.LINE : Stop.Kind.ADDRESS;
            toggle(new Stop(0, kind, toggle.place(), Stop.Access.ANY, "", true));
        } else if (command instanceof Command.ToggleWatch toggle) {
            toggle(placed(new Stop(0, Stop.Kind.MEMORY, toggle.address(), Stop.Access.ANY, "", true), lab));
        } else if (command instanceof Command.Mark mark) {
            mark(mark.name(), lab.lockstep().time());
        } else if (command instanceof Command.Unmark unmark) {
            bookmarks.removeIf(known -> known.time() == unmark.time());
        } else if (command instanceof Command.SetPace set) {
            pace = set.pace();
        } else if (command instanceof Command.Action wanted) {
            action = Math.max(0, action + (wanted.back() ? -1 : 1));
        } else {
            return false;
        }
        return true;
    }

    private void set(Stop wanted, Lab lab) {
        boolean off = stops.stream().anyMatch(known -> known.number() == wanted.number() && !known.enabled());
        var stop = placed(wanted, lab).switched(!off);
        if (stops.stream().anyMatch(known -> known.number() == stop.number())) {
            stops.replaceAll(known -> known.number() == stop.number() ? stop : known);
            hits.remove(stop.number());
            return;
        }
        add(stop);
    }

    private void add(Stop stop) {
        if (stops.size() == Plans.MOST) {
            throw new Refusal(Sentence.of("refused.many", Plans.MOST));
        }
        int next = stops.stream().mapToInt(Stop::number).max().orElse(0) + 1;
        stops.add(stop.numbered(next));
    }

    /** Registers mean what they hold now; names stay names. */
    static Stop placed(Stop stop, Lab lab) {
        var column = lab.lockstep().columns().get(0);
        return switch (stop.kind()) {
            case ADDRESS -> {
                var address = Watches.address(stop.what(), column);
                if (address.isEmpty()) {
                    throw new Refusal(Sentence.of("refused.stop.address", stop.what()));
                }
                yield column.image().symbols().containsKey(stop.what())
                        ? stop
                        : stop.at(Scene.hex(address.getAsLong()));
            }
            case MEMORY -> {
                var range = Watches.range(stop.what(), column)
                        .orElseThrow(() -> new Refusal(Sentence.of("refused.stop.memory", stop.what())));
                var name = stop.what().replaceFirst("\\+.*", "").trim();
                yield column.image().symbols().containsKey(name)
                        ? stop
                        : stop.at(Scene.hex(range.address()) + (range.length() > 1 ? "+" + range.length() : ""));
            }
            case LINE -> {
                if (Watches.places(stop, column).isEmpty()) {
                    throw new Refusal(Sentence.of("refused.stop.line", stop.what()));
                }
                yield stop;
            }
            case PORT, VALUE, EXIT -> stop;
        };
    }

    private void toggle(Stop stop) {
        if (!stops.removeIf(known -> known.kind() == stop.kind() && known.what().equals(stop.what()))) {
            add(stop);
        }
    }

    private void mark(String name, long time) {
        bookmarks.removeIf(known -> known.time() == time);
        if (bookmarks.size() == Plans.MOST) {
            throw new Refusal(Sentence.of("refused.many", Plans.MOST));
        }
        bookmarks.add(new Bookmark(time, name));
        bookmarks.sort(Comparator.comparingLong(Bookmark::time));
    }

    // What is shown of it.

    Travel view(Lab lab, List<Views.Mode> modes) {
        var columns = lab.lockstep().columns();
        Map<String, Travel.Gutter> gutters = new LinkedHashMap<>();
        columns.forEach(column -> gutters.put(column.letter(), gutter(column)));
        Map<String, Travel.Actions> actions = new LinkedHashMap<>();
        modes.forEach(mode -> actions(mode).ifPresent(known -> actions.put(mode.letter(), known)));
        return new Travel(
                stops.stream()
                        .map(stop -> new Travel.Shown(
                                stop, hits.getOrDefault(stop.number(), 0L), isKnown(stop, columns.get(0))))
                        .toList(),
                bookmarks,
                pace,
                playing.isPresent(),
                columns.get(0).timeline().monitor().machine().clock().steps(),
                gutters,
                actions);
    }

    private static boolean isKnown(Stop stop, Column column) {
        return switch (stop.kind()) {
            case ADDRESS, LINE -> Watches.places(stop, column).isPresent();
            case MEMORY -> Watches.range(stop.what(), column).isPresent();
            case PORT, VALUE, EXIT -> true;
        };
    }

    private Travel.Gutter gutter(Column column) {
        Map<Integer, Boolean> lines = new HashMap<>();
        Map<String, Boolean> addresses = new HashMap<>();
        Map<String, Boolean> bytes = new HashMap<>();
        for (Stop stop : stops) {
            if (stop.kind() == Stop.Kind.LINE || stop.kind() == Stop.Kind.ADDRESS) {
                Watches.places(stop, column).ifPresent(place -> {
                    column.source(place.domain())
                            .lineAt(place.linear())
                            .ifPresent(line -> lines.merge(line, stop.enabled(), Boolean::logicalOr));
                    addresses.merge(Text.address(place.linear()), stop.enabled(), Boolean::logicalOr);
                });
            }
        }
        for (Stop stop : stops) {
            if (stop.kind() == Stop.Kind.MEMORY) {
                Watches.range(stop.what(), column)
                        .ifPresent(range -> LongStream.range(0, Math.min(range.length(), Scene.MEMORY_SIZE))
                                .forEach(i -> bytes.merge(
                                        Text.address(range.address() + i), stop.enabled(), Boolean::logicalOr)));
            }
        }
        return new Travel.Gutter(lines, addresses, bytes);
    }

    /** The actions of whoever answered what happened at the last boundary; nothing where nobody did anything. */
    private Optional<Travel.Actions> actions(Views.Mode mode) {
        List<Views.Left> fresh =
                new ArrayList<>(mode.exits().stream().filter(Views.Left::fresh).toList());
        fresh.sort(Comparator.comparingLong(Views.Left::number));
        var all = fresh.stream()
                .flatMap(left ->
                        left.steps().stream().map(step -> new Travel.Done(left.number(), left.sentence(), step)))
                .toList();
        int at = Math.min(action, all.size());
        return all.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Travel.Actions(at, all.size(), at == 0 ? Optional.empty() : Optional.of(all.get(at - 1))));
    }

    /** No more actions than there are. */
    void bound(Travel shown) {
        action = Math.min(
                action,
                Stream.concat(Stream.of(0), shown.actions().values().stream().map(Travel.Actions::count))
                        .mapToInt(Integer::intValue)
                        .max()
                        .orElse(0));
    }
}
