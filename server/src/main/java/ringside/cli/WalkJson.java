package ringside.cli;

import java.util.OptionalLong;
import ringside.session.Walks;
import ringside.web.Words;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Page walks and the TLB as {@code docs/schema/walk.schema.json} says. */
final class WalkJson {
    private static final Words WORDS = Words.in("en");

    private WalkJson() {}

    static ObjectNode of(Walks walks) {
        ObjectNode out = Json.object();
        out.put("linear", Json.hex(walks.linear()));
        out.put("access", walks.access().kind().name().toLowerCase(java.util.Locale.ROOT));
        ArrayNode all = out.putArray("walks");
        walks.walks().forEach(walk -> add(all.addObject(), walk));
        buffer(out.putObject("tlb"), walks.buffer());
        return out;
    }

    private static void add(ObjectNode one, Walks.Walk walk) {
        boolean direct = walk.tables().equals("direct");
        one.put("tables", direct ? "guest" : walk.tables()).put("direct", direct);
        one.put("paging", walk.paging()).put("root", Json.hex(walk.root()));
        hex(one, "pointer", walk.pointer());
        one.put("user", walk.user());
        ArrayNode references = one.putArray("references");
        walk.references().forEach(reference -> add(references.addObject(), reference));
        hex(one, "page", walk.page());
        hex(one, "physical", walk.physical());
        walk.errorCode().ifPresentOrElse(code -> one.put("errorCode", code), () -> one.putNull("errorCode"));
        walk.exit().ifPresentOrElse(exit -> one.put("exit", exit), () -> one.putNull("exit"));
        walk.culprit().ifPresentOrElse(index -> one.put("culprit", index), () -> one.putNull("culprit"));
        one.put("verdict", WORDS.of(walk.verdict()));
    }

    private static void add(ObjectNode one, Walks.Reference reference) {
        one.put("tables", reference.tables().equals("direct") ? "guest" : reference.tables())
                .put("level", reference.level())
                .put("name", reference.name())
                .put("index", reference.index())
                .put("address", Json.hex(reference.address()))
                .put("entry", Json.hex(reference.entry()))
                .put("translates", Json.hex(reference.translates()));
        ObjectNode flags = one.putObject("flags");
        reference.flags().forEach(flag -> flags.put(flag.name(), flag.on()));
    }

    private static void buffer(ObjectNode out, Walks.Buffer buffer) {
        out.put("count", buffer.count()).put("stale", buffer.stale());
        ArrayNode held = out.putArray("held");
        for (Walks.Held one : buffer.held()) {
            held.addObject()
                    .put("linear", Json.hex(one.linear()))
                    .put("page", Json.hex(one.page()))
                    .put("writable", one.writable())
                    .put("user", one.user())
                    .put("noExecute", one.noExecute())
                    .put("global", one.global())
                    .put("large", one.large())
                    .put("dirty", one.dirty());
        }
    }

    private static void hex(ObjectNode out, String name, OptionalLong value) {
        value.ifPresentOrElse(number -> out.put(name, Json.hex(number)), () -> out.putNull(name));
    }
}
