package ringside.lesson;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import ringside.session.Observation;
import ringside.session.Observation.Kind;
import ringside.session.Observation.Moment;
import ringside.session.Sentence;
import ringside.session.Summary;

/** Something that can be measured of a run. Each reads from a few words, measures, and says in a sentence what it is. */
sealed interface Measure {
    /** Empty where the run did not come to what is asked about. */
    Optional<Value> of(Observation run);

    /** What is measured, in words. */
    Sentence sentence();

    Pattern COUNT = Pattern.compile(
            "(exits|faults|interrupts)(?: ([A-Z][A-Za-z0-9_]*|[a-z]+_[a-z_]+))?(?: by ([a-z][a-z0-9-]*))?"
                    + "(?: between ([a-z][\\w-]*) and ([a-z][\\w-]*))?");
    Pattern STATE = Pattern.compile("(?:(believed|real)\\.)?([a-z][a-z0-9.]*) at ([a-z][\\w-]*)");
    Pattern PERFORMED = Pattern.compile("performed ([A-Z][A-Z0-9]*)");
    Pattern BEFORE = Pattern.compile("(\\S+) before (\\S+)");

    /** Where a run ends. */
    String END = "end";

    /** @throws Malformed where it does not read */
    static Measure read(String text) {
        Matcher count = COUNT.matcher(text);
        if (count.matches()) {
            return new Count(
                    Kind.valueOf(count.group(1).toUpperCase(Locale.ROOT).replaceFirst("S$", "")),
                    said(count, 2),
                    said(count, 3),
                    said(count, 4),
                    said(count, 5));
        }
        Matcher performed = PERFORMED.matcher(text);
        if (performed.matches()) {
            return new Performed(performed.group(1));
        }
        Matcher state = STATE.matcher(text);
        if (state.matches()) {
            return new State("real".equals(state.group(1)), state.group(2), state.group(3));
        }
        Matcher before = BEFORE.matcher(text);
        if (before.matches()) {
            return new Before(Happening.read(before.group(1)), Happening.read(before.group(2)));
        }
        return Whole.named(text)
                .orElseThrow(
                        () -> new Malformed("'" + text + "' is nothing that can be measured; see docs/lessons.md"));
    }

    private static String said(Matcher matcher, int group) {
        return Optional.ofNullable(matcher.group(group)).orElse("");
    }

    /**
     * How often the guest was left or received something.
     *
     * @param reason empty: any
     * @param by who answered; empty: anybody
     * @param from a milestone; empty: from the start, to the end
     */
    record Count(Kind kind, String reason, String by, String from, String to) implements Measure {
        @Override
        public Optional<Value> of(Observation run) {
            if (from.isEmpty()) {
                return Optional.of(Value.of(whole(run)));
            }
            Optional<Long> first = order(run, from);
            Optional<Long> last = order(run, to);
            if (first.isEmpty() || last.isEmpty() || run.moments().size() == Observation.MOST_MOMENTS) {
                return Optional.empty();
            }
            return Optional.of(Value.of(run.moments().stream()
                    .filter(moment -> moment.order() > first.get() && moment.order() < last.get())
                    .filter(this::counts)
                    .count()));
        }

        private long whole(Observation run) {
            if (kind != Kind.EXIT) {
                return run.moments().stream().filter(this::counts).count();
            }
            return run.summary().exits().stream()
                    .filter(exit -> !exit.kind().equals("fault") && !exit.kind().equals("interrupt"))
                    .filter(exit -> reason.isEmpty() || exit.reason().equals(reason))
                    .filter(exit -> by.isEmpty() || exit.answeredBy().equals(by))
                    .mapToLong(Summary.Exits::count)
                    .sum();
        }

        private boolean counts(Moment moment) {
            return moment.kind() == kind
                    && (reason.isEmpty() || moment.reason().equals(reason))
                    && (by.isEmpty() || moment.answeredBy().equals(by));
        }

        private static Optional<Long> order(Observation run, String place) {
            return place.equals(END)
                    ? Optional.of(Long.MAX_VALUE)
                    : run.place(place).map(Observation.Place::order);
        }

        @Override
        public Sentence sentence() {
            Object what = reason.isEmpty() ? "" : " " + reason;
            Object whose = by.isEmpty() ? "" : " (" + by + ")";
            Sentence where = from.isEmpty()
                    ? Sentence.of("lesson.measure.everywhere")
                    : Sentence.of("lesson.measure.between", from, to);
            return switch (kind) {
                case EXIT -> Sentence.of("lesson.measure.exits", what, whose, where);
                case FAULT -> Sentence.of("lesson.measure.faults", what, whose, where);
                case INTERRUPT -> Sentence.of("lesson.measure.interrupts", what, whose, where);
            };
        }
    }

