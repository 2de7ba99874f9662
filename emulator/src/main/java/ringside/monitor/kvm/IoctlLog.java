package ringside.monitor.kvm;

import java.util.ArrayList;
import java.util.List;

/** The ioctl calls that user space has made, in order; the last {@value #CAPACITY} of them. */
public final class IoctlLog {
    public static final int CAPACITY = 4096;

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
