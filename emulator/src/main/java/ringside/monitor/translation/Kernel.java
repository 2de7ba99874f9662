package ringside.monitor.translation;

import ringside.cpu.Cpu;

/** How the guest's kernel runs: the part in which the systems differ. */
interface Kernel {
    /** Runs it until guest time reaches {@code until}, it is left, or it has gone to a program; at least one thing happens. */
    void run(long until);

    /** The guest has gone on without it: an event was delivered. */
    void left();

    /** The real processor as it is while the kernel runs. */
    Cpu real();

    /** What can change what happens next. */
    interface State {}

    State save();

    /** Before the memory of a machine is restored. */
    void beginRestore();

    /** After it was restored. */
    void restore(State state);
}
