package ringside.web;

import ringside.session.Travel;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a learner has set up in a lab as JSON: breakpoints with how often each was met, bookmarks, speed. */
final class PlansJson {
    private static final JsonMapper MAPPER = new JsonMapper();

    private PlansJson() {}

    static ObjectNode of(Travel travel) {
        ObjectNode json = MAPPER.createObjectNode();
        ArrayNode stops = json.putArray("breakpoints");
        for (Travel.Shown shown : travel.stops()) {
            var stop = shown.stop();
            stops.addObject()
                    .put("number", stop.number())
                    .put("kind", stop.kind().text())
                    .put("what", stop.what())
                    .put("access", stop.access().text())
                    .put("condition", stop.condition())
                    .put("enabled", stop.enabled())
                    .put("text", stop.text())
                    .put("known", shown.known())
                    .put("hits", shown.hits());
        }
        ArrayNode bookmarks = json.putArray("bookmarks");
        travel.bookmarks()
                .forEach(mark -> bookmarks.addObject().put("time", mark.time()).put("name", mark.name()));
        return json.put("speed", travel.pace().number());
    }
}
