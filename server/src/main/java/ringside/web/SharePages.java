package ringside.web;

import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import ringside.session.OpenViews;
import ringside.session.Panel;
import ringside.session.Recipe;
import ringside.session.Sentence;
import ringside.session.Session;
import ringside.session.Sessions;
import ringside.session.Takeaway;

/**
 * What a learner takes out of a lab: a link to it, {@code /link/NAME}; its guest as files, {@code /lab/ID/download/NAME}; and a part of it
 * for a page of one's own, {@code /embed/CAPABILITY}, which only its address lets in.
 */
final class SharePages {
    /** Links up to this length stand for themselves. */
    private static final int LONGEST_ADDRESS = 300;

    private static final String TRACE = "trace.jsonl";
    private static final String PLANS = "breakpoints.json";

    private final Sessions sessions;
    private final Keeper keeper;
    private final LabPages lab;
    private final Templates templates;
    private final boolean embeds;

    /** @param embeds may pages of other sites show a part of a lab? */
    SharePages(Sessions sessions, Keeper keeper, LabPages lab, Templates templates, boolean embeds) {
        this.sessions = sessions;
        this.keeper = keeper;
        this.lab = lab;
        this.templates = templates;
        this.embeds = embeds;
    }

    /** The page with all of it: {@code /lab/ID/share}. */
    void share(Context request) {
        Visitor.of(request).remember(request);
        request.html(templates.page("share", request, values(request, lab.session(request))));
    }

    private Map<String, Object> values(Context request, Session session) {
        Map<String, Object> values = new HashMap<>();
        values.put("id", session.id());
        values.put("link", origin(request) + link(session));
        values.put("downloads", Takeaway.names(session));
        values.put("traced", session.recipe().modes());
        values.put("panels", Panel.ALL);
        values.put("open", session.recipe().views());
        values.put("embeds", embeds);
        values.put("frame", Optional.empty());
        return values;
    }

    private static String origin(Context request) {
        return request.scheme() + "://" + request.host();
    }

    private String link(Session session) {
        String address = LabAddress.of(session);
        return address.startsWith("/lab?") && !address.contains("guest=%40") && address.length() <= LONGEST_ADDRESS
                ? address
                : "/link/" + keeper.link(session);
    }

    /** A session of one's own, as the one that the link was made of was then. */
    void follow(Context request) {
        Visitor.of(request).remember(request);
        Recipe recipe = keeper.linked(request.pathParam("name"))
                .orElseThrow(() -> new Refused(404, Sentence.of("refused.link")));
        request.html(lab.whole(request, sessions.open(recipe)));
    }

    /** A file: {@code guest.asm}, {@code guest.bin}, {@code trace.jsonl}, {@code breakpoints.json} or {@code export.zip}. */
    void download(Context request) {
        String name = request.pathParam("name");
        Session session = lab.session(request);
        if (name.equals(TRACE)) {
            trace(request, session);
            return;
        }
        if (name.equals(PLANS)) {
            request.header("Content-Disposition", "attachment; filename=\"" + PLANS + "\"");
            request.contentType("application/json");
            request.result(PlansJson.of(session.view().travel()) + "\n");
            return;
        }
        List<Takeaway.Item> items =
                Takeaway.of(session, name).orElseThrow(() -> new Refused(404, Sentence.of("refused.download", name)));
        request.header("Content-Disposition", "attachment; filename=\"" + name + "\"");
        request.contentType("application/octet-stream");
        request.result(name.endsWith(".zip") ? zip(items) : items.get(0).bytes());
    }

    private static void trace(Context request, Session session) {
        int mode = "b".equals(request.queryParam("mode"))
                        && session.recipe().modes().size() > 1
                ? 1
                : 0;
        request.header("Content-Disposition", "attachment; filename=\"" + TRACE + "\"");
        request.contentType("application/jsonl");
        try (var out = new OutputStreamWriter(request.res().getOutputStream(), StandardCharsets.UTF_8)) {
            Takeaway.trace(session, mode, line -> write(out, TraceJson.of(line) + "\n"));
        } catch (IOException | UncheckedIOException gone) {
            // Nobody waits for the rest.
        }
    }

    private static void write(Writer out, String text) {
        try {
            out.write(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] zip(List<Takeaway.Item> items) {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (Takeaway.Item item : items) {
                zip.putNextEntry(new ZipEntry("guest/" + item.name()));
                zip.write(item.bytes());
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Makes an address at which the lab, as it is now, can be had with a choice of views inside another page. */
    void embed(Context request) {
        Session session = lab.session(request);
        var views = OpenViews.of(request.formParams("view"))
                .in(session.recipe().views().syntaxLabel())
                .lock(Optional.ofNullable(request.formParam("lock")).orElse(""));
        String capability = keeper.embed(session, views, request.formParam("covered") != null);
        var values = values(request, session);
        values.put("frame", Optional.of(origin(request) + "/embed/" + capability));
        values.put("open", views);
        request.html(templates.page("share", request, values));
    }

    /** The part of a lab, for whoever has its address. */
    void embedded(Context request) {
        var embed = keeper.embedded(request.pathParam("capability"))
                .orElseThrow(() -> new Refused(404, Sentence.of("refused.link")));
        request.html(templates.page("embed", request, lab.values(sessions.open(embed.recipe()), embed.covered())));
    }

    /** The embed that a script's request comes from, if it does. */
    static Optional<String> capability(Context request) {
        return Optional.ofNullable(request.header("HX-Current-URL"))
                .map(SharePages::path)
                .filter(path -> path.startsWith(Door.EMBED))
                .map(path -> path.substring(Door.EMBED.length()));
    }

    private static String path(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getPath()).orElse("");
        } catch (IllegalArgumentException notAnAddress) {
            return "";
        }
    }
}
