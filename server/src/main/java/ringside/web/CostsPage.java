package ringside.web;

import io.javalin.http.Context;
import java.util.Map;
import java.util.Optional;
import ringside.session.CostTable;

/** What exits would cost on real machines, with the source of every number: {@code /costs?generation=2010}. */
final class CostsPage {
    private final Templates templates;

    CostsPage(Templates templates) {
        this.templates = templates;
    }

    void show(Context request) {
        Visitor.of(request).remember(request);
        String wanted = Optional.ofNullable(request.queryParam("generation")).orElse("");
        String generation = CostTable.generations().contains(wanted) ? wanted : CostTable.LATEST;
        request.html(templates.page(
                "costs",
                request,
                Map.of(
                        "table",
                        CostTable.of(generation),
                        "generations",
                        CostTable.generations(),
                        "self",
                        "/costs?generation=" + generation)));
    }
}
