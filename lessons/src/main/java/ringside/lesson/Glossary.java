package ringside.lesson;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The words of the field, explained in every language. A lesson's text links to each where it says it for the first time. */
public final class Glossary {
    /** Nothing is explained. */
    public static final Glossary EMPTY = new Glossary(Map.of());

    /** By language, in the order of their words. */
    private final Map<String, List<Entry>> entries;

    /**
     * A word.
     *
     * @param name the same in every language
     * @param forms in which texts may have it, the word itself among them
     */
    public record Entry(String name, String word, List<String> forms, String text) {
        public Entry {
            forms = List.copyOf(forms);
        }

        /** Where a text says it; letters beside it make it another word. */
        Pattern pattern() {
            var longestFirst = forms.stream()
                    .sorted(Comparator.comparingInt(String::length).reversed())
                    .map(Pattern::quote)
                    .toList();
            return Pattern.compile(
                    "(?<![\\p{L}-])(" + String.join("|", longestFirst) + ")(?![\\p{L}-])",
                    Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
        }
    }

    private Glossary(Map<String, List<Entry>> entries) {
        this.entries = Map.copyOf(entries);
    }

    /** The entries of a language, in alphabetical order. */
    public List<Entry> in(String language) {
        return entries.getOrDefault(language, List.of());
    }

    /** Reads the file; what is wrong with it is added to the problems. */
    static Glossary read(String file, String json, List<Problem> problems) {
        var all = new LinkedHashMap<String, List<Entry>>();
        LessonText.LANGUAGES.forEach(language -> all.put(language, new ArrayList<>()));
        try {
            for (JsonNode node : JsonMapper.shared().readTree(json)) {
                for (String language : LessonText.LANGUAGES) {
                    entry(node, language)
                            .ifPresentOrElse(
                                    Objects.requireNonNull(all.get(language))::add,
                                    () -> problems.add(new Problem(
                                            file,
                                            1,
                                            "the word '" + node.path("name").asString("") + "' lacks its "
                                                    + language)));
                }
            }
        } catch (JacksonException bad) {
            problems.add(new Problem(file, Exercise.line(bad), "this is no JSON: " + bad.getOriginalMessage()));
        }
        var collator = java.text.Collator.getInstance(java.util.Locale.ROOT);
        all.values().forEach(list -> list.sort((a, b) -> collator.compare(a.word, b.word)));
        return new Glossary(all);
    }

    private static Optional<Entry> entry(JsonNode node, String language) {
        JsonNode said = node.path(language);
        String word = said.path("word").asString("");
        String text = said.path("text").asString("");
        String name = node.path("name").asString("");
        if (word.isBlank() || text.isBlank() || !name.matches("[a-z][a-z0-9-]*")) {
            return Optional.empty();
        }
        var forms = new ArrayList<String>();
        forms.add(word);
        said.path("forms").forEach(form -> forms.add(form.asString("")));
        return Optional.of(new Entry(name, word, forms, text));
    }
}
