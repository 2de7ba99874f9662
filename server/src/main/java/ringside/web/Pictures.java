package ringside.web;

import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import ringside.session.Sentence;
import ringside.session.Session;
import ringside.session.Views;
import ringside.session.Walks;

/** The drawn views of a lab, made when a template asks for them. */
final class Pictures {
    private final Session session;
    private final Optional<String> address;
    private final Walks.Access access;

    Pictures(Session session) {
        this(session, Optional.empty(), Walks.Access.READ);
    }

    private Pictures(Session session, Optional<String> address, Walks.Access access) {
        this.session = session;
        this.address = address;
        this.access = access;
    }

    /**
     * What one request asks for, without a change to the lab: {@code ?address=&access=&program=}.
     *
     * @throws Refused where nobody knows the address in one of the columns
     */
    static Pictures asked(Session session, Context request, List<Views.Mode> columns) {
        var pictures = new Pictures(
                session,
                Optional.ofNullable(request.queryParam("address")).filter(typed -> !typed.isBlank()),
                Commands.access(name -> Optional.ofNullable(request.queryParam(name))));
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
