package ringside.web;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import ringside.session.GuestFile;
import ringside.session.Sessions;
import ringside.session.Sources;

/** What the editor asks the server while somebody writes. */
final class EditorPages {
    private final Sessions sessions;
    private final LabPages labs;
    private final Templates templates;

    EditorPages(Sessions sessions, LabPages labs, Templates templates) {
        this.sessions = sessions;
        this.labs = labs;
        this.templates = templates;
    }

    /** What an editor should colour and complete: mnemonics, registers and directives, a line each. */
    void assemblyWords(Context request) {
        request.header("Cache-Control", "no-cache");
        request.contentType("text/plain; charset=utf-8");
        var words = sessions.assemblyWords();
        request.result(String.join(" ", words.mnemonics()) + "\n" + String.join(" ", words.registers()) + "\n"
                + String.join(" ", words.directives()) + "\n");
    }

    /** The errors of a source that is being written, as a part of the lab's page; without content where it is not looked over. */
    void check(Context request) {
        var found = labs.session(request).check(source(request));
        if (found.isEmpty()) {
            request.status(HttpStatus.NO_CONTENT);
            return;
        }
        request.html(templates.fragment("lab", "answer", request, Map.of("editor", found.get(), "asTyped", true)));
    }

    /** The source in columns: alone for a script, else in the editor of the lab's page. */
    void format(Context request) {
        var file = new GuestFile("own.asm", source(request).getBytes(StandardCharsets.UTF_8));
        var formatted = Sources.format(file);
        if (Visitor.of(request).partial()) {
            request.contentType("text/plain; charset=utf-8");
            request.result(formatted);
            return;
        }
        var session = labs.session(request);
        session.write(formatted);
        request.redirect("/lab/" + session.id() + "#editor", HttpStatus.SEE_OTHER);
    }

    private static String source(Context request) {
        return Optional.ofNullable(request.formParam("source")).orElse("").replace("\r\n", "\n");
    }
}
