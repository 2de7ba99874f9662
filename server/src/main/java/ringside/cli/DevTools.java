package ringside.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The Chrome DevTools Protocol over its WebSocket: a message is sent, and its answer awaited; events are passed over. */
final class DevTools implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 120;
    private static final JsonMapper MAPPER = new JsonMapper();

    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final WebSocket socket;
    private int last;
    private String session = "";

    DevTools(URI address) {
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(address, new Listener())
                .join();
    }

    /** A page of its own, to which all that follows is said. */
    void newPage() throws IOException {
        ObjectNode wanted = Json.object().put("url", "about:blank");
        String target = call("Target.createTarget", wanted).path("targetId").asString();
        ObjectNode attach = Json.object().put("targetId", target).put("flatten", true);
        session = call("Target.attachToTarget", attach).path("sessionId").asString();
    }

    /**
     * What a script says at its end; of a promise, what becomes of it.
     *
     * @throws IOException where it fails
     */
    JsonNode evaluate(String script) throws IOException {
        ObjectNode parameters = Json.object()
                .put("expression", script)
                .put("awaitPromise", true)
                .put("returnByValue", true);
        JsonNode answer = call("Runtime.evaluate", parameters);
        if (answer.has("exceptionDetails")) {
            throw new IOException("a script failed in the browser: " + answer.path("exceptionDetails"));
        }
        return answer.path("result").path("value");
    }

    JsonNode call(String method, ObjectNode parameters) throws IOException {
        int number = ++last;
        ObjectNode message = Json.object().put("id", number).put("method", method);
        message.set("params", parameters);
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        socket.sendText(Json.text(message), true).join();
        while (true) {
            JsonNode answer = MAPPER.readTree(next());
            if (answer.path("id").asInt(0) == number) {
                if (answer.has("error")) {
                    throw new IOException("the browser refuses " + method + ": " + answer.path("error"));
                }
                return answer.path("result");
            }
        }
    }

    private String next() throws IOException {
        try {
            String message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (message == null) {
                throw new IOException("the browser does not answer");
            }
            return message;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        socket.abort();
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
            message.append(part);
            if (isLast) {
                messages.add(message.toString());
                message.setLength(0);
            }
            from.request(1);
            return java.util.concurrent.CompletableFuture.completedFuture(part);
        }
    }
}
