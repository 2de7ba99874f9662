package ringside.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import ringside.session.Sentence;
import ringside.session.Wordings;

/** The pages' words in one language: sentences by key, with numbered gaps, and numbers as that language's readers expect them. */
public final class Words {
    /** The languages that there are, the preferred one first; each has its bundle of the same keys. */
    public static final List<String> LANGUAGES = List.of("en", "es");

    private static final Map<String, Words> ALL =
            LANGUAGES.stream().collect(Collectors.toUnmodifiableMap(Function.identity(), Words::read));

    /** Between thousands: narrow, and never broken at the end of a line. */
    private static final String THIN_SPACE = "\u202F";

    private final String language;
    private final Map<String, String> texts;

    private Words(String language, Map<String, String> texts) {
        this.language = language;
        this.texts = texts;
    }

    /** @param language one of {@link #LANGUAGES} */
    public static Words in(String language) {
        return Optional.ofNullable(ALL.get(language))
                .orElseThrow(() -> new IllegalArgumentException("no words in " + language));
    }

    /** The language that suits an Accept-Language header best. */
    static String preferred(String acceptLanguage) {
        try {
            var wanted = Locale.LanguageRange.parse(acceptLanguage.isBlank() ? "en" : acceptLanguage);
            var found = Locale.lookupTag(wanted, LANGUAGES);
            return found == null ? "en" : found;
        } catch (IllegalArgumentException notAList) {
            return "en";
        }
    }

    private static Words read(String language) {
        var properties = new Properties();
        try (InputStream in = Words.class.getResourceAsStream("/messages/" + language + ".properties")) {
            properties.load(new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var texts = new HashMap<String, String>();
        if (language.equals("en")) {
            texts.putAll(Wordings.english());
        }
        properties.stringPropertyNames().forEach(key -> texts.put(key, properties.getProperty(key)));
        return new Words(language, Map.copyOf(texts));
    }

    /** The bundle's keys. */
    public Stream<String> keys() {
        return texts.keySet().stream();
    }

    /** Whether there is a text of this name. */
    public boolean knows(String key) {
        return texts.containsKey(key);
    }

    public String language() {
        return language;
    }

    /** A text without gaps. */
    public String text(String key) {
        return filled(key);
    }

    /** A text with one gap; see {@link #filled}. */
    public String text(String key, Object argument) {
        return filled(key, argument);
    }

    public String text(String key, Object first, Object second) {
        return filled(key, first, second);
    }

    public String text(String key, Object first, Object second, Object third) {
        return filled(key, first, second, third);
    }

    /**
     * A text with its gaps filled. Where the first argument is the number 1 and there is a text {@code key.one}, that one is taken.
     *
     * @throws IllegalStateException where no such text exists: our bug, since tests compare keys and bundles
     */
    String filled(String key, Object... arguments) {
        boolean single = arguments.length > 0 && isOne(arguments[0]) && texts.containsKey(key + ".one");
        var text = texts.get(single ? key + ".one" : key);
        if (text == null) {
            throw new IllegalStateException("no text for " + key + " in " + language);
        }
        return arguments.length == 0 ? text : fill(text, arguments);
    }

    /** A sentence of a session in this language. */
    public String of(Sentence sentence) {
        return filled(known(sentence.key()), sentence.arguments().toArray());
    }

    /** A sentence about an exit says more where there is one for its very reason. */
    private String known(String key) {
        return !texts.containsKey(key) && key.startsWith("exit.") ? key.substring(0, key.lastIndexOf('.')) : key;
    }

    /** Where the bundle has a text of that name, that; otherwise the name itself. */
    public String ofName(String prefix, String name) {
        return texts.getOrDefault(prefix + name, name);
    }

    /** A number with its thousands set apart. */
    public String number(long value) {
        var digits = Long.toString(Math.abs(value));
        var out = new StringBuilder();
        for (int i = 0; i < digits.length(); i++) {
            if (i > 0 && (digits.length() - i) % 3 == 0) {
                out.append(THIN_SPACE);
            }
            out.append(digits.charAt(i));
        }
        return value < 0 ? "\u2212" + out : out.toString();
    }

    private static boolean isOne(Object argument) {
        return argument instanceof Number number && number.longValue() == 1;
    }

    private String fill(String text, Object[] arguments) {
        var out = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean gap = c == '{' && at + 2 < text.length() && text.charAt(at + 2) == '}';
            int index = gap ? text.charAt(at + 1) - '0' : -1;
            if (index >= 0 && index < arguments.length) {
                out.append(show(arguments[index]));
                at += 3;
            } else {
                out.append(c);
                at++;
            }
        }
        return out.toString();
    }

    private String show(Object argument) {
        if (argument instanceof Sentence sentence) {
            return of(sentence);
        }
        if (argument instanceof Long || argument instanceof Integer) {
            return number(((Number) argument).longValue());
        }
        return argument.toString();
    }
}
