package ringside.web;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import ringside.session.Aim;
import ringside.session.GuestChoice;
import ringside.session.OpenViews;
import ringside.session.Pace;
import ringside.session.Panel;
import ringside.session.Sentence;
import ringside.session.Session;
import ringside.session.Sessions;
import ringside.session.Stop;
import ringside.session.Views;

/** The lab's addresses: a request becomes a command, and what the session shows becomes a page. */
final class LabPages {
    /** The whole lab: all views that are open. */
    private static final String LAB = "lab";

    /** What several modes show together. */
    private static final String TOGETHER = "together";

    /** The toolbar's keys, in its order. */
    private static final List<Key> KEYS = List.of(
            new Key("s", "step"),
            new Key("b", "back"),
            new Key("n", "step-over"),
            new Key("f", "step-out"),
            new Key("x", "next-exit"),
            new Key("c", "run"),
            new Key("p", "pause"),
            new Key("d", "next-difference"),
            new Key("r", "reset"));

    /** What the menu leads to; some of it has a button of its own in the bar. */
    private static final List<Target> AIMS = List.of(
            new Target(Aim.EXIT, "x", "X", true),
            new Target(Aim.FAULT, "z", "Z", false),
            new Target(Aim.INTERRUPT, "q", "Q", false),
            new Target(Aim.SYSTEM_CALL, "k", "K", false),
            new Target(Aim.MILESTONE, ".", ",", false),
            new Target(Aim.DIFFERENCE, "d", "D", true));

    private final Sessions sessions;
    private final Keeper keeper;
    private final Templates templates;
    private final Lessons lessons;

    LabPages(Sessions sessions, Keeper keeper, Templates templates, Lessons lessons) {
        this.lessons = lessons;
        this.sessions = sessions;
        this.keeper = keeper;
        this.templates = templates;
    }

    /** A key and the button that it presses. */
    public record Key(String key, String name) {}

    /**
     * Something to go to.
     *
     * @param key goes to the next
     * @param back goes to the previous
     * @param barred there is a button for the next in the bar, too
     */
    public record Target(Aim aim, String key, String back, boolean barred) {
        /** As aria-keyshortcuts has it. */
        public String backShortcut() {
            return Character.isUpperCase(back.charAt(0)) ? "Shift+" + back : back;
        }
    }

    /** How many columns there are, as style sheets name it. */
    private static final List<String> WIDTHS = List.of("one", "two", "three", "four");

    /**
     * Where a mode is chosen.
     *
     * @param mode which one is; nothing where none is yet
     */
    public record Chooser(String letter, String mode) {
        /** One for each mode, and one more for another beside them. */
        static List<Chooser> all(List<String> modes) {
            List<Chooser> all = new ArrayList<>();
            for (int i = 0; i <= modes.size() && i < WIDTHS.size(); i++) {
                all.add(new Chooser(String.valueOf((char) ('a' + i)), i < modes.size() ? modes.get(i) : ""));
            }
            return all;
        }
    }

    /** A new session by recipe: {@code /lab?guest=&mode=&mode=&time=}. */
    void open(Context request) {
        Visitor.of(request).remember(request);
        var session = sessions.open(LabAddress.read(Parameters.of(request), sessions));
        request.html(whole(request, session));
    }

    /** A new session of a file that was sent. */
    void take(Context request) {
        var recipe = SentFile.read(request, sessions);
        var page = recipe.guest() instanceof GuestChoice.Binary binary
                ? LabAddress.ofSent(binary, recipe)
                : "/lab/" + sessions.open(recipe).id();
        request.redirect(page, HttpStatus.SEE_OTHER);
    }

    /** A session that is there already. */
    void show(Context request) {
        Visitor.of(request).remember(request);
        request.html(whole(request, session(request)));
    }

    /** A button was pressed. */
    void perform(Context request) {
        var session = session(request);
        var wanted = Optional.ofNullable(request.formParam("do")).orElse("");
        session.perform(Commands.read(wanted, name -> field(request, name)));
        keeper.keep(session);
        var editing = wanted.equals("assemble");
        var page = "/lab/" + session.id();
        if (!Visitor.of(request).partial()) {
            request.redirect(editing && !session.editor().assembled() ? page + "#editor" : page, HttpStatus.SEE_OTHER);
            return;
        }
        if (editing && session.editor().assembled()) {
            request.header("HX-Redirect", page);
            request.status(HttpStatus.NO_CONTENT);
            return;
        }
        if (editing) {
            request.html(templates.fragment("lab", "answer", request, values(session)));
            return;
        }
        answer(request, session, session.view());
    }

    /** The lab in place of what a script has of it: the whole, as another site's page shows it, or as a lesson's stage. */
    private void answer(Context request, Session session, Views.Lab lab) {
        var embed = SharePages.capability(request).flatMap(keeper::embedded);
        if (embed.isPresent()) {
            var values = values(session, lab);
            values.put("covered", embed.get().covered());
            request.html(templates.fragment("embed", "lab", request, values));
            return;
        }
        var stage = lessons.stage(request);
        if (stage.isPresent()) {
            var values = values(session, lab);
            values.put("controls", stage.get().controls());
            values.put("locked", false);
            request.html(templates.fragment("stage", "lab", request, values));
            return;
        }
        if (!lab.running()) {
            request.header("HX-Replace-Url", LabAddress.of(session));
        }
        request.html(templates.fragment("lab", "lab", request, values(session, lab)));
    }

