package ringside.monitor.translation;

import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.monitor.Translation;

/** How the guest's kernel runs: the part in which the systems differ. */
interface Kernel {
    /** Runs it until guest time reaches {@code until}, it is left, or it has gone to a program; at least one thing happens. */
    void run(long until);

    /** Do programs run on the real processor as the guest is now? Else they are emulated. */
    default boolean runsPrograms() {
        return true;
    }

    /** The guest has gone on without it: an event was delivered. */
    void left();

    /** The real processor as it is while the kernel runs. */
    Cpu real();

    /** What the code that comes next is translated to; empty where it is not. Leaves no trace. */
    default Optional<Translation> translation() {
        return Optional.empty();
    }

    /** What the translator has done up to now, if there is one. */
    default Optional<Translation.Counts> translated() {
        return Optional.empty();
    }

    /** What can change what happens next. */
    interface State {}

    State save();

    /** Before the memory of a machine is restored. */
    void beginRestore();

    /** After it was restored. */
    void restore(State state);
}
