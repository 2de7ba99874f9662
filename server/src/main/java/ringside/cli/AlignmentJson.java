package ringside.cli;

import java.util.List;
import ringside.session.Alignment;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The JSON of {@code compare}. */
final class AlignmentJson {
    private AlignmentJson() {}

    static ObjectNode of(Alignment alignment) {
        List<Alignment.Side> sides = alignment.sides();
        ObjectNode json = Json.object();
        ArrayNode modes = json.putArray("modes");
        sides.forEach(side -> modes.add(side.mode()));
        json.put("alignedBy", alignment.segments().isEmpty() ? "guest-time" : "milestones");
        ObjectNode ends = json.putObject("ends");
        for (Alignment.Side side : sides) {
            ends.putObject(side.mode())
                    .put("end", side.end())
                    .put("status", side.status())
                    .put("steps", side.steps())
                    .put("time", side.time())
                    .put("moreExits", side.moreExits());
        }
        ObjectNode exits = json.putObject("exits");
        for (Alignment.Side side : sides) {
            ArrayNode list = exits.putArray(side.mode());
            for (Alignment.Left left : side.exits()) {
                ObjectNode one = list.addObject()
                        .put("time", left.time())
                        .put("rip", Json.hex(left.rip()))
                        .put("text", left.text());
                Json.event(one, left.event());
            }
        }
        if (!alignment.segments().isEmpty()) {
            segments(json.putArray("segments"), alignment);
        }
        if (alignment.divergence().isPresent()) {
            divergence(
                    json.putObject("divergence"), sides, alignment.divergence().get());
        } else {
            json.putNull("divergence");
        }
        return json;
    }

    private static void segments(ArrayNode json, Alignment alignment) {
        for (Alignment.Segment segment : alignment.segments()) {
            ObjectNode one = json.addObject().put("from", segment.from()).put("to", segment.to());
            ObjectNode parts = one.putObject("parts");
            for (int i = 0; i < segment.parts().size(); i++) {
                Alignment.Part part = segment.parts().get(i);
                ObjectNode there = parts.putObject(alignment.sides().get(i).mode())
                        .put("time", part.time())
                        .put("steps", part.steps())
                        .put("serial", part.serial());
                ArrayNode exits = there.putArray("exits");
                part.exits().forEach(exit -> Json.exits(exits.addObject(), exit));
            }
        }
    }

    private static void divergence(ObjectNode json, List<Alignment.Side> sides, Alignment.Divergence divergence) {
        json.put("time", divergence.time())
                .put("rip", Json.hex(divergence.rip()))
                .put("text", divergence.text());
        ObjectNode events = json.putObject("events");
        for (int i = 0; i < sides.size(); i++) {
            ArrayNode list = events.putArray(sides.get(i).mode());
            divergence.events().get(i).forEach(event -> Json.event(list.addObject(), event));
        }
        ArrayNode differs = json.putArray("differs");
        for (Alignment.Differs one : divergence.differs()) {
            ObjectNode values = differs.addObject().put("name", one.name()).putObject("values");
            for (int i = 0; i < sides.size(); i++) {
                values.put(sides.get(i).mode(), one.values().get(i));
            }
        }
    }
}
