package ringside.lesson;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import ringside.session.Observation;

/**
 * Something that may happen in a run, as texts name it: {@code exit:CPUID}, {@code fault:PAGE_FAULT}, {@code interrupt:TIMER},
 * {@code run:POPFD} or {@code at:MILESTONE}.
 */
record Happening(String sort, String name) {
    private static final Pattern TEXT = Pattern.compile("(exit|fault|interrupt|run|at):([A-Za-z][\\w-]*)");

    /** @throws Malformed where it does not read */
    static Happening read(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new Malformed("'" + text
                    + "' is no event; there are exit:REASON, fault:REASON, interrupt:REASON, run:NAME, at:MILESTONE");
        }
        return new Happening(matcher.group(1), matcher.group(2));
    }

    String text() {
        return sort + ":" + name;
    }

    /** When it happened for the first time. */
    Optional<Long> order(Observation run) {
        return switch (sort) {
            case "run" -> Optional.ofNullable(run.performed().get(name)).map(Observation.Tally::first);
            case "at" -> run.place(name).map(Observation.Place::order);
            default -> {
                var kind = Observation.Kind.valueOf(sort.toUpperCase(Locale.ROOT));
                yield run.moments().stream()
                        .filter(moment ->
                                moment.kind() == kind && moment.reason().equals(name))
                        .findFirst()
                        .map(Observation.Moment::order);
            }
        };
    }
}
