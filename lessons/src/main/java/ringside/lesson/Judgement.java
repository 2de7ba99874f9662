package ringside.lesson;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import ringside.session.Observation;

/** Holds a learner's prediction against what the machine does: there is no list of right answers, the guest is run. */
public final class Judgement {
    private final Lesson lesson;
    private final Laboratory laboratory;

    public Judgement(Lesson lesson, Laboratory laboratory) {
        this.lesson = lesson;
        this.laboratory = laboratory;
    }

    /**
     * What came of a prediction.
     *
     * @param findings what was observed, and how it compares with what was predicted
     * @param order of events as they came, by the numbers of the options; empty where that is not asked
     */
    public record Verdict(boolean right, List<Fact.Finding> findings, List<Integer> order) {
        public Verdict {
            findings = List.copyOf(findings);
            order = List.copyOf(order);
        }
    }

    /**
     * Judges an answer.
     *
     * @param answer the number of the option from 0; a number; or the options' numbers in their order, with commas between
     * @return empty where this is no answer to that
     */
    public Optional<Verdict> of(Part.Prediction prediction, String answer) {
        return switch (prediction.sort()) {
            case CHOICE -> choice(prediction, answer);
            case NUMBER, REGISTER -> number(prediction, answer);
            case ORDER -> order(prediction, answer);
        };
    }

    private Optional<Verdict> choice(Part.Prediction prediction, String answer) {
        int chosen = answer.matches("[0-9]") ? Integer.parseInt(answer) : -1;
        if (chosen < 0 || chosen >= prediction.options().size()) {
            return Optional.empty();
        }
        List<Fact.Finding> findings = prediction.options().get(chosen).facts().stream()
                .map(this::tried)
                .toList();
        return Optional.of(new Verdict(findings.stream().allMatch(Fact.Finding::holds), findings, List.of()));
    }

    private Optional<Verdict> number(Part.Prediction prediction, String answer) {
        Fact measured = prediction.answer().orElseThrow();
        Optional<Value> predicted = Value.number(answer);
        if (predicted.isEmpty()) {
            return Optional.empty();
        }
        Fact.Finding finding = tried(measured.with(predicted.get()));
        boolean right = finding.observed()
                .filter(seen -> isMeant(seen, predicted.get(), answer))
                .isPresent();
        return Optional.of(
                new Verdict(right, List.of(new Fact.Finding(finding.fact(), right, finding.observed())), List.of()));
    }

    /** Of a register people may mean hexadecimal without saying so. */
    private static boolean isMeant(Value seen, Value predicted, String answer) {
        return seen.number().equals(predicted.number())
                || seen.hexadecimal()
                        && Value.number("0x" + answer.strip().toLowerCase(Locale.ROOT))
                                .flatMap(Value::number)
                                .equals(seen.number());
    }

    private Optional<Verdict> order(Part.Prediction prediction, String answer) {
        List<Integer> said = new ArrayList<>();
        for (String one : answer.split(",")) {
            said.add(one.strip().matches("[0-9]") ? Integer.parseInt(one.strip()) : -1);
        }
        List<Integer> right = inOrder(prediction);
        if (said.size() != right.size() || !said.containsAll(right)) {
            return Optional.empty();
        }
        return Optional.of(new Verdict(said.equals(right), List.of(), right));
    }

    /** The options' numbers as their events came; those that never came are not among them. */
    List<Integer> inOrder(Part.Prediction prediction) {
        Observation run = observe(prediction.setting().orElseThrow());
        record Came(int option, long order) {}
        return IntStream.range(0, prediction.options().size())
                .boxed()
                .flatMap(i -> prediction
                        .options()
                        .get(i)
                        .happening()
                        .flatMap(happening -> happening.order(run))
                        .map(order -> new Came(i, order))
                        .stream())
                .sorted(Comparator.comparingLong(Came::order))
                .map(Came::option)
                .toList();
    }

    /** Tries a fact on the lesson's guest. */
    Fact.Finding tried(Fact fact) {
        return fact.tried(observe(fact.setting()));
    }

    private Observation observe(Setting setting) {
        return laboratory.observe(lesson.file(Lesson.GUEST), lesson.guest(), setting);
    }

    /**
     * Guest time at which a stage stands at first.
     *
     * @return empty where the guest does not come there
     * @throws ringside.session.BadInput where one of its machines cannot hold the guest
     */
    public Optional<Long> start(Part.Stage stage) {
        stage.settings().forEach(this::observe);
        return observe(stage.settings().get(0)).place(stage.start()).map(Observation.Place::time);
    }
}
