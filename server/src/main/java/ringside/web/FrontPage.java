package ringside.web;

import io.javalin.http.Context;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ringside.session.MachineChoice;
import ringside.session.Sessions;

/** What a visitor sees first: a guest that runs, the way to everything, and the guests that there are. */
final class FrontPage {
    /** Exits of each mode that are shown beside the running guest, the latest first. */
    private static final int EXITS = 3;

    /** The parts of Ringside, each with a sentence of its own. */
    static final List<Way> WAYS = List.of(
            new Way("lessons", "/lessons"),
            new Way("lab", "/lab"),
            new Way("compare", "/compare"),
            new Way("matrix", "/matrix"),
            new Way("reference", "/reference"),
            new Way("costs", "/costs"),
            new Way("write", "/lab#editor"),
            new Way("send", "/#send"));

    private final Sessions sessions;
    private final Templates templates;

    FrontPage(Sessions sessions, Templates templates) {
        this.sessions = sessions;
        this.templates = templates;
    }

    /** A part of Ringside, and where it is. */
    public record Way(String name, String address) {}

    /** The whole page, with the guest at its start or where the address says: {@code /?at=TIME}. */
    void show(Context request) {
        Visitor.of(request).remember(request);
        var values = running(request);
        values.put("guests", sessions.guests());
        values.put("modes", sessions.modes());
        values.put("menus", sessions.menus());
        values.put("ways", WAYS);
        values.put("catalogue", sessions.catalogue());
        values.put("machine", MachineChoice.DEFAULT);
        request.html(templates.page("home", request, values));
    }

    /** The running guest alone, for the script that steps it: {@code /showcase?at=TIME}. */
    void showcase(Context request) {
        request.html(templates.fragment("home", "showcase", request, running(request)));
    }

    private Map<String, Object> running(Context request) {
        var lab =
                sessions.showcase(Commands.time(Parameters.of(request).one("at").orElse("")));
        var recipe = sessions.showcaseRecipe(lab.time());
        var values = new HashMap<String, Object>();
        values.put("lab", lab);
        values.put("mostExits", EXITS);
        values.put(
                "lines",
                lab.modes().get(0).code().lines().stream()
                        .filter(line -> !line.address().isEmpty())
                        .toList());
        values.put("whole", LabAddress.of(lab.guest().orElse(""), recipe));
        return values;
    }
}
