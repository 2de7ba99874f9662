package ringside.lesson;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import ringside.session.BadInput;
import ringside.session.Observation;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a learner builds, and how it is graded: by facts about runs of what they wrote.
 *
 * @param checks in the order in which they are told
 */
public record Exercise(List<Check> checks) {
    private static final int MOST_CHECKS = 20;

    public Exercise {
        checks = List.copyOf(checks);
    }

    /**
     * One check.
     *
     * @param says by language, what it is for
     */
    public record Check(Fact fact, Map<String, String> says) {
        public Check {
            says = Map.copyOf(says);
        }
    }

    /** What came of a check. @param refused why the guest does not run there; else empty */
    public record Graded(Check check, Optional<Fact.Finding> finding, String refused) {
        public boolean passed() {
            return finding.map(Fact.Finding::holds).orElse(false);
        }
    }

    /** Runs a source in every mode that a check names. */
    public List<Graded> grade(String name, String source, Laboratory laboratory) {
        return checks.stream()
                .map(check -> grade(check, name, source, laboratory))
                .toList();
    }

    private static Graded grade(Check check, String name, String source, Laboratory laboratory) {
        try {
            Observation run = laboratory.observe(name, source, check.fact().setting());
            return new Graded(check, Optional.of(check.fact().tried(run)), "");
        } catch (BadInput bad) {
            return new Graded(check, Optional.empty(), bad.sentence());
        }
    }

    /** Reads {@code checks.json}: a list of {@code {"fact": …, "en": …, "es": …}}. */
    static Exercise read(String file, String json, List<Problem> problems) {
        var checks = new ArrayList<Check>();
        try {
            JsonNode list = JsonMapper.shared().readTree(json);
            if (!list.isArray() || list.isEmpty() || list.size() > MOST_CHECKS) {
                problems.add(new Problem(file, 1, "this is no list of 1 to " + MOST_CHECKS + " checks"));
                return new Exercise(List.of());
            }
            for (JsonNode node : list) {
                int line = lineOf(json, node.path("fact").asString(""));
                try {
                    checks.add(check(node));
                } catch (Malformed malformed) {
                    problems.add(new Problem(file, line, malformed.text()));
                }
            }
        } catch (JacksonException bad) {
            problems.add(new Problem(file, line(bad), "this is no JSON: " + bad.getOriginalMessage()));
        }
        return new Exercise(checks);
    }

    private static Check check(JsonNode node) {
        Fact fact = Fact.read(node.path("fact").asString(""));
        if (!fact.isWhole()) {
            throw new Malformed("a check says what it wants: MODE: MEASURE = VALUE");
        }
        var says = new TreeMap<String, String>();
        for (String language : LessonText.LANGUAGES) {
            String text = node.path(language).asString("");
            if (text.isBlank()) {
                throw new Malformed("the check '" + fact.text() + "' says nothing in " + language);
            }
            says.put(language, text);
        }
        return new Check(fact, says);
    }

    static int line(JacksonException bad) {
        return bad.getLocation() == null ? 1 : Math.max(1, bad.getLocation().getLineNr());
    }

    private static int lineOf(String json, String fact) {
        String quoted = fact.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        int at = fact.isEmpty() ? -1 : json.indexOf(quoted);
        return at < 0
                ? 1
                : 1 + (int) json.substring(0, at).chars().filter(c -> c == '\n').count();
    }
}
