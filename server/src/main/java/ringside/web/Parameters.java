package ringside.web;

import io.javalin.http.Context;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What an address says behind its question mark. */
interface Parameters {
    /** All values of that name, in their order. */
    List<String> all(String name);

    /** The first value of that name; empty where there is none, or nothing in it. */
    default Optional<String> one(String name) {
        return all(name).stream().findFirst().filter(text -> !text.isEmpty());
    }

    /** Those of a request. */
    static Parameters of(Context request) {
        return request::queryParams;
    }

    /** Those of an address of our own making. */
    static Parameters of(String address) {
        Map<String, List<String>> values = new HashMap<>();
        for (String pair : address.substring(address.indexOf('?') + 1).split("&")) {
            String[] parts = pair.split("=", 2);
            values.computeIfAbsent(parts[0], name -> new ArrayList<>())
                    .add(URLDecoder.decode(parts.length > 1 ? parts[1] : "", StandardCharsets.UTF_8));
        }
        return name -> values.getOrDefault(name, List.of());
    }
}
