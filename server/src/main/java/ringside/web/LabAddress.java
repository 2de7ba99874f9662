package ringside.web;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import ringside.session.GuestChoice;
import ringside.session.MachineChoice;
import ringside.session.OpenViews;
import ringside.session.Pace;
import ringside.session.Plans;
import ringside.session.Recipe;
import ringside.session.Sentence;
import ringside.session.Session;
import ringside.session.Sessions;
import ringside.session.Typing;

/** A recipe as an address: {@code /lab?guest=&mode=&mode=&memory=&irqchip=&hardware=&generation=&translator=&input=&time=&views=&syntax=&lock=}. */
final class LabAddress {
    /** Before a session's name: the source that runs there. */
    private static final String OWN = "~";

    /** Before the name of a binary that was sent. */
    private static final String SENT = "@";

    /** Before the name of a cell of the matrix: the guest that was run for it. */
    private static final String PROBE = "matrix/";

    /** Characters of typed input in an address; a session with more is named itself. */
    private static final int LONGEST_INPUT = 2000;

    private LabAddress() {}

    /** What an address asks for; what it leaves out is as usual. */
    static Recipe read(Parameters said, Sessions sessions) {
        return read(said, sessions, guest(said.one("guest").orElse(Recipe.FIRST_GUEST), sessions));
    }

    /** The same with a guest that the address does not name. */
    static Recipe read(Parameters said, Sessions sessions, GuestChoice guest) {
        var modes = said.all("mode").stream().filter(name -> !name.isEmpty()).toList();
        var machine = MachineChoice.read(said::one);
        return new Recipe(
                guest,
                modes.isEmpty() ? sessions.modes(guest, machine).subList(0, 1) : modes,
                machine,
                Typing.read(said.one("input").orElse("")),
                Commands.time(said.one("time").orElse("")),
                OpenViews.read(said.one("views").orElse(""))
                        .in(said.one("syntax").orElse(""))
                        .lock(said.one("lock").orElse("")),
                Plans.read(
                        said.all("break"),
                        said.all("bookmark"),
                        said.one("speed").orElse("")));
    }

    private static GuestChoice guest(String name, Sessions sessions) {
        if (name.startsWith(OWN)) {
            return sessions.find(name.substring(OWN.length()))
                    .map(session -> session.recipe().guest())
                    .orElseThrow(() -> new Refused(404, Sentence.of("refused.session")));
        }
        if (name.startsWith(SENT)) {
            return sessions.taken(name.substring(SENT.length()))
                    .orElseThrow(() -> new Refused(404, Sentence.of("refused.sent")));
        }
        if (name.startsWith(PROBE)) {
            return sessions.probe(name.substring(PROBE.length()))
                    .orElseThrow(() -> new Refused(404, Sentence.of("refused.probe")));
        }
        return new GuestChoice.Sample(name);
    }

    /** How addresses name a session's guest. */
    static String guest(Session session, Recipe recipe) {
        if (recipe.guest() instanceof GuestChoice.Sample sample) {
            return sample.name();
        }
        return recipe.guest() instanceof GuestChoice.Binary binary
                ? SENT + binary.upload().id()
                : OWN + session.id();
    }

    /** What makes the same lab again: its recipe, or where a source of the learner's own runs, the session itself. */
    static String of(Session session) {
        var recipe = session.recipe();
        return recipe.guest() instanceof GuestChoice.Source
                        || recipe.typing().text().length() > LONGEST_INPUT
                ? "/lab/" + session.id()
                : of(guest(session, recipe), recipe);
    }

    /** The address of a recipe whose guest has that name. */
    static String of(String guest, Recipe recipe) {
        var out = new StringBuilder("/lab?guest=").append(encoded(guest));
        recipe.modes().forEach(mode -> out.append("&mode=").append(encoded(mode)));
        recipe.machine()
                .unusual()
                .forEach((name, value) ->
                        out.append('&').append(name).append('=').append(encoded(value)));
        if (!recipe.typing().keys().isEmpty()) {
            out.append("&input=").append(recipe.typing().text());
        }
        out.append("&time=").append(recipe.time());
        if (!recipe.views().isUsual()) {
            out.append("&views=").append(recipe.views().text());
        }
        if (!recipe.views().isInUsualSyntax()) {
            out.append("&syntax=").append(recipe.views().syntaxLabel());
        }
        if (recipe.views().locked()) {
            out.append("&lock=1");
        }
        var plans = recipe.plans();
        plans.stops().forEach(stop -> out.append("&break=").append(encoded(stop.text())));
        plans.bookmarks().forEach(mark -> out.append("&bookmark=").append(encoded(mark.text())));
        if (plans.pace() != Pace.FULL) {
            out.append("&speed=").append(plans.pace().number());
        }
        return out.toString();
    }

    /** The address at which a binary that was just sent starts. */
    static String ofSent(GuestChoice.Binary binary, Recipe recipe) {
        return of(SENT + binary.upload().id(), recipe);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
