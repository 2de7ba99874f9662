package ringside.device;

import java.util.List;

/**
 * Which of a local APIC's interrupts comes next: what is requested, what is in service, and the priorities that hold the others back. The
 * upper four bits of a vector are its class.
 *
 * <p>Source: SDM 3A, Interrupt, Task, and Processor Priority, and Interrupt Acceptance for Fixed Interrupts.
 */
final class InterruptPriorities {
    /** The vectors below belong to no interrupt: Valid Interrupt Vectors. */
    static final int FIRST_VECTOR = 16;

    private final VectorSet requested = new VectorSet();
    private final VectorSet inService = new VectorSet();
    private final VectorSet levelTriggered = new VectorSet();
    private int task;

    /** @param vector from {@link #FIRST_VECTOR} on */
    void request(int vector, boolean level) {
        requested.add(vector);
        levelTriggered.set(vector, level);
    }

    /** Is something requested whose class is above the processor's? */
    boolean isReady() {
        return isAbove(requested.highest());
    }

    /** Would this vector be taken now? */
    boolean isAbove(int vector) {
        return vector >= FIRST_VECTOR && vector >>> 4 > processor() >>> 4;
    }

    /** Takes what {@link #isReady}: it is in service from now on. @return its vector */
    int take() {
        int vector = requested.highest();
        requested.remove(vector);
        inService.add(vector);
        return vector;
    }

    /** The end of what has the highest priority of all in service. @return its vector, -1 where nothing is */
    int end() {
        int vector = inService.highest();
        if (vector >= 0) {
            inService.remove(vector);
        }
        return vector;
    }

    boolean isLevelTriggered(int vector) {
        return levelTriggered.contains(vector);
    }

    /** Is one in service by itself: no other is requested, and its end concerns no I/O APIC? */
    boolean servesOneAlone() {
        int vector = inService.highest();
        return vector >= 0 && requested.highest() < 0 && !isLevelTriggered(vector);
    }

    /** Task Priority Register (TPR). */
    int task() {
        return task;
    }

    void task(int value) {
        task = value & 0xFF;
    }

    /** Processor Priority Register (PPR). */
    int processor() {
        int service = Math.max(inService.highest(), 0);
        return task >>> 4 >= service >>> 4 ? task : service & 0xF0;
    }

    /** A word of ISR, TMR or IRR by the offset of its register, 100H to 270H. */
    int word(int register) {
        int word = register >>> 4 & 7;
        return register < 0x180
                ? inService.word(word)
                : register < 0x200 ? levelTriggered.word(word) : requested.word(word);
    }

    void reset() {
        requested.clear();
        inService.clear();
        levelTriggered.clear();
        task = 0;
    }

    /** The three registers, and the task priority. */
    public record State(List<Integer> requested, List<Integer> inService, List<Integer> levelTriggered, int task) {}

    State save() {
        return new State(requested.save(), inService.save(), levelTriggered.save(), task);
    }

    void restore(State state) {
        requested.restore(state.requested);
        inService.restore(state.inService);
        levelTriggered.restore(state.levelTriggered);
        task = state.task;
    }
}
