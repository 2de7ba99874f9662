package ringside.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** The system's Chromium, without a window: the page's own buttons are pressed, and the time ends when the browser has painted the answer. */
final class ChromiumClient implements LabClient {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");
    private static final long START_SECONDS = 60;
    private static final long LOOK_MILLIS = 50;

    /** How the page is asked: it begins with {@code act}, and ends in a frame behind the answer that shows a lab that stands still. */
    private static final String WAIT = """
            new Promise(resolve => {
              const begin = performance.now();
              const seen = () => {
                if (document.querySelector('#lab').dataset.running === 'true') return;
                document.removeEventListener('htmx:after:settle', seen);
                requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begin)));
              };
              document.addEventListener('htmx:after:settle', seen);
              %s
            })""";

    private final String server;
    private final Process process;
    private final DevTools tools;

    /** @param folder for its profile */
    private ChromiumClient(String program, String server, Path folder) throws IOException {
        this.server = server.substring(0, server.length() - 1);
        Path profile = folder.resolve("profile");
        process = new ProcessBuilder(
                        program,
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--window-size=1280,800",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            tools = new DevTools(address(profile.resolve("DevToolsActivePort")));
            tools.newPage();
        } catch (IOException | RuntimeException e) {
            end();
            throw e;
        }
    }

    /** Where it is installed. */
    static Optional<LabClient> installed(String server, Path folder) throws IOException {
        for (String name : NAMES) {
            if (BenchProgram.isInstalled(name)) {
                return Optional.of(new ChromiumClient(name, server, folder));
            }
        }
        return Optional.empty();
    }

    /** Chromium writes its port and a path into a file as soon as it listens. */
    private URI address(Path file) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < end && process.isAlive()) {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            if (lines.size() >= 2) {
                return URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1));
            }
            await();
        }
        throw new IOException("Chromium does not start");
    }

    private static void await() throws IOException {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public String name() {
        return "chromium";
    }

    @Override
    public void open(String lab) throws IOException {
        tools.call("Page.navigate", Json.object().put("url", server + lab));
        JsonNode there = tools.evaluate("new Promise(resolve => {"
                + " const look = () => document.readyState === 'complete' && document.querySelector('#lab')"
                + " ? resolve(true) : setTimeout(look, 20); look(); })");
        if (!there.asBoolean(false)) {
            throw new IOException("Chromium does not show " + lab);
        }
    }

    @Override
    public double press(String name) throws IOException {
        return act("document.querySelector('#steps [data-do=\"" + name + "\"]').click();");
    }

    @Override
    public double seek(String place) throws IOException {
        return act("const field = document.querySelector('#steps [data-do=time]'); field.value = '" + place + "';"
                + " document.querySelector('#seek').requestSubmit();");
    }

    private double act(String script) throws IOException {
        return tools.evaluate(WAIT.formatted(script)).asDouble();
    }

    @Override
    public void close() {
        tools.close();
        end();
    }

    private void end() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
