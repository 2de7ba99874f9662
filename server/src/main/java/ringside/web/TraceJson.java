package ringside.web;

import ringside.session.TraceLine;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The lines of a trace as JSON, the same from the command line and the lab. */
public final class TraceJson {
    private static final JsonMapper MAPPER = new JsonMapper();

    private TraceJson() {}

    /** A line of a trace. */
    public static ObjectNode of(TraceLine line) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("time", line.time());
        json.put("rip", hex(line.rip()));
        json.put("bytes", line.bytes());
        json.put("text", line.text());
        domain(json, line.domain());
        ArrayNode events = json.putArray("events");
        line.events().forEach(happened -> add(events.addObject(), happened));
        return json;
    }

    /** A machine with several domains says whose something is. @return the same object */
    public static ObjectNode domain(ObjectNode json, String domain) {
        return domain.isEmpty() ? json : json.put("domain", domain);
    }

    /** Adds what there is to say of one event. */
    public static void add(ObjectNode json, TraceLine.Happened event) {
        domain(json, event.domain())
                .put("kind", event.kind())
                .put("reason", event.reason())
                .put("number", event.number())
                .put("qualification", hex(event.qualification()))
                .put("answeredBy", event.answeredBy())
                .put("cycles", event.cycles())
                .put("detail", hex(event.detail()));
        ArrayNode decoded = json.putArray("decoded");
        event.decoded()
                .forEach(field -> decoded.addObject()
                        .put("name", field.name())
                        .put("bits", field.bits())
                        .put("value", hex(field.value()))
                        .put("meaning", field.meaning()));
        if (!event.steps().isEmpty()) {
            ArrayNode steps = json.putArray("steps");
            event.steps()
                    .forEach(step -> steps.addObject()
                            .put("step", step.name())
                            .put("by", step.by())
                            .put("detail", hex(step.detail())));
        }
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
