package ringside.web;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import ringside.session.Sentence;

/** Style sheets, scripts and pictures from the jar. */
final class StaticFiles {
    private static final Pattern PATH = Pattern.compile("[a-z0-9-]+(/[a-z0-9-]+)*\\.(css|js|svg)");
    private static final Map<String, String> TYPES =
            Map.of("css", "text/css", "js", "text/javascript", "svg", "image/svg+xml");

    private final Map<String, Held> files = new ConcurrentHashMap<>();

    private record Held(byte[] bytes, String tag) {}

    /** Answers for the file that the address names. */
    void answer(Context request) {
        var path = request.path().substring("/static/".length());
        if (!PATH.matcher(path).matches()) {
            throw new Refused(404, Sentence.of("refused.page"));
        }
        var held = files.computeIfAbsent(path, StaticFiles::read);
        request.header("ETag", held.tag);
        request.header("Cache-Control", "no-cache");
        if (held.tag.equals(request.header("If-None-Match"))) {
            request.status(304);
            return;
        }
        request.contentType(TYPES.get(path.substring(path.lastIndexOf('.') + 1)) + "; charset=utf-8");
        request.result(held.bytes);
    }

    private static Held read(String path) {
        try (InputStream in = StaticFiles.class.getResourceAsStream("/static/" + path)) {
            if (in == null) {
                throw new Refused(404, Sentence.of("refused.page"));
            }
            var bytes = in.readAllBytes();
            var hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return new Held(bytes, '"' + HexFormat.of().formatHex(hash, 0, 12) + '"');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