    /** How often the guest completed an instruction of that name. */
    record Performed(String name) implements Measure {
        @Override
        public Optional<Value> of(Observation run) {
            return Optional.of(Value.of(Optional.ofNullable(run.performed().get(name))
                    .map(Observation.Tally::count)
                    .orElse(0L)));
        }

        @Override
        public Sentence sentence() {
            return Sentence.of("lesson.measure.performed", name);
        }
    }

    /** A register, a part of one, or a flag, when the guest comes to a milestone for the first time. */
    record State(boolean real, String name, String place) implements Measure {
        private static final Map<String, Integer> FLAGS =
                Map.of("cf", 0, "pf", 2, "zf", 6, "sf", 7, "tf", 8, "if", 9, "df", 10, "of", 11);
        private static final Map<String, String> SHORT = Map.of(
                "eax", "rax", "ebx", "rbx", "ecx", "rcx", "edx", "rdx", "esi", "rsi", "edi", "rdi", "ebp", "rbp", "esp",
                "rsp", "eip", "rip", "eflags", "rflags");

        @Override
        public Optional<Value> of(Observation run) {
            List<Summary.Named> values = place.equals(END)
                    ? real ? run.summary().real() : run.summary().believed()
                    : run.place(place)
                            .map(there -> real ? there.real() : there.believed())
                            .orElse(List.of());
            Integer flag = FLAGS.get(name);
            if (flag != null) {
                return value(values, "rflags").map(flags -> Value.of(flags >> flag & 1));
            }
            if (name.equals("iopl")) {
                return value(values, "rflags").map(flags -> Value.of(flags >> 12 & 3));
            }
            if (name.equals("cpl")) {
                return value(values, "cpl").map(Value::of);
            }
            return value(values, SHORT.getOrDefault(name, name)).map(Value::hexadecimal);
        }

        private static Optional<Long> value(List<Summary.Named> values, String name) {
            return values.stream()
                    .filter(value -> value.name().equals(name))
                    .findFirst()
                    .map(Summary.Named::value);
        }

        @Override
        public Sentence sentence() {
            return Sentence.of(
                    real ? "lesson.measure.real" : "lesson.measure.believed", name.toUpperCase(Locale.ROOT), place);
        }
    }

    /** Whether something happened before something else, each for the first time. */
    record Before(Happening first, Happening second) implements Measure {
        @Override
        public Optional<Value> of(Observation run) {
            Optional<Long> one = first.order(run);
            Optional<Long> two = second.order(run);
            return one.isEmpty() || two.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Value.of(one.get() < two.get() ? "yes" : "no"));
        }

        @Override
        public Sentence sentence() {
            return Sentence.of("lesson.measure.before", first.text(), second.text());
        }
    }

    /** What a summary says of the whole run. */
    enum Whole implements Measure {
        CONSOLE("lesson.measure.console") {
            @Override
            Value value(Summary summary) {
                return Value.of(summary.serial());
            }
        },
        END("lesson.measure.end") {
            @Override
            Value value(Summary summary) {
                return Value.of(summary.end());
            }
        },
        STATUS("lesson.measure.status") {
            @Override
            Value value(Summary summary) {
                return Value.of(summary.status());
            }
        },
        STEPS("lesson.measure.steps") {
            @Override
            Value value(Summary summary) {
                return Value.of(summary.steps());
            }
        },
        TIME("lesson.measure.time") {
            @Override
            Value value(Summary summary) {
                return Value.of(summary.time());
            }
        },
        CYCLES("lesson.measure.cycles") {
            @Override
            Value value(Summary summary) {
                return Value.of(summary.cycles());
            }
        };

        private final String key;

        Whole(String key) {
            this.key = key;
        }

        abstract Value value(Summary summary);

        static Optional<Measure> named(String text) {
            for (Whole whole : values()) {
                if (whole.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return Optional.of(whole);
                }
            }
            return Optional.empty();
        }

        @Override
        public Optional<Value> of(Observation run) {
            return Optional.of(value(run.summary()));
        }

        @Override
        public Sentence sentence() {
            return Sentence.of(key);
        }
    }
}
