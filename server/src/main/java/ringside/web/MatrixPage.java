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
import java.util.zip.GZIPOutputStream;
import org.thymeleaf.exceptions.TemplateEngineException;
import ringside.session.Matrix;
import ringside.session.MatrixTables;
import ringside.session.MatrixTables.Group;
import ringside.session.MatrixTables.Row;
import ringside.session.MatrixTables.Table;

/**
 * The matrix: what comes of every privileged or sensitive instruction in every mode, {@code /matrix?bits=32}. The first visitor sees the
 * rows while they are being run: each is sent as soon as it is there.
 */
final class MatrixPage {
    private static final int FIRST_BITS = 32;

    private final MatrixTables tables = new MatrixTables();
    private final Templates templates;

    MatrixPage(Templates templates) {
        this.templates = templates;
    }

    void show(Context request) {
        Visitor.of(request).remember(request);
        String wanted = Optional.ofNullable(request.queryParam("bits")).orElse("");
        int bits = Matrix.codeSizes().stream()
                .filter(size -> wanted.equals(size.toString()))
                .findFirst()
                .orElse(FIRST_BITS);
        request.contentType("text/html; charset=utf-8");
        try (Writer out = new OutputStreamWriter(stream(request), StandardCharsets.UTF_8)) {
            templates.page(
                    "matrix",
                    request,
                    Map.of("table", sent(tables.of(bits), out), "sizes", Matrix.codeSizes(), "self", "/matrix"),
                    out);
        } catch (IOException gone) {
            // The visitor has left, and nobody waits for the rest.
        } catch (TemplateEngineException e) {
            if (!isGone(e)) {
                throw e;
            }
        }
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

    /** The same table; before a row is looked for, what was written of the page is sent. */
    private static Table sent(Table table, Writer out) {
        return new Table(
                table.bits(),
                table.columns(),
                table.groups().stream()
                        .map(group -> new Group(group.name(), sent(group.rows(), out)))
                        .toList());
    }

    private static Iterable<Row> sent(Iterable<Row> rows, Writer out) {
        return () -> {
            Iterator<Row> all = rows.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return all.hasNext();
                }

                @Override
                public Row next() {
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
}
