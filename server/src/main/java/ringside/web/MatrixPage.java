package ringside.web;

import io.javalin.http.Context;
import java.util.Map;
import java.util.Optional;
import ringside.session.Matrix;
import ringside.session.MatrixTables;

/** The matrix: what comes of every privileged or sensitive instruction in every mode, {@code /matrix?bits=32}. */
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
        request.html(templates.page(
                "matrix", request, Map.of("table", tables.of(bits), "sizes", Matrix.codeSizes(), "self", "/matrix")));
    }
}
