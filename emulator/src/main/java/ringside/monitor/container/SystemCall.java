package ringside.monitor.container;

/**
 * One row of the table of system calls.
 *
 * @param number in RAX: Linux, arch/x86/entry/syscalls/syscall_64.tbl
 * @param name as Linux calls it
 */
record SystemCall(int number, String name, Behaviour behaviour) {
    /** What a call does. */
    @FunctionalInterface
    interface Behaviour {
        /**
         * Performs the call.
         *
         * @param arguments RDI, RSI, RDX, R10, R8, R9
         * @return what the program finds in RAX
         * @throws Errno.Failure where it fails
         * @throws Blocked where it must wait; nothing has happened yet
         */
        long perform(HostKernel kernel, Task task, long[] arguments);
    }

    static SystemCall call(int number, String name, Behaviour behaviour) {
        return new SystemCall(number, name, behaviour);
    }

    /** The call cannot go on now: the task is put aside, and the call is made again later. */
    static final class Blocked extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final Task.Waiting waiting;

        Blocked(Task.Waiting waiting) {
            super(null, null, false, false);
            this.waiting = waiting;
        }

        Task.Waiting waiting() {
            return waiting;
        }
    }
}