    /** What a page of a lab inside another page shows. */
    Map<String, Object> values(Session session, boolean covered) {
        var values = values(session);
        values.put("covered", covered);
        return values;
    }

    /** What a form says; of several of one name, all with commas between. */
    private static Optional<String> field(Context request, String name) {
        var values = request.formParams(name);
        return values.isEmpty() ? Optional.empty() : Optional.of(String.join(",", values));
    }

    /** One view, as a part of the lab's page or as a page of its own: {@code /lab/ID/view/NAME?mode=a}. */
    void view(Context request) {
        var name = request.pathParam("name");
        boolean partial = Visitor.of(request).partial();
        if (name.equals(LAB)) {
            whole(request, partial);
            return;
        }
        if (name.equals(TOGETHER)) {
            together(request, partial);
            return;
        }
        var panel = Panel.named(name)
                .orElseThrow(() -> new Refused(
                        404,
                        Sentence.of(
                                "refused.view",
                                name,
                                LAB + ", " + TOGETHER + ", " + String.join(", ", Panel.names()))));
        var session = session(request);
        var lab = session.viewWith(name);
        var letter = Optional.ofNullable(request.queryParam("mode"));
        var columns = columns(lab, partial ? letter.or(() -> Optional.of("a")) : letter);
        var values = values(session, lab);
        values.put("panel", panel);
        values.put("pictures", Pictures.asked(session, request, columns));
        if (partial) {
            values.put("mode", columns.get(0));
            request.html(templates.fragment(panel.template(), panel.fragment(), request, values));
            return;
        }
        Visitor.of(request).remember(request);
        values.put("columns", columns);
        request.html(templates.page("view", request, values));
    }

    /** What the modes show together, as a part of the lab's page or as a page of its own. */
    private void together(Context request, boolean partial) {
        var session = session(request);
        var lab = session.view();
        if (lab.together().isEmpty()) {
            throw new Refused(404, Sentence.of("refused.together"));
        }
        var values = values(session, lab);
        values.put("self", "/lab/" + session.id() + "/view/" + TOGETHER);
        Visitor.of(request).remember(request);
        request.html(
                partial
                        ? templates.fragment("together", "together", request, values)
                        : templates.page("side-by-side", request, values));
    }

    private void whole(Context request, boolean partial) {
        var session = session(request);
        if (!partial) {
            request.redirect("/lab/" + session.id(), HttpStatus.SEE_OTHER);
            return;
        }
        answer(request, session, session.view());
    }

    private static List<Views.Mode> columns(Views.Lab lab, Optional<String> letter) {
        var columns = lab.modes().stream()
                .filter(mode -> letter.isEmpty() || mode.letter().equals(letter.get()))
                .toList();
        if (columns.isEmpty() && letter.isPresent()) {
            throw new Refused(404, Sentence.of("refused.column", letter.get()));
        }
        return columns;
    }

    /** The lab that the address names, opened again where it was only kept. */
    Session session(Context request) {
        return keeper.find(request.pathParam("id")).orElseThrow(() -> new Refused(404, Sentence.of("refused.session")));
    }

    /** The whole page of a lab. */
    String whole(Context request, Session session) {
        var values = values(session);
        values.put("self", "/lab/" + session.id());
        return templates.page("lab", request, values);
    }

    private Map<String, Object> values(Session session) {
        return values(session, session.view());
    }

    private Map<String, Object> values(Session session, Views.Lab lab) {
        keeper.keep(session);
        var recipe = session.recipe();
        var values = choices();
        values.put("lab", lab);
        values.put("machine", recipe.machine());
        values.put("typed", recipe.typing().text());
        values.put("guestAddress", LabAddress.guest(session, recipe));
        values.put(
                "lanes",
                lab.modes().stream()
                        .collect(Collectors.toMap(Views.Mode::letter, mode -> LaneDrawing.of(mode.lane()))));
        values.put("pictures", new Pictures(session));
        values.put("choosers", Chooser.all(recipe.modes()));
        values.put("width", WIDTHS.get(recipe.modes().size() - 1));
        values.put("keys", KEYS);
        values.put("panels", Panel.ALL);
        values.put("usualViews", OpenViews.USUAL.text());
        values.put("groups", Panel.Group.values());
        values.put("aims", AIMS);
        values.put("paces", Pace.values());
        values.put("stopKinds", Stop.Kind.values());
        values.put("stopAccesses", Stop.Access.values());
        values.put("contexts", Views.Context.values());
        values.put("editor", session.editor());
        return values;
    }

    /** What there is to choose from. */
    private Map<String, Object> choices() {
        var values = new HashMap<String, Object>();
        values.put("guests", sessions.guests());
        values.put("modes", sessions.modes());
        values.put("menus", sessions.menus());
        return values;
    }
}
