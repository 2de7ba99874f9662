package ringside.session;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import ringside.image.ImageWording;
import ringside.isa.SourceWording;
import ringside.isa.Wording;

/** What the emulator itself says in English, so that a page can say it in other languages. */
public final class Wordings {
    private static final List<Wording[]> ALL = List.of(SourceWording.values(), ImageWording.values());

    private Wordings() {}

    /** English sentences with their gaps open, by key. */
    public static Map<String, String> english() {
        Map<String, String> texts = new TreeMap<>(CostTable.english());
        ALL.stream().flatMap(Arrays::stream).forEach(wording -> texts.put(wording.key(), wording.english()));
        return Map.copyOf(texts);
    }
}
