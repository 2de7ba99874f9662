package ringside.trace;

import java.util.ArrayList;
import java.util.List;
import ringside.probe.Deed;
import ringside.probe.Event;
import ringside.probe.Probe;

/** What happens at one boundary after the other, each exit with what is done about it. */
public final class Account implements Probe {
    private final Answer answer = new Answer();
    private List<Told> boundary = new ArrayList<>();

    /**
     * An event.
     *
     * @param steps what was done about it, in order; the way back to the guest may come at a later boundary. Empty where it is no exit
     */
    public record Told(Event event, List<Answer.Step> steps) {}

    @Override
    public void event(Event event) {
        boundary.add(new Told(
                event, event instanceof Event.Exit exit && exit.isAnswered() ? answer.exit() : List.of()));
    }

    @Override
    public void step(Deed deed, String who, long detail) {
        answer.add(deed, who, detail);
    }

    /** Is an exit being answered, so that more steps may come? */
    public boolean isOpen() {
        return answer.isOpen();
    }

    /** What has happened since this was asked last. */
    public List<Told> take() {
        List<Told> taken = boundary;
        boundary = new ArrayList<>();
        return taken;
    }
}
