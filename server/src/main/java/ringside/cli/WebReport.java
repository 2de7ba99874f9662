package ringside.cli;

import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Prints what {@link WebBench} has measured. */
final class WebReport {
    private final Output output;
    private final boolean json;

    WebReport(Output output, boolean json) {
        this.output = output;
        this.json = json;
    }

    void print(List<WebBench.Result> results) {
        if (json) {
            ArrayNode list = Json.array();
            results.forEach(result -> tell(list.addObject(), result));
            output.line(Json.text(list));
        } else {
            output.line(
                    "client    modes                   action             times  p50 ms  p95 ms  max ms  asked  CPU ms");
            results.forEach(result -> output.line("%-9s %-23s %-17s %6d %7.1f %7.1f %7.1f %6s %7.1f"
                    .formatted(
                            result.client(),
                            String.join(" ", result.modes()),
                            result.action(),
                            result.millis().size(),
                            result.percentile(50),
                            result.percentile(95),
                            result.most(),
                            result.asked() == 0 ? "" : "<" + result.asked(),
                            result.cpuMillis())));
        }
        output.flush();
    }

    private static void tell(ObjectNode json, WebBench.Result result) {
        json.put("client", result.client());
        ArrayNode modes = json.putArray("modes");
        result.modes().forEach(modes::add);
        json.put("action", result.action())
                .put("times", result.millis().size())
                .put("p50", tenths(result.percentile(50)))
                .put("p95", tenths(result.percentile(95)))
                .put("max", tenths(result.most()));
        if (result.asked() > 0) {
            json.put("asked", result.asked());
        }
        json.put("cpu", tenths(result.cpuMillis()));
    }

    private static double tenths(double millis) {
        return Math.round(millis * 10) / 10.0;
    }
}
