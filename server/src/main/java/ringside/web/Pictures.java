package ringside.web;

import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import ringside.session.Cards;
import ringside.session.Course;
import ringside.session.ExitCard;
import ringside.session.Lanes;
import ringside.session.Sentence;
import ringside.session.Session;
import ringside.session.Views;
import ringside.session.Walks;

/** The drawn views of a lab, made when a template asks for them. */
final class Pictures {
    private static final int LONGEST_BAR = 240;

    private final Session session;
    private final Optional<String> address;
    private final Walks.Access access;
    private final Optional<Long> exit;
    private final boolean trying;
    private final Map<String, Optional<List<ExitCard.Remedy>>> tried = new HashMap<>();

    Pictures(Session session) {
        this(session, Optional.empty(), Walks.Access.READ, Optional.empty(), false);
    }

    private Pictures(
            Session session, Optional<String> address, Walks.Access access, Optional<Long> exit, boolean trying) {
        this.exit = exit;
        this.trying = trying;
        this.session = session;
        this.address = address;
        this.access = access;
    }

    /**
     * What one request asks for, without a change to the lab: {@code ?address=&access=&program=} of page walks,
     * {@code ?exit=&try=on} of exit cards.
     *
     * @throws Refused where nobody knows the address in one of the columns
     */
    static Pictures asked(Session session, Context request, List<Views.Mode> columns) {
        var pictures = new Pictures(
                session,
                Optional.ofNullable(request.queryParam("address")).filter(typed -> !typed.isBlank()),
                Commands.access(name -> Optional.ofNullable(request.queryParam(name))),
                Optional.ofNullable(request.queryParam("exit")).map(Commands::time),
                request.queryParam("try") != null);
        // What is refused must be refused before a template is filled.
        columns.forEach(pictures::walks);
        return pictures;
    }

    /** A mode's page walks: those of the lab, or of what the request asks for. */
    public Optional<Walks> walks(Views.Mode mode) {
        return address.map(typed -> session.walks(mode.letter(), typed, access)
                        .orElseThrow(() -> new Refused(400, Sentence.of("notice.address", typed))))
                .or(() -> Optional.ofNullable((Walks) mode.more().get("walk")));
    }

    /** A mode's lanes; the view must be open. */
    public LanesDrawing lanes(Views.Mode mode) {
        return LanesDrawing.of((Lanes) Objects.requireNonNull(mode.more().get("lanes")));
    }

    public Drawing course(Course course) {
        return CourseDrawing.of(course);
    }

    /**
     * A whole run in one row.
     *
     * @param known guest time that the picture is long
     */
    public Drawing narrow(Course course, long known) {
        return CourseDrawing.narrow(course, known);
    }

    /** The exit that is asked for, or the last; empty where there is none. */
    public Optional<Cards.Card> card(Views.Mode mode) {
        return ((Cards) Objects.requireNonNull(mode.more().get("exit"))).card(exit);
    }

    /** What other machines do there, where that was asked for; empty also where it is not tried. */
    public Optional<List<ExitCard.Remedy>> remedies(Views.Mode mode) {
        return trying
                ? tried.computeIfAbsent(
                        mode.letter(),
                        letter -> card(mode)
                                .flatMap(card ->
                                        session.remedies(letter, card.left().time())))
                : Optional.empty();
    }

    /** It was asked for and not tried. */
    public boolean refuses(Views.Mode mode) {
        return trying && remedies(mode).isEmpty();
    }

    /** What a machine has in one part, in words. */
    public String choice(ExitCard.Remedy remedy, Words say) {
        return remedy.option().equals("mode")
                ? say.ofName("mode.", remedy.value())
                : say.ofName(remedy.option() + ".", remedy.value());
    }

    /**
     * The length of a bar: at least a hair, where there is anything.
     *
     * @param of what the longest bar stands for
     */
    public double bar(long amount, long of) {
        return amount == 0 || of == 0 ? 0 : Math.max(1.5, Math.round(LONGEST_BAR * 10.0 * amount / of) / 10.0);
    }

    /** What may be done with an address. */
    public List<String> kinds() {
        return Stream.of(Walks.Kind.values()).map(Pictures::name).toList();
    }

    public String nameOf(Walks.Access of) {
        return name(of.kind());
    }

    private static String name(Walks.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    public Drawing drawing(Walks walks, Walks.Walk walk, Words say) {
        return WalkDrawing.of(walk, walks.linear(), say.text("walk.itself"));
    }

    public String hex(long value) {
        return WalkDrawing.hex(value);
    }

    /**
     * An entry of the guest's and the one that a monitor keeps for the same level.
     *
     * @param level 4 to 1
     */
    public record Pair(int level, Optional<Walks.Reference> guest, Optional<Walks.Reference> shadow) {
        /** Is the flag another one in the shadow? */
        public boolean differs(String flag) {
            return guest.isPresent()
                    && shadow.isPresent()
                    && guest.get().has(flag) != shadow.get().has(flag);
        }
    }

    /** Where there are shadow tables, level by level what became of the guest's entries. */
    public List<Pair> pairs(Walks walks) {
        List<Pair> pairs = new ArrayList<>();
        if (walks.walks().size() == 2) {
            for (int level = 4; level > 0; level--) {
                var guest = at(walks.walks().get(0), level);
                var shadow = at(walks.walks().get(1), level);
                if (guest.isPresent() || shadow.isPresent()) {
                    pairs.add(new Pair(level, guest, shadow));
                }
            }
        }
        return pairs;
    }

    private static Optional<Walks.Reference> at(Walks.Walk walk, int level) {
        return walk.references().stream().filter(one -> one.level() == level).findFirst();
    }
}
