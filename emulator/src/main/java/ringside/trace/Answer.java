package ringside.trace;

import java.util.ArrayList;
import java.util.List;
import ringside.probe.Deed;

/** Sorts the steps that are told to the exits that they answer: from the way out of the guest to the way back. */
public final class Answer {
    /** Steps that are kept of one answer. */
    private static final int MOST = 64;

    private List<Step> steps = new ArrayList<>();

    /** The exit that the steps answer has been told. */
    private boolean told;

    /** The guest goes on: what is done now answers nothing. */
    private boolean closed = true;

    /**
     * One step.
     *
     * @param by who has done it, as in events; {@code cpu} where the processor has
     * @param detail what it concerns, as {@link Deed} says
     */
    public record Step(Deed deed, String by, long detail) {}

    /** Something is done. */
    public void add(Deed deed, String by, long detail) {
        if (deed.isFirst()) {
            begin();
        }
        boolean waitsOn = deed == Deed.BLOCK && isLast(Deed.BLOCK);
        if (!closed && !waitsOn && steps.size() < MOST) {
            steps.add(new Step(deed, by, detail));
        }
        closed |= deed.isLast();
    }

    /**
     * An exit is told.
     *
     * @return the steps that answer it, to which more will come
     */
    public List<Step> exit() {
        if (told || closed) {
            begin();
        }
        told = true;
        return steps;
    }

    /** Is an exit being answered, so that more steps may come? */
    public boolean isOpen() {
        return told && !closed;
    }

    /** Goes on with the steps of an exit that has been told. */
    public void goOn(List<Step> known) {
        steps = known;
        told = true;
        closed = !known.isEmpty() && known.get(known.size() - 1).deed().isLast();
    }

    private boolean isLast(Deed deed) {
        return !steps.isEmpty() && steps.get(steps.size() - 1).deed() == deed;
    }

    private void begin() {
        steps = new ArrayList<>();
        told = false;
        closed = false;
    }
}
