package ringside.web;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.SizeUnit;
import io.javalin.http.Context;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import ringside.lesson.LessonFolder;
import ringside.session.BadInput;
import ringside.session.MatrixTables;
import ringside.session.Reference;
import ringside.session.Refusal;
import ringside.session.Sentence;
import ringside.session.Sessions;
import ringside.store.LabStore;

/** The lab as a server: it listens on one address, and holds the sessions of those who visit. */
public final class LabServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LabServer.class);
    private static final int MOST_THREADS = 64;
    private static final long IDLE_CONNECTION_MILLIS = 30_000;

    private final Javalin javalin;
    private final Sessions sessions;
    private final LabStore store;
    private final String address;

    private LabServer(Javalin javalin, Sessions sessions, LabStore store, String address) {
        this.javalin = javalin;
        this.sessions = sessions;
        this.store = store;
        this.address = address;
    }

    /**
     * Starts to listen.
     *
     * @param address a name or number of this machine; 127.0.0.1 unless others should come in too
     * @param port 1 to 65535, or 0 for any that is free
     * @throws IOException if the address or port cannot be had; its message says so in a sentence
     */
    public static LabServer start(String address, int port) throws IOException {
        return start(address, port, LabStore.inMemory(LabStore.Limits.DEFAULT), List.of());
    }

    /**
     * What a server offers beside labs.
     *
     * @param embedFrom sites whose pages may show labs inside them, as {@code https://example.org}
     * @param lessons a folder of lessons beside the course that comes with Ringside
     * @param preview pages of that folder's lessons show what is wrong with them, and load again when a file changes
     */
    public record Choice(List<String> embedFrom, Optional<LessonFolder> lessons, boolean preview) {
        public Choice {
            embedFrom = List.copyOf(embedFrom);
        }
    }

    /** The same with labs that come back after the server has ended. */
    public static LabServer start(String address, int port, LabStore store, List<String> embedFrom) throws IOException {
        return start(address, port, store, new Choice(embedFrom, Optional.empty(), false));
    }

    /**
     * The same with lessons of one's own.
     *
     * @param store where labs are kept; it is closed with the server, or where that cannot be started
     * @throws IllegalArgumentException where a site is none
     */
    public static LabServer start(String address, int port, LabStore store, Choice choice) throws IOException {
        List<String> embedFrom = choice.embedFrom;
        embedFrom.stream().filter(site -> !Door.isSite(site)).findFirst().ifPresent(other -> {
            throw new IllegalArgumentException("a site is named like https://example.org, not " + other);
        });
        var sessions = new Sessions(Sessions.Limits.DEFAULT);
        var keeper = new Keeper(sessions, store);
        var javalin =
                Javalin.create(config -> configure(config, new Door(address, embedFrom), sessions, keeper, choice));
        try {
            javalin.start(address, port);
        } catch (JavalinBindException e) {
            sessions.close();
            store.close();
            throw new IOException("cannot listen on " + address + " port " + port
                    + ": it is not this machine's, or another program has it (try another --port)");
        }
        return new LabServer(javalin, sessions, store, address);
    }

    public int port() {
        return javalin.port();
    }

    /** What to type into a browser. */
    public String url() {
        return "http://" + (address.contains(":") ? "[" + address + "]" : address) + ":" + port() + "/";
    }

    @Override
    public void close() {
        javalin.stop();
        sessions.close();
        store.close();
    }

    private static void configure(JavalinConfig config, Door door, Sessions sessions, Keeper keeper, Choice choice) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.maxRequestSize = Door.MOST_BODY;
        config.http.generateEtags = false;
        // What is sent stays in memory: it is bounded, and nothing is left behind in a folder.
        config.jetty.multipartConfig.maxInMemoryFileSize((int) Door.MOST_BODY, SizeUnit.BYTES);
        config.jetty.multipartConfig.maxTotalRequestSize(Door.MOST_BODY, SizeUnit.BYTES);
        config.jetty.threadPool = new QueuedThreadPool(MOST_THREADS, 4);
        config.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setIdleTimeout(IDLE_CONNECTION_MILLIS);
        });

        var templates = new Templates();
        var files = new StaticFiles();
        var lessons = new Lessons(choice.lessons, choice.preview);
        var lab = new LabPages(sessions, keeper, templates, lessons);
        var course = new LessonPages(lessons, sessions, lab, templates);
        var tables = new MatrixTables();
        var reference = new Reference(tables);
        var share = new SharePages(sessions, keeper, lab, templates, !choice.embedFrom.isEmpty());
        var cards = new ReferencePages(reference, templates);
        var routes = config.routes;
        routes.before(door::check);
        var front = new FrontPage(sessions, templates);
        routes.get("/", front::show);
        routes.get("/showcase", front::showcase);
        routes.get("/matrix", new MatrixPage(tables, reference, templates)::show);
        routes.get("/reference", cards::list);
        routes.get("/reference/{name}", cards::card);
        routes.get("/compare", new ComparePage(sessions, templates)::show);
        routes.get("/costs", new CostsPage(templates)::show);
        routes.get("/lab", lab::open);
        routes.get("/lab/{id}", lab::show);
        routes.post("/lab", lab::take);
        routes.post("/lab/{id}", lab::perform);
        routes.get("/lab/{id}/view/{name}", lab::view);
        routes.get("/lab/{id}/share", share::share);
        routes.post("/lab/{id}/share", share::embed);
        routes.get("/lab/{id}/download/{name}", share::download);
        routes.get("/link/{name}", share::follow);
        routes.get(Door.EMBED + "{capability}", share::embedded);
        var editor = new EditorPages(sessions, lab, templates);
        routes.post("/lab/{id}/check", editor::check);
        routes.post("/lab/{id}/format", editor::format);
        routes.get("/assembly-words", editor::assemblyWords);
        routes.get("/lessons", course::list);
        routes.get("/lessons/{name}", course::show);
        routes.get("/lessons/{name}/guest.asm", course::guest);
        routes.get("/lessons/{name}/{beat}", course::show);
        routes.post("/lessons/{name}", course::answer);
        routes.post("/lessons/{name}/{beat}", course::answer);
        routes.get("/lesson-version", course::version);
        routes.get("/progress", course::progress);
        routes.get("/glossary", course::glossary);
        routes.get("/health", request -> request.result("ok\n"));
        routes.get("/static/*", files::answer);

        routes.exception(Refused.class, (e, request) -> explain(request, templates, e.status(), e.sentence()));
        routes.exception(Refusal.class, (e, request) -> explain(request, templates, 400, e.sentence()));
        routes.exception(
                BadInput.class,
                (e, request) -> explain(request, templates, 400, Sentence.of("refused.run", e.sentence())));
        routes.exception(
                io.javalin.http.ContentTooLargeResponse.class,
                (e, request) -> explain(request, templates, 413, Sentence.of("refused.large.any", Door.MOST_BODY)));
        routes.exception(Exception.class, (e, request) -> {
            LOG.error("{} {} failed", request.method(), request.path(), e);
            explain(
                    request,
                    templates,
                    500,
                    Sentence.of("refused.bug", e.getClass().getName()));
        });
        routes.error(404, request -> {
            if (request.result() == null
                    || request.result().equals("Not Found")
                    || request.result().startsWith("Endpoint")) {
                explain(request, templates, 404, Sentence.of("refused.page"));
            }
        });
    }

    /** A page, or for a script its part, that says what went wrong; if even that fails, the sentence alone. */
    private static void explain(Context request, Templates templates, int status, Sentence sentence) {
        request.status(status);
        try {
            var values = Map.<String, Object>of(
                    "sentence", sentence, "status", status, "self", "/", "place", place(request));
            request.html(
                    Visitor.of(request).partial()
                            ? templates.fragment("refused", "refused", request, values)
                            : templates.page("refused", request, values));
        } catch (RuntimeException e) {
            LOG.error("no page for {}", sentence.key(), e);
            request.status(500).contentType("text/plain; charset=utf-8");
            request.result(Words.in("en").of(sentence) + "\n");
        }
    }

    /** The part of the page that the answer takes the place of, by its id. */
    private static String place(Context request) {
        var target = request.header("HX-Target");
        return target != null && target.endsWith("#answer") ? "answer" : "lab";
    }
}
