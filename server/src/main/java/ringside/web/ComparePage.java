package ringside.web;

import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.session.PortTables;
import ringside.session.SampleGuests;

/** A sample guest in two modes, ports of it by milestones: {@code /compare?guest=paging&mode=bare&mode=xen-pv}. */
final class ComparePage {
    private final PortTables tables = new PortTables();
    private final Templates templates;

    ComparePage(Templates templates) {
        this.templates = templates;
    }

    void show(Context request) {
        Visitor.of(request).remember(request);
        List<String> modes = request.queryParams("mode");
        var table = tables.of(
                Optional.ofNullable(request.queryParam("guest")).orElse(""),
                modes.isEmpty() ? "" : modes.get(0),
                modes.size() < 2 ? "" : modes.get(1));
        var chosen = table.sides().stream().map(side -> side.mode()).toList();
        String self = "/compare?guest=" + table.guest()
                + chosen.stream().map(mode -> "&mode=" + mode).reduce("", String::concat);
        request.html(templates.page(
                "compare",
                request,
                Map.of("table", table, "guests", SampleGuests.names(), "chosen", chosen, "self", self)));
    }
}
