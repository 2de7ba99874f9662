package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import ringside.bus.InputLog;

/** Types into a lab's guest what a learner sends, or keeps it as a draft and says why it was not sent. */
final class Typist {
    private String draft = "";

    /** What was not sent. */
    String draft() {
        return draft;
    }

    /** @return why it was not sent */
    Optional<Sentence> type(Command.Type command, Lockstep lockstep) {
        var text = command.enter() ? command.text() + "\r" : command.text();
        var why = refusal(text, command.over(), lockstep);
        if (why.isEmpty()) {
            lockstep.type(text.getBytes(StandardCharsets.ISO_8859_1));
        }
        draft = why.isEmpty() ? "" : command.text();
        return why;
    }

    private static Optional<Sentence> refusal(String text, boolean over, Lockstep lockstep) {
        if (!text.chars().allMatch(c -> c <= 0xFF)) {
            return Optional.of(Sentence.of("notice.typing.characters"));
        }
        var later = later(lockstep);
        if (later.isPresent() && !over) {
            return Optional.of(Sentence.of(
                    "notice.typing.later", later.get().count(), later.get().last()));
        }
        long kept = lockstep.inputs().size() - later.map(Views.Later::count).orElse(0L);
        return kept + text.length() > InputLog.CAPACITY
                ? Optional.of(Sentence.of("notice.typing.full", InputLog.CAPACITY))
                : Optional.empty();
    }

    /** What was typed at a later time than the present, which typing now would undo. */
    static Optional<Views.Later> later(Lockstep lockstep) {
        var inputs = lockstep.inputs();
        int first = inputs.size();
        while (first > 0 && inputs.time(first - 1) > lockstep.time()) {
            first--;
        }
        return first == inputs.size()
                ? Optional.empty()
                : Optional.of(new Views.Later((long) inputs.size() - first, inputs.time(inputs.size() - 1)));
    }
}
