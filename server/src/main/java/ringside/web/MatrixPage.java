package ringside.web;

import io.javalin.http.Context;
import java.io.Writer;
import java.util.Map;
import java.util.Optional;
import ringside.session.Matrix;
import ringside.session.MatrixTables;
import ringside.session.MatrixTables.Group;
import ringside.session.MatrixTables.Table;
import ringside.session.Reference;

/**
 * The matrix: what comes of every privileged or sensitive instruction in every mode, {@code /matrix?bits=32}. The first visitor sees the
 * rows while they are being run: each is sent as soon as it is there.
 */
final class MatrixPage {
    private static final int FIRST_BITS = 32;

    private final MatrixTables tables;
    private final Reference reference;
    private final Templates templates;

    MatrixPage(MatrixTables tables, Reference reference, Templates templates) {
        this.tables = tables;
        this.reference = reference;
        this.templates = templates;
    }

    void show(Context request) {
        Visitor.of(request).remember(request);
        int bits = bits(request).orElse(FIRST_BITS);
        Streamed.page(
                "matrix",
                request,
                templates,
                out -> Map.of(
                        "table",
                        sent(tables.of(bits), out),
                        "sizes",
                        Matrix.codeSizes(),
                        "reference",
                        reference,
                        "self",
                        "/matrix?bits=" + bits));
    }

    /** The code size that was asked for, if there are tables for it. */
    static Optional<Integer> bits(Context request) {
        String wanted = Optional.ofNullable(request.queryParam("bits")).orElse("");
        return Matrix.codeSizes().stream()
                .filter(size -> wanted.equals(size.toString()))
                .findFirst();
    }

    private static Table sent(Table table, Writer out) {
        return new Table(
                table.bits(),
                table.columns(),
                table.groups().stream()
                        .map(group -> new Group(group.name(), Streamed.sent(group.rows(), out)))
                        .toList());
    }
}
