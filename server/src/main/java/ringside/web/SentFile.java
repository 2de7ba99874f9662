package ringside.web;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import ringside.session.GuestFile;
import ringside.session.MachineChoice;
import ringside.session.Recipe;
import ringside.session.Sentence;
import ringside.session.Sessions;
import ringside.session.StartChoice;
import ringside.session.Typing;

/** A learner's file as a form sends it, with what is said about its start and its machine. */
final class SentFile {
    private static final int LONGEST_NAME = 80;

    private SentFile() {}

    /** Takes the file, or refuses it in a sentence. */
    static Recipe read(Context request, Sessions sessions) {
        var sent = Optional.ofNullable(request.uploadedFile("file"))
                .filter(file -> !file.filename().isBlank())
                .orElseThrow(() -> new Refused(400, Sentence.of("refused.nofile")));
        byte[] bytes;
        try (var content = sent.content()) {
            bytes = content.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var start = new StartChoice(bits(field(request, "bits")), address(request, "load"), address(request, "entry"));
        var machine = MachineChoice.read(name -> field(request, name));
        var modes = request.formParams("mode").stream()
                .filter(mode -> !mode.isEmpty())
                .toList();
        var guest = sessions.take(new GuestFile(name(sent.filename()), bytes), start, machine);
        return new Recipe(
                guest, modes.isEmpty() ? sessions.modes(guest, machine).subList(0, 1) : modes, machine, Typing.NONE, 0);
    }

    /** The last part of a path, shortened at its beginning. */
    private static String name(String path) {
        var last = path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
        return last.substring(Math.max(0, last.length() - LONGEST_NAME));
    }

    private static Optional<String> field(Context request, String name) {
        return Optional.ofNullable(request.formParam(name)).map(String::trim).filter(text -> !text.isEmpty());
    }

    private static OptionalInt bits(Optional<String> text) {
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        return switch (text.get()) {
            case "16", "32", "64" -> OptionalInt.of(Integer.parseInt(text.get()));
            default -> throw new Refused(400, Sentence.of("refused.bits", text.get()));
        };
    }

    private static OptionalLong address(Context request, String name) {
        var text = field(request, name);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(StartChoice.address(text.get())
                .orElseThrow(() -> new Refused(400, Sentence.of("refused.address", text.get()))));
    }
}
