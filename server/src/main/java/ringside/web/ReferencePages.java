package ringside.web;

import io.javalin.http.Context;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import ringside.isa.ReferenceCard.Card;
import ringside.session.Reference;
import ringside.session.Sentence;

/** The reference: all instructions, {@code /reference?q=}, and a card for each, {@code /reference/POPF?bits=}. */
final class ReferencePages {
    private static final int MOST_SOUGHT = 60;
    private static final int FIRST_BITS = 32;

    /** Conditions are written behind these. */
    private static final Map<String, String> TITLES = Map.of("CMOVO", "CMOVcc", "JO", "Jcc", "SETO", "SETcc");

    private final Reference reference;
    private final Templates templates;

    ReferencePages(Reference reference, Templates templates) {
        this.reference = reference;
        this.templates = templates;
    }

    /** A card as a line of the list, in the visitor's language. */
    public record Entry(String name, String title, String does, List<String> traits) {}

    void list(Context request) {
        Visitor.of(request).remember(request);
        String sought = sought(request);
        Map<String, Object> values = Map.of(
                "entries",
                entries(sought, Visitor.of(request).words()),
                "sought",
                sought,
                "self",
                "/reference?q=" + java.net.URLEncoder.encode(sought, java.nio.charset.StandardCharsets.UTF_8));
        request.html(
                Visitor.of(request).partial()
                        ? templates.fragment("reference", "found", request, values)
                        : templates.page("reference", request, values));
    }

    private static String sought(Context request) {
        String q = Optional.ofNullable(request.queryParam("q")).orElse("").strip();
        return q.length() > MOST_SOUGHT ? q.substring(0, MOST_SOUGHT) : q;
    }

    /** Cards with a name that begins like that, then those that say it anywhere. */
    private List<Entry> entries(String sought, Words words) {
        String upper = sought.toUpperCase(Locale.ROOT);
        var named =
                reference.cards().stream().filter(card -> isNamed(card, upper)).toList();
        var saying = reference.cards().stream()
                .filter(card -> !named.contains(card) && says(card, upper, words))
                .toList();
        return java.util.stream.Stream.concat(named.stream(), saying.stream())
                .map(card -> entry(card, words))
                .toList();
    }

    private boolean isNamed(Card card, String upper) {
        return card.names().stream().anyMatch(name -> name.startsWith(upper))
                || reference.card(upper).filter(card::equals).isPresent();
    }

    private static boolean says(Card card, String upper, Words words) {
        return does(card, words).toUpperCase(Locale.ROOT).contains(upper)
                || card.lines().stream().anyMatch(line -> line.encoding().startsWith(upper));
    }

    private static Entry entry(Card card, Words words) {
        return new Entry(
                card.name(),
                title(card),
                does(card, words),
                card.traits().stream()
                        .map(String::valueOf)
                        .filter(trait -> !trait.equals("INNOCUOUS"))
                        .toList());
    }

    private static String title(Card card) {
        return TITLES.getOrDefault(card.name(), String.join(" ", card.names()));
    }

    private static String does(Card card, Words words) {
        return words.text("card." + card.name());
    }

    void card(Context request) {
        Visitor.of(request).remember(request);
        Card card = reference
                .card(request.pathParam("name"))
                .orElseThrow(() -> new Refused(404, Sentence.of("reference.unknown")));
        List<Integer> sizes = Reference.codeSizes(card);
        int bits = MatrixPage.bits(request)
                .filter(sizes::contains)
                .orElse(sizes.contains(FIRST_BITS) ? FIRST_BITS : sizes.get(sizes.size() - 1));
        Streamed.page(
                "card",
                request,
                templates,
                out -> Map.of(
                        "card",
                        card,
                        "title",
                        title(card),
                        "does",
                        does(card, Visitor.of(request).words()),
                        "sizes",
                        sizes,
                        "bits",
                        bits,
                        "tried",
                        Streamed.sent(reference.tried(card, bits), out),
                        "self",
                        "/reference/" + card.name() + "?bits=" + bits));
    }
}
