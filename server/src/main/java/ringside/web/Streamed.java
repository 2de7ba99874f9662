package ringside.web;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.GZIPOutputStream;
import org.thymeleaf.exceptions.TemplateEngineException;

/** A page whose parts are sent while later ones are still being found. */
final class Streamed {
    private Streamed() {}

    /**
     * Fills a template and sends it piece by piece.
     *
     * @param values the template's, for somebody who sends what was written so far
     */
    static void page(
            String template, Context request, Templates templates, Function<Writer, Map<String, Object>> values) {
        request.contentType("text/html; charset=utf-8");
        try (Writer out = new OutputStreamWriter(stream(request), StandardCharsets.UTF_8)) {
            templates.page(template, request, values.apply(out), out);
        } catch (IOException gone) {
            // The visitor has left, and nobody waits for the rest.
        } catch (TemplateEngineException e) {
            if (!isGone(e)) {
                throw e;
            }
        }
    }

    /** The same things; before each is looked for, what was written of the page is sent. */
    static <T> Iterable<T> sent(Iterable<T> things, Writer out) {
        return () -> {
            Iterator<T> all = things.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return all.hasNext();
                }

                @Override
                public T next() {
                    try {
                        out.flush();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return all.next();
                }
            };
        };
    }

    /** Could the page not be sent any more? */
    private static boolean isGone(Throwable e) {
        Throwable cause = e.getCause();
        return e instanceof IOException || cause != null && isGone(cause);
    }

    /** Compressed where the browser takes that, and still sent piece by piece. */
    private static OutputStream stream(Context request) throws IOException {
        OutputStream plain = request.res().getOutputStream();
        String accepted = Optional.ofNullable(request.header("Accept-Encoding")).orElse("");
        request.header("Vary", "Accept-Encoding");
        if (!accepted.contains("gzip")) {
            return plain;
        }
        request.header("Content-Encoding", "gzip");
        return new GZIPOutputStream(plain, true);
    }
}
