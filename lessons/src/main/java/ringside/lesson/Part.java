package ringside.lesson;

import java.util.List;
import java.util.Optional;

/** A part of a beat. */
public sealed interface Part {
    /** Where it begins in its file. */
    int line();

    /** The marks of its text. */
    default List<Mark> marks() {
        return List.of();
    }

    /** What two languages must have in common. */
    String shape();

    /** For a template: which fragment prints it. */
    default String name() {
        return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }

    /** A text, safe to show. */
    record Prose(int line, String html, int blocks, List<Mark> marks) implements Part {
        public Prose {
            marks = List.copyOf(marks);
        }

        @Override
        public String shape() {
            return "text of " + blocks + (blocks == 1 ? " block" : " blocks");
        }
    }

    /**
     * A live machine.
     *
     * @param settings one or two, side by side
     * @param views that are open
     * @param start a milestone at which it stands at first
     * @param controls names of the buttons that it has
     */
    record Stage(int line, List<Setting> settings, List<String> views, String start, List<String> controls)
            implements Part {
        public Stage {
            settings = List.copyOf(settings);
            views = List.copyOf(views);
            controls = List.copyOf(controls);
        }

        @Override
        public String shape() {
            return "stage of " + settings + " with " + views + " at " + start + " and " + controls;
        }
    }

    /**
     * A question that the machine answers.
     *
     * @param number counts the lesson's predictions from 1
     * @param options to choose from or to order
     * @param answer what is measured, where there are no options
     * @param setting of the run whose order is asked for
     */
    record Prediction(
            int line,
            int number,
            Sort sort,
            Prose question,
            List<Option> options,
            Optional<Fact> answer,
            Optional<Setting> setting)
            implements Part {
        public Prediction {
            options = List.copyOf(options);
        }

        @Override
        public List<Mark> marks() {
            return question.marks();
        }

        @Override
        public String shape() {
            return "prediction of " + sort + " among "
                    + options.stream().map(Option::shape).toList()
                    + answer.map(Fact::text).orElse("")
                    + setting.map(Setting::mode).orElse("");
        }
    }

    /** How a prediction is made. */
    enum Sort {
        CHOICE,
        NUMBER,
        REGISTER,
        ORDER;

        public String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * Something to choose or to order.
     *
     * @param facts that hold where it is the right choice
     * @param happening what is ordered
     */
    record Option(String html, List<Fact> facts, Optional<Happening> happening) {
        public Option {
            facts = List.copyOf(facts);
        }

        String shape() {
            return facts.stream().map(Fact::text).toList()
                    + happening.map(Happening::text).orElse("");
        }
    }

    /** A text that is shown when somebody asks for it. */
    record Reveal(int line, String title, Prose prose) implements Part {
        @Override
        public List<Mark> marks() {
            return prose.marks();
        }

        @Override
        public String shape() {
            return "reveal, " + prose.shape();
        }
    }

    /** Hints, one after the other. */
    record Hints(int line, List<Prose> rungs) implements Part {
        public Hints {
            rungs = List.copyOf(rungs);
        }

        @Override
        public List<Mark> marks() {
            return rungs.stream().flatMap(rung -> rung.marks().stream()).toList();
        }

        @Override
        public String shape() {
            return "hints: " + rungs.size();
        }
    }

    /** A note for teachers. */
    record Teacher(int line, Prose prose) implements Part {
        @Override
        public List<Mark> marks() {
            return prose.marks();
        }

        @Override
        public String shape() {
            return "teacher, " + prose.shape();
        }
    }

    /** The lesson's exercise: an editor, and the checks that grade it. */
    record Task(int line) implements Part {
        @Override
        public String shape() {
            return "check";
        }
    }
}
