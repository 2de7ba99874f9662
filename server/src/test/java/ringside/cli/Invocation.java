package ringside.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One command line, run in this process, and what came of it. */
record Invocation(int status, String out, String err) {
    static Invocation of(String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new StringWriter();
        int status = RingsideCommand.execute(out, new PrintWriter(err, true), arguments);
        return new Invocation(status, out.toString(StandardCharsets.ISO_8859_1), err.toString());
    }

    List<String> errorLines() {
        return err.lines().toList();
    }
}
