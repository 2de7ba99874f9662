package ringside.monitor.kvm;

import java.util.ArrayList;
import java.util.List;
import ringside.probe.Inspection;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/** The ioctl calls that user space has made, in order; the last {@value #CAPACITY} of them. */
public final class IoctlLog {
    public static final int CAPACITY = 4096;

    private static final int MOST_TOLD = 100;

    private final List<Call> calls = new ArrayList<>();
    private long forgotten;

    /**
     * One call.
     *
     * @param time guest time at its return
     * @param argument what was passed, for people
     * @param result what came back: for KVM_RUN the exit reason
     */
    public record Call(long time, Ioctl ioctl, String argument, String result) {}

    void add(long time, Ioctl ioctl, String argument, String result) {
        if (calls.size() == CAPACITY) {
            calls.remove(0);
            forgotten++;
        }
        calls.add(new Call(time, ioctl, argument, result));
    }

    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** The last {@value #MOST_TOLD} calls, the newest first: numbered from 1, with request, argument and result. */
    Inspection told() {
        List<Item> items = new ArrayList<>();
        int from = Math.max(0, calls.size() - MOST_TOLD);
        for (int i = calls.size() - 1; i >= from; i--) {
            Call call = calls.get(i);
            List<Term> words = new ArrayList<>();
            words.add(Term.of("ioctl.time", call.time()));
            if (!call.argument().isEmpty()) {
                words.add(Term.of("ioctl.argument", call.argument()));
            }
            words.add(Term.of("ioctl.result", call.result()));
            items.add(Item.text(Long.toString(forgotten + i + 1), call.ioctl().name())
                    .at(Inspection.hex(call.ioctl().request() & 0xFFFF_FFFFL))
                    .saying(words));
        }
        return new Inspection(List.of(new Group(Term.of("ioctl.calls"), items, forgotten + from)));
    }

    /** Calls before the ones that are kept. */
    public long forgotten() {
        return forgotten;
    }

    /** The calls kept and the number of those that are not. */
    public record State(List<Call> calls, long forgotten) {
        public State {
            calls = List.copyOf(calls);
        }
    }

    public State save() {
        return new State(calls, forgotten);
    }

    public void restore(State state) {
        calls.clear();
        calls.addAll(state.calls);
        forgotten = state.forgotten;
    }
}
