package ringside.web;

import io.javalin.http.Context;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import ringside.session.MachineChoice;
import ringside.session.PortTables;
import ringside.session.SampleGuests;
import ringside.session.Sessions;

/**
 * A sample guest in two to four modes on a machine of choice, ports of it by milestones:
 * {@code /compare?guest=paging&mode=bare&mode=xen-pv&paging=shadow}.
 */
final class ComparePage {
    private final PortTables tables = new PortTables();
    private final Sessions sessions;
    private final Templates templates;

    ComparePage(Sessions sessions, Templates templates) {
        this.sessions = sessions;
        this.templates = templates;
    }

    void show(Context request) {
        Visitor.of(request).remember(request);
        var said = Parameters.of(request);
        var machine = MachineChoice.read(said::one);
        var table = tables.of(said.one("guest").orElse(""), said.all("mode"), machine);
        List<String> chosen = table.sides().stream().map(side -> side.mode()).toList();
        Map<String, Object> values = new HashMap<>();
        values.put("table", table);
        values.put("guests", SampleGuests.names());
        values.put("choosers", LabPages.Chooser.all(chosen));
        values.put("machine", machine);
        values.put("menus", sessions.menus());
        values.put("onMachine", unusual(machine));
        values.put(
                "self",
                "/compare?guest=" + table.guest()
                        + chosen.stream().map(mode -> "&mode=" + mode).collect(Collectors.joining())
                        + unusual(machine));
        request.html(templates.page("compare", request, values));
    }

    /** What an address says about a machine that is not the usual one. */
    private static String unusual(MachineChoice machine) {
        return machine.unusual().entrySet().stream()
                .map(part -> "&" + part.getKey() + "=" + URLEncoder.encode(part.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining());
    }
}
