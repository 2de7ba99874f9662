package ringside.web;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import ringside.session.Aim;
import ringside.session.Command;
import ringside.session.OpenViews;
import ringside.session.Pace;
import ringside.session.Sentence;
import ringside.session.Walks;

/** Reads what a form sends as a command. */
final class Commands {
    /** Guest times have at most 18 digits: a long always holds them. */
    private static final int MOST_DIGITS = 18;

    private Commands() {}

    /**
     * The command of a button.
     *
     * @param name the button's {@code data-do}
     * @param field the form's other fields
     */
    static Command read(String name, Function<String, Optional<String>> field) {
        return switch (name) {
            case "step" -> new Command.Step();
            case "back" -> new Command.Back();
            case "run" -> new Command.Run();
            case "pause" -> new Command.Pause();
            case "next-exit" -> new Command.NextExit();
            case "next-difference" -> new Command.NextDifference();
            case "part" ->
                new Command.Part(
                        field.apply("first").orElse(""), field.apply("second").orElse(""));
            case "reset" -> new Command.Reset();
            case "step-over" -> new Command.Over(false);
            case "step-over-back" -> new Command.Over(true);
            case "step-out" -> new Command.Out(false);
            case "step-out-back" -> new Command.Out(true);
            case "run-back" -> new Command.RunBack();
            case "run-to" -> runTo(field, false);
            case "run-to-back" -> runTo(field, true);
            case "seek" -> seek(field.apply("time").orElse(""));
            case "break" -> stop(field);
            case "unbreak" -> new Command.RemoveStop(number(field));
            case "break-on" -> new Command.SwitchStop(number(field), true);
            case "break-off" -> new Command.SwitchStop(number(field), false);
            case "toggle-break" -> toggle(field);
            case "toggle-watch" ->
                new Command.ToggleWatch(field.apply("address").orElse(""));
            case "bookmark" -> new Command.Mark(field.apply("name").orElse(""));
            case "unbookmark" -> new Command.Unmark(time(field.apply("time").orElse("")));
            case "stretch" -> new Command.Stretch();
            case "next-action" -> new Command.Action(false);
            case "previous-action" -> new Command.Action(true);
            case "views" -> new Command.Open(OpenViews.read(field.apply("view").orElse("none")));
            case "syntax" -> new Command.Write(field.apply("syntax").orElse(""));
            case "look" -> new Command.Look(field.apply("address").orElse(""));
            case "walk" ->
                new Command.Walk(
                        field.apply("place").or(() -> field.apply("address")).orElse(""), access(field));
            case "type" -> type(field, false);
            case "type-over" -> type(field, true);
            case "assemble" ->
                new Command.Assemble(field.apply("source").orElse("").replace("\r\n", "\n"));
            default -> toward(name).orElseThrow(() -> new Refused(400, Sentence.of("refused.command", name)));
        };
    }

    /** A guest time, or behind {@code #} the number of a step. */
    private static Command seek(String text) {
        var typed = text.strip();
        return typed.startsWith("#") ? new Command.SeekStep(time(typed.substring(1))) : new Command.Seek(time(typed));
    }

    private static Command stop(Function<String, Optional<String>> field) {
        return new Command.SetStop(
                number(field),
                field.apply("kind").orElse(""),
                field.apply("what").orElse(""),
                field.apply("access").orElse(""),
                field.apply("condition").orElse(""));
    }

    /** Which breakpoint is meant; 0 where none is named. */
    private static int number(Function<String, Optional<String>> field) {
        var text = field.apply("number").orElse("");
        return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
    }

    private static Command toggle(Function<String, Optional<String>> field) {
        var line = field.apply("line").filter(number -> !number.isEmpty());
        return new Command.ToggleStop(line.or(() -> field.apply("address")).orElse(""), line.isPresent());
    }

    /** To what a button names behind {@code next-} or {@code previous-}. */
    private static Optional<Command> toward(String name) {
        int dash = name.indexOf('-') + 1;
        var aim = Aim.named(name.substring(dash));
        return switch (name.substring(0, dash)) {
            case "next-" -> aim.map(Command.Next::new);
            case "previous-" -> aim.map(Command.Previous::new);
            case "speed-" -> Pace.numbered(name.substring(dash)).map(Command.SetPace::new);
            default -> Optional.empty();
        };
    }

    /** To a line of the source by its number, which is decimal, or to an address. */
    private static Command runTo(Function<String, Optional<String>> field, boolean back) {
        var place = field.apply("place").orElse("").strip();
        return new Command.RunTo(place, place.matches("[0-9]+"), back);
    }

    private static Command type(Function<String, Optional<String>> field, boolean over) {
        return new Command.Type(
                field.apply("keys").orElse(""), field.apply("enter").isPresent(), over);
    }

    /** What is done with the address whose translation is asked for. */
    static Walks.Access access(Function<String, Optional<String>> field) {
        var wanted = field.apply("access").orElse("read");
        for (Walks.Kind kind : Walks.Kind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(wanted)) {
                return new Walks.Access(kind, field.apply("program").isPresent());
            }
        }
        throw new Refused(400, Sentence.of("refused.access", wanted));
    }

    /** A guest time as people type it: digits, perhaps set apart; nothing means the start. */
    static long time(String text) {
        var digits = text.replaceAll("[\\s\u202F\u00A0]", "");
        if (digits.isEmpty()) {
            return 0;
        }
        if (digits.length() > MOST_DIGITS || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new Refused(400, Sentence.of("refused.time", text));
        }
        return Long.parseLong(digits);
    }
}
