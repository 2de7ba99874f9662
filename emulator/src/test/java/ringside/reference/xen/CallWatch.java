package ringside.reference.xen;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Gathers hypercalls from what a processor's registers are when it enters the guest's hypercall page, and when it is back at the caller.
 * A call in which others are made, because Xen calls the guest back before it returns, has its place where it began.
 */
final class CallWatch {
    static final int ENTRY_SIZE = 32;
    private static final int PAGE = 0x1000;

    private final long page;
    private final List<XenRecording.Call> calls = new ArrayList<>();
    private final Deque<Pending> pending = new ArrayDeque<>();

    private record Pending(int index, long back, long stack) {}

    /** The registers in which a 64-bit guest passes arguments, in their order, and those that tell where it is. */
    record State(long rip, long rsp, long rax, long rdi, long rsi, long rdx, long r10, long r8) {
        private List<Long> arguments(int count) {
            return List.of(rdi, rsi, rdx, r10, r8).subList(0, count);
        }
    }

    /** @param page linear address of the hypercall page */
    CallWatch(long page) {
        this.page = page;
    }

    /** Is a call about to be made here? */
    boolean isEntry(long rip) {
        return rip >= page && rip < page + PAGE && (rip - page) % ENTRY_SIZE == 0;
    }

    /**
     * A call is about to be made.
     *
     * @param back what lies on top of the stack
     * @return where it comes back to, if it does
     */
    OptionalLong enter(State state, long back) {
        int number = (int) ((state.rip() - page) / ENTRY_SIZE);
        var row = HypercallAbi.of(number);
        var call = new XenRecording.Call(row.name(), state.arguments(row.arguments()), Optional.empty());
        if (isPending(call, back, state.rsp() + 8)) {
            return OptionalLong.empty();
        }
        calls.add(call);
        if (row.name().equals("iret")) {
            return OptionalLong.empty();
        }
        pending.push(new Pending(calls.size() - 1, back, state.rsp() + 8));
        return OptionalLong.of(back);
    }

    /** Has the call been seen already, and only Xen's timer came before its first instruction? */
    private boolean isPending(XenRecording.Call call, long back, long stack) {
        int last = calls.size() - 1;
        return !pending.isEmpty()
                && pending.element().equals(new Pending(last, back, stack))
                && calls.get(last).equals(call);
    }

    /** Is the processor back from a call here? */
    boolean isBack(State state) {
        return !pending.isEmpty()
                && pending.element().back() == state.rip()
                && pending.element().stack() == state.rsp();
    }

    void back(State state) {
        int index = pending.pop().index();
        var call = calls.get(index);
        calls.set(index, new XenRecording.Call(call.name(), call.arguments(), Optional.of(state.rax())));
    }

    /** Was the last call one that ends the domain: sched_op, SCHEDOP_shutdown? */
    boolean isShutdown() {
        var last = calls.get(calls.size() - 1);
        return last.name().equals("sched_op") && last.arguments().get(0) == 2;
    }

    List<XenRecording.Call> calls() {
        return List.copyOf(calls);
    }
}
