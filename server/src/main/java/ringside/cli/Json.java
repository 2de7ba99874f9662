package ringside.cli;

import java.util.List;
import ringside.session.Summary;
import ringside.session.TraceLine;
import ringside.web.TraceJson;
import ringside.web.Words;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The JSON of the contract. Numbers of 64 bits are strings such as {@code "0x1000"}: lower case, not padded. */
final class Json {
    private static final JsonMapper MAPPER = new JsonMapper();

    /** Parts of the processor's state that a summary shows, as {@link Summary} names them. */
    private static final List<String> CONTROL = List.of("cr0", "cr2", "cr3", "cr4", "efer");

    private static final List<String> TABLES = List.of("gdtr", "idtr");
    private static final List<String> SEGMENTS = List.of("cs", "ds", "es", "ss", "fs", "gs", "tr", "ldtr");
    private static final List<String> REGISTERS = List.of(
            "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
            "r15", "rip", "rflags");

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static ArrayNode array() {
        return MAPPER.createArrayNode();
    }

    /** One line. */
    static String text(tools.jackson.databind.JsonNode node) {
        return MAPPER.writeValueAsString(node);
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    static ObjectNode summary(Summary summary) {
        ObjectNode json = object();
        json.put("mode", summary.mode());
        json.put("steps", summary.steps());
        json.put("time", summary.time());
        json.put("end", summary.end());
        json.put("status", summary.status());
        summary.why().ifPresent(why -> json.put("why", Words.in("en").of(why)));
        json.put("cycles", summary.cycles());
        json.put("serial", summary.serial());
        if (summary.serialDropped() > 0) {
            json.put("serialDropped", summary.serialDropped());
        }
        ArrayNode exits = json.putArray("exits");
        for (Summary.Exits exit : summary.exits()) {
            exits(exits.addObject(), exit);
        }
        summary.translated().ifPresent(translated -> translation(json.putObject("translation"), translated));
        Values believed = new Values(summary.believed());
        ObjectNode registers = json.putObject("registers");
        REGISTERS.forEach(name -> registers.put(name, hex(believed.get(name))));
        system(json.putObject("believed"), believed);
        system(json.putObject("real"), new Values(summary.real()));
        return json;
    }

    private static void translation(ObjectNode json, Summary.Translated translated) {
        json.put("blocks", translated.blocks())
                .put("instructions", translated.instructions())
                .put("operations", translated.operations())
                .put("performed", translated.performed())
                .put("calls", translated.calls())
                .put("dropped", translated.dropped());
        if (translated.emulated() > 0) {
            json.put("emulated", translated.emulated());
        }
    }

    /** Exits of one sort, counted. */
    static void exits(ObjectNode json, Summary.Exits exits) {
        TraceJson.domain(json, exits.domain())
                .put("kind", exits.kind())
                .put("reason", exits.reason())
                .put("number", exits.number())
                .put("answeredBy", exits.answeredBy())
                .put("count", exits.count());
    }

    private static void system(ObjectNode json, Values values) {
        json.put("cpl", values.get("cpl"));
        json.put("if", values.get("rflags") >>> 9 & 1);
        CONTROL.forEach(name -> json.put(name, hex(values.get(name))));
        for (String name : TABLES) {
            json.putObject(name).put("base", hex(values.get(name + ".base"))).put("limit", values.get(name + ".limit"));
        }
        for (String name : SEGMENTS) {
            json.putObject(name)
                    .put("selector", values.get(name))
                    .put("base", hex(values.get(name + ".base")))
                    .put("limit", values.get(name + ".limit"))
                    .put("attributes", values.get(name + ".attributes"));
        }
    }

    /** A line of a trace. */
    static ObjectNode trace(TraceLine line) {
        return TraceJson.of(line);
    }

    /** Adds what there is to say of one event. */
    static void event(ObjectNode json, TraceLine.Happened event) {
        TraceJson.add(json, event);
    }

    /** Named values, looked up by name. */
    private record Values(List<Summary.Named> list) {
        long get(String name) {
            return list.stream()
                    .filter(value -> value.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("a summary without " + name))
                    .value();
        }
    }
}
