package ringside.lesson;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import ringside.session.Observation;
import ringside.session.Panel;

/** Reads what stands between {@code :::NAME} and {@code :::}. */
final class Directives {
    /** Buttons that a stage can have. */
    static final List<String> CONTROLS =
            List.of("back", "step", "next-exit", "next-difference", "run", "pause", "reset");

    private static final int MOST_OPTIONS = 8;
    private static final Pattern FIELD = Pattern.compile("([a-z]+): *(.*)");
    private static final Pattern OPTION = Pattern.compile("- (.+?) *\\{([^{}]+)}");
    private static final String ITEM = "- ";

    private final String file;
    private final Prosody prosody;
    private final List<Problem> problems;
    private int predictions;

    Directives(String file, Prosody prosody, List<Problem> problems) {
        this.file = file;
        this.prosody = prosody;
        this.problems = problems;
    }

    /**
     * A directive as a part.
     *
     * @param line of its first line; its body begins behind it
     * @throws Malformed where it does not read
     */
    Part read(String name, String argument, List<String> body, int line) {
        return switch (name) {
            case "stage" -> stage(body, line);
            case "prediction" -> prediction(argument, body, line);
            case "reveal" -> {
                if (argument.isEmpty()) {
                    throw new Malformed("a reveal says what it hides: :::reveal TITLE");
                }
                Numbers.stated(argument).ifPresent(what -> {
                    throw new Malformed("'" + what + "' does not belong into a title");
                });
                yield new Part.Reveal(line, argument, prosody.prose(String.join("\n", body), line + 1));
            }
            case "hints" -> hints(body, line);
            case "teacher" -> new Part.Teacher(line, prosody.prose(String.join("\n", body), line + 1));
            case "check" -> new Part.Task(line);
            default ->
                throw new Malformed("there is no directive '" + name
                        + "'; there are stage, prediction, reveal, hints, check, teacher");
        };
    }

    private static Map<String, String> fields(List<String> body, Set<String> known) {
        var fields = new HashMap<String, String>();
        for (String row : body) {
            Matcher field = FIELD.matcher(row.strip());
            if (row.isBlank()) {
                continue;
            }
            if (!field.matches() || !known.contains(field.group(1))) {
                throw new Malformed("'" + row.strip() + "' is none of the fields " + new java.util.TreeSet<>(known));
            }
            fields.put(field.group(1), field.group(2).strip());
        }
        return fields;
    }

    private static Part.Stage stage(List<String> body, int line) {
        var fields = fields(body, Set.of("modes", "views", "start", "controls"));
        List<Setting> settings =
                list(fields.getOrDefault("modes", "")).map(Setting::read).toList();
        if (settings.isEmpty() || settings.size() > 2) {
            throw new Malformed("a stage has one mode or two (modes: bare, vt-x)");
        }
        if (settings.size() == 2
                && !settings.get(0).options().equals(settings.get(1).options())) {
            throw new Malformed("both modes of a stage run on the same machine");
        }
        List<String> views =
                list(fields.getOrDefault("views", "code, state, exits")).toList();
        views.stream().filter(view -> Panel.named(view).isEmpty()).findFirst().ifPresent(view -> {
            throw new Malformed("there is no view '" + view + "'; there are " + String.join(", ", Panel.names()));
        });
        List<String> controls = list(fields.getOrDefault("controls", "back, step, next-exit, run, pause, reset"))
                .toList();
        controls.stream().filter(one -> !CONTROLS.contains(one)).findFirst().ifPresent(one -> {
            throw new Malformed("there is no control '" + one + "'; there are " + String.join(", ", CONTROLS));
        });
        return new Part.Stage(line, settings, views, fields.getOrDefault("start", Observation.START), controls);
    }

    /** With commas between, but not those inside of parentheses. */
    private static Stream<String> list(String text) {
        return Stream.of(text.split(",(?![^(]*\\))")).map(String::strip).filter(one -> !one.isEmpty());
    }

    private Part.Prediction prediction(String argument, List<String> body, int line) {
        Part.Sort sort = Stream.of(Part.Sort.values())
                .filter(one -> one.text().equals(argument))
                .findFirst()
                .orElseThrow(() -> new Malformed("a prediction is a choice, a number, a register or an order"));
        var question = new ArrayList<String>();
        var options = new ArrayList<Part.Option>();
        Optional<Fact> answer = Optional.empty();
        Optional<Setting> setting = Optional.empty();
        for (int i = 0; i < body.size(); i++) {
            String row = body.get(i).strip();
            if (row.startsWith(ITEM)) {
                options.add(option(sort, row, line + 1 + i));
            } else if (row.startsWith("answer:")) {
                answer = Optional.of(Fact.read(row.substring("answer:".length())));
            } else if (row.startsWith("run:")) {
                setting = Optional.of(Setting.read(row.substring("run:".length())));
            } else if (!row.isEmpty()) {
                question.add(row);
            }
        }
        check(sort, question, options, answer, setting);
        return new Part.Prediction(
                line,
                ++predictions,
                sort,
                prosody.inline(String.join(" ", question), line + 1),
                options,
                answer,
                setting);
    }

    private static void check(
            Part.Sort sort,
            List<String> question,
            List<Part.Option> options,
            Optional<Fact> answer,
            Optional<Setting> setting) {
        boolean listed = sort == Part.Sort.CHOICE || sort == Part.Sort.ORDER;
        if (question.isEmpty()) {
            throw new Malformed("a prediction begins with its question");
        }
        if (listed && (options.size() < 2 || options.size() > MOST_OPTIONS)) {
            throw new Malformed(
                    "there are 2 to " + MOST_OPTIONS + " things to choose from or to order, not " + options.size());
        }
        if (!listed && (answer.isEmpty() || answer.get().isWhole())) {
            throw new Malformed("what is measured is written answer: MODE: MEASURE, without a value");
        }
        if (sort == Part.Sort.ORDER && setting.isEmpty()) {
            throw new Malformed("the run whose order is asked for is written run: MODE");
        }
    }

    private Part.Option option(Part.Sort sort, String row, int line) {
        Matcher option = OPTION.matcher(row);
        if (!option.matches()) {
            throw new Malformed(
                    "'" + row + "' lacks what it means: - TEXT {MODE: MEASURE = VALUE} or - TEXT {at:MILESTONE}");
        }
        if (sort == Part.Sort.ORDER) {
            var happening = Happening.read(option.group(2).strip());
            return new Part.Option(prosody.inline(option.group(1), line).html(), List.of(), Optional.of(happening));
        }
        return prosody.option(option.group(1), option.group(2), line);
    }

    private Part.Hints hints(List<String> body, int line) {
        var rungs = new ArrayList<Part.Prose>();
        for (int i = 0; i < body.size(); i++) {
            String row = body.get(i).strip();
            if (row.startsWith(ITEM)) {
                rungs.add(prosody.inline(row.substring(ITEM.length()), line + 1 + i));
            } else if (!row.isEmpty()) {
                problems.add(new Problem(file, line + 1 + i, "a hint is one line: - TEXT"));
            }
        }
        if (rungs.isEmpty()) {
            throw new Malformed("there is no hint");
        }
        return new Part.Hints(line, rungs);
    }
}
